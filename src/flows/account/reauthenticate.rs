//! Re-authentication before sensitive operations (OWASP ASVS 5, 6.2.3 and 7.5.3).
use crate::{
    field_error::FieldError,
    flows::{
        Auth, Caller, Error, Result, SignedIn,
        audit::{AuditEvent, AuditKind},
        limits::Action,
        work::Work,
    },
    password::Verdict,
    store::{sessions, users},
};

/// A session ends after this many wrong passwords in a row.
const MOST_PASSWORDS: i64 = 10;

impl Auth {
    /// Requires the password again, in the field `name`. After ten wrong ones in a row the session
    /// and its family end, so that the thief of a session cannot guess on.
    ///
    /// # Errors
    /// [`Error::Fields`] if the password is wrong; [`Error::TokenNotValid`] once the session has
    /// ended; [`Error::Forbidden`] if a superuser acts for the user.
    pub(crate) async fn reauthenticate(
        &self,
        caller: &Caller,
        by: &SignedIn,
        name: &'static str,
        password: &str,
    ) -> Result<()> {
        by.require_self()?;
        self.limit(caller, Action::PasswordCheck)?;
        let (session, first) = (by.session.id, by.session.family());
        let mut work = self.begin_by(caller, by).await?;
        users::lock(&mut work.tx, by.user.id).await?;
        // Counted before the check, so that parallel attempts count like sequential ones.
        let count = sessions::count_password(&mut work.tx, session, first, MOST_PASSWORDS).await?;
        let Some(count) = count else {
            work.end_guessed_session(by).await?;
            return Err(Error::TokenNotValid);
        };
        let stored = users::password_hash(&mut work.tx, by.user.id).await?;
        work.commit().await?;
        let verifying = self.hasher.verify(password, stored.as_deref());
        let verdict = caller.unless_left(verifying).await;
        let mut work = self.begin_by(caller, by).await?;
        users::lock(&mut work.tx, by.user.id).await?;
        match verdict {
            // It stays counted: whoever leaves saves no attempt.
            Err(Error::CallerLeft) => return Err(Error::CallerLeft),
            Err(e) => {
                sessions::uncount_password(&mut work.tx, session).await?;
                work.commit().await?;
                return Err(e);
            }
            Ok(Verdict::Wrong) => {}
            Ok(_) => {
                sessions::forget_wrong_passwords(&mut work.tx, first).await?;
                return work.commit().await;
            }
        }
        work.audit(AuditEvent::new(AuditKind::PasswordRefused)).await?;
        if count < MOST_PASSWORDS {
            work.commit().await?;
        } else {
            work.end_guessed_session(by).await?;
        }
        Err(Error::field(name, FieldError::WrongPassword))
    }
}

impl Work<'_> {
    /// Ends the family of a session in which too many wrong passwords were given, and commits.
    async fn end_guessed_session(mut self, by: &SignedIn) -> Result<()> {
        if self.end_family(&by.session).await? {
            self.audit(AuditEvent::new(AuditKind::SessionEnded)).await?;
        }
        self.commit().await
    }
}
