//! Second factors of the user's own account: an authenticator app, and the recovery codes that replace it.
//!
//! To set up an app needs the password and a confirmed address: otherwise a stranger could register with
//! somebody else's address and lock the owner out with an app. To remove one, or to renew the codes, needs
//! the password and a code. Each change ends the other sessions, which were opened with other proofs, and
//! mails the owner.
use crate::{
    field_error::FieldError,
    flows::{
        Auth, Caller, Error, Factor, Factors, Result, SignedIn, UserId,
        audit::{AuditEvent, AuditKind},
        limits::Action,
        mail::Kind,
        work::Work,
    },
    store::{login_challenges, sessions, totp, users},
    totp::{TotpSecret, TypedCode},
};
use std::time::Duration;

/// How long a set-up can be confirmed after the password was given.
const SETUP: Duration = Duration::from_mins(10);

/// An authenticator app that is being set up.
#[derive(Clone)]
pub struct TotpSetup {
    /// The secret in base32, to type it into the app.
    pub secret: String,
    /// The URI that the app reads from a QR code.
    pub uri: String,
}

impl Auth {
    /// The second factors of the user.
    pub async fn factors(&self, by: &SignedIn) -> Result<Factors> {
        Factors::of(&mut self.db.read().await?, by.user.id).await
    }

    /// Begins to set up an authenticator app. It counts once [`Auth::confirm_totp`] has got a code of it.
    ///
    /// # Errors
    /// [`Error::Fields`] if the password is wrong; [`Error::EmailNotConfirmed`]; [`Error::FactorExists`] if
    /// the user has an app: it must be removed first.
    pub async fn start_totp(
        &self,
        caller: &Caller,
        by: &SignedIn,
        password: &str,
    ) -> Result<TotpSetup> {
        let user = &by.user;
        if user.email_confirmed_at.is_none() {
            return Err(Error::EmailNotConfirmed);
        }
        self.reauthenticate(caller, by, "password", password).await?;
        let secret = TotpSecret::random()?;
        let sealed = self.keys.seal_totp(user.id, secret.bytes())?;
        let mut work = self.begin_locked(caller, by).await?;
        let now = work.now;
        if !totp::begin(&mut work.tx, user.id, &sealed, now).await? {
            return Err(Error::FactorExists);
        }
        work.commit().await?;
        Ok(self.setup_of(by, &secret))
    }

    /// The set-up with a secret that the user has been shown before; `None` if `secret` is not one.
    pub fn totp_setup(&self, by: &SignedIn, secret: &str) -> Option<TotpSetup> {
        TotpSecret::parse(secret).map(|secret| self.setup_of(by, &secret))
    }

    fn setup_of(&self, by: &SignedIn, secret: &TotpSecret) -> TotpSetup {
        let uri = secret.uri(self.config.site(), &by.user.email);
        TotpSetup { secret: secret.text(), uri }
    }

    /// Confirms the authenticator app with a code of it, ends the other sessions, and returns the recovery
    /// codes, which are not shown again.
    ///
    /// # Errors
    /// [`Error::Fields`] if the code is wrong; [`Error::NotFound`] if no set-up began within ten minutes;
    /// [`Error::FactorExists`]; [`Error::RateLimited`].
    pub async fn confirm_totp(
        &self,
        caller: &Caller,
        by: &SignedIn,
        code: &str,
    ) -> Result<Vec<String>> {
        by.require_self()?;
        self.limit(caller, Action::SecondFactor)?;
        let user = &by.user;
        let attempt = self.count_code(caller, user.id).await?;
        let mut work = self.begin_locked(caller, by).await?;
        let begun = totp::of_user(&mut work.tx, user.id).await?.ok_or(Error::NotFound)?;
        if begun.confirmed_at.is_some() {
            return Err(Error::FactorExists);
        }
        if begun.created_at.plus(SETUP) <= work.now {
            return Err(Error::NotFound);
        }
        let step = match TypedCode::parse(code) {
            Some(TypedCode::App(code)) => {
                self.open_totp(user.id, &begun)?.step_of(&code, begun.last_step, work.now)
            }
            _ => None,
        };
        let Some(step) = step else {
            work.audit(AuditEvent::new(AuditKind::SecondFactorRefused)).await?;
            work.commit().await?;
            return Err(wrong_code());
        };
        let now = work.now;
        if !totp::confirm(&mut work.tx, user.id, &begun.secret, step, now).await? {
            return Err(Error::NotFound);
        }
        let codes = work.replace_recovery_codes(user.id).await?;
        let mut session = by.session.clone();
        session.add_amr(Factor::Totp.amr());
        sessions::set_amr(&mut work.tx, session.id, &session.amr).await?;
        work.uncount(&attempt).await?;
        work.end_others(by).await?;
        work.mail(Kind::TotpAdded, user).await?;
        work.audit(AuditEvent::new(AuditKind::TotpAdded)).await?;
        work.commit().await?;
        Ok(codes)
    }

    /// Removes the authenticator app and the recovery codes, and ends the other sessions.
    ///
    /// # Errors
    /// [`Error::Fields`] if the password or the code is wrong; [`Error::NotFound`] if there is no app;
    /// [`Error::RateLimited`].
    pub async fn remove_totp(
        &self,
        caller: &Caller,
        by: &SignedIn,
        password: &str,
        code: &str,
    ) -> Result<()> {
        self.reauthenticate(caller, by, "password", password).await?;
        let mut work = self.begin_with_code(caller, by, code).await?;
        work.remove_factors(by.user.id).await?;
        work.end_others(by).await?;
        work.mail(Kind::TotpRemoved, &by.user).await?;
        work.audit(AuditEvent::new(AuditKind::TotpRemoved)).await?;
        work.commit().await
    }

    /// Replaces the recovery codes, and returns the new ones, which are not shown again.
    ///
    /// # Errors
    /// [`Error::Fields`] if the password or the code is wrong; [`Error::NotFound`] if there is no
    /// authenticator app; [`Error::RateLimited`].
    pub async fn renew_recovery_codes(
        &self,
        caller: &Caller,
        by: &SignedIn,
        password: &str,
        code: &str,
    ) -> Result<Vec<String>> {
        self.reauthenticate(caller, by, "password", password).await?;
        let mut work = self.begin_with_code(caller, by, code).await?;
        let codes = work.replace_recovery_codes(by.user.id).await?;
        work.mail(Kind::RecoveryCodesRenewed, &by.user).await?;
        work.audit(AuditEvent::new(AuditKind::RecoveryCodesRenewed)).await?;
        work.commit().await?;
        Ok(codes)
    }

    /// Begins the work of a user whose row and session are locked.
    ///
    /// # Errors
    /// [`Error::TokenNotValid`] if the session has ended.
    async fn begin_locked<'a>(&'a self, caller: &'a Caller, by: &SignedIn) -> Result<Work<'a>> {
        let mut work = self.begin_by(caller, by).await?;
        users::lock(&mut work.tx, by.user.id).await?;
        work.lock_session(by).await?;
        Ok(work)
    }

    /// Begins the work of a user who gives a code of a second factor, which is used up.
    ///
    /// # Errors
    /// [`Error::Fields`] if the code is wrong; [`Error::NotFound`] if there is no factor;
    /// [`Error::RateLimited`].
    async fn begin_with_code<'a>(
        &'a self,
        caller: &'a Caller,
        by: &SignedIn,
        code: &str,
    ) -> Result<Work<'a>> {
        self.limit(caller, Action::SecondFactor)?;
        let attempt = self.count_code(caller, by.user.id).await?;
        let mut work = self.begin_locked(caller, by).await?;
        if !totp::is_confirmed(&mut work.tx, by.user.id).await? {
            return Err(Error::NotFound);
        }
        if work.use_code(&by.user, code).await?.is_none() {
            work.commit().await?;
            return Err(wrong_code());
        }
        work.uncount(&attempt).await?;
        Ok(work)
    }
}

fn wrong_code() -> Error {
    Error::field("code", FieldError::WrongFactorCode)
}

impl Work<'_> {
    /// Ends the other sessions of the user, and the logins that wait for a second factor.
    async fn end_others(&mut self, by: &SignedIn) -> Result<()> {
        let user: UserId = by.user.id;
        login_challenges::remove_all(&mut self.tx, user).await?;
        self.end_sessions(user, Some(by.session.id)).await
    }
}
