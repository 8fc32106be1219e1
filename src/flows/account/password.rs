//! The password: changing it, and checking a new one.
use crate::{
    field_error::FieldError,
    flows::{
        Auth, Caller, Error, Result, SignedIn, User,
        audit::{AuditEvent, AuditKind},
        limits::Action,
        mail::Kind,
    },
    password::Strength,
    store::users,
};

impl Auth {
    /// Changes the password and ends every other session.
    ///
    /// # Errors
    /// [`Error::Fields`] if the current password is wrong, or the new one is refused.
    pub async fn change_password(
        &self,
        caller: &Caller,
        by: &SignedIn,
        current: &str,
        new: &str,
    ) -> Result<()> {
        let user = &by.user;
        self.check_password(caller, user, "new_password", new).await?;
        self.reauthenticate(caller, by, "current_password", current).await?;
        let hash = caller.unless_left(self.hasher.hash(new)).await?;
        let mut work = self.begin_by(caller, by).await?;
        if !users::set_password(&mut work.tx, user.id, user.credential_version, &hash).await? {
            return Err(Error::field("current_password", FieldError::WrongPassword));
        }
        work.end_sessions(user.id, Some(by.session.id)).await?;
        work.mail(Kind::PasswordChanged, user).await?;
        work.audit(AuditEvent::new(AuditKind::PasswordChanged)).await?;
        work.commit().await
    }

    /// How hard a password is to guess for someone who knows its owner's names `own`. `None` for a
    /// very long password, and while another password is being checked, since anybody may ask.
    ///
    /// # Errors
    /// [`Error::RateLimited`]; [`Error::Internal`] if the check panicked.
    pub async fn password_strength(
        &self,
        caller: &Caller,
        password: &str,
        own: Vec<String>,
    ) -> Result<Option<Strength>> {
        self.limit(caller, Action::PasswordStrength)?;
        Ok(self.passwords.feedback(password.to_owned(), own).await?)
    }

    /// Checks that `new`, in the field `name`, may be the password of `user`.
    pub(crate) async fn check_password(
        &self,
        caller: &Caller,
        user: &User,
        name: &'static str,
        new: &str,
    ) -> Result<()> {
        let mut own = vec![user.email.clone(), user.first_name.clone()];
        own.extend(user.username.clone());
        match caller.unless_left(self.hasher.refuse(&self.passwords, new, own)).await? {
            Some(why) => Err(Error::field(name, why)),
            None => Ok(()),
        }
    }
}
