//! A forgotten password: a mailed link, which works once and for an hour, sets another one.
use super::links::RESETTING;
use crate::{
    flows::{
        Auth, Caller, Error, Result, User,
        audit::{AuditEvent, AuditKind},
        limits::Action,
        mail::Kind,
        work::Work,
    },
    identifiers::Email,
    secret,
    store::{mail_tokens, users},
};

impl Auth {
    /// Mails a link that resets the password. It returns before it looks for the user, so the
    /// response is the same for any address.
    ///
    /// # Errors
    /// [`Error::Fields`] if `email` is not an address; [`Error::RateLimited`], [`Error::Busy`],
    /// [`Error::Unavailable`].
    pub async fn forgot_password(&self, caller: &Caller, email: &str) -> Result<()> {
        self.mail_later(caller, email, Kind::ResetPassword, AuditKind::PasswordResetRequested).await
    }

    /// Mails another link to an address that is not confirmed yet. It returns before it looks for
    /// the user, so the response is the same for any address.
    ///
    /// # Errors
    /// [`Error::Fields`] if `email` is not an address; [`Error::RateLimited`], [`Error::Busy`],
    /// [`Error::Unavailable`].
    pub async fn confirm_again(&self, caller: &Caller, email: &str) -> Result<()> {
        self.mail_later(caller, email, Kind::ConfirmEmail, AuditKind::ConfirmationResent).await
    }

    /// Looks for the user of an address and mails a link, after the response. An unknown address is
    /// only counted and logged, and leaves nothing in the database.
    async fn mail_later(
        &self,
        caller: &Caller,
        email: &str,
        kind: Kind,
        act: AuditKind,
    ) -> Result<()> {
        self.limit(caller, Action::Mail)?;
        let email = Email::parse(email).map_err(|e| Error::field("email", e))?;
        let (auth, caller) = (self.clone(), caller.clone());
        // No mail is promised to any address while the database accepts no writes.
        drop(self.db.write().await?);
        let started = self.background.start("enqueueing a requested mail failed", async move {
            auth.begin(&caller).await?.mail_link(&email, kind, act).await
        });
        Error::Busy.unless(started)
    }

    /// Sets a new password with a mailed token, which also confirms the address, and ends every
    /// session. The logins that failed before no longer count. Returns the value that makes the
    /// device known, if there are limits.
    ///
    /// # Errors
    /// [`Error::LinkNotValid`]; [`Error::Fields`] if the password is refused: the link still works
    /// then; [`Error::RateLimited`].
    pub async fn reset_password(
        &self,
        caller: &Caller,
        token: &str,
        new: &str,
    ) -> Result<Option<String>> {
        self.limit(caller, Action::Link)?;
        let hash = secret::hash(secret::parse(token).ok_or(Error::LinkNotValid)?);
        let (link, user) = self.open_link(&mut self.db.read().await?, &hash, &RESETTING).await?;
        self.check_password(caller, &user, "new_password", new).await?;
        let password = caller.unless_left(self.hasher.hash(new)).await?;

        let mut work = self.begin(caller).await?;
        users::lock(&mut work.tx, user.id).await?;
        let consumed = mail_tokens::consume(&mut work.tx, &hash, work.now).await?
            && users::set_password(&mut work.tx, user.id, link.credential_version, &password)
                .await?;
        Error::LinkNotValid.unless(consumed)?;
        users::confirm_email(&mut work.tx, user.id, work.now).await?;
        for kind in [Kind::ResetPassword, Kind::ConfirmEmail, Kind::ChangeEmail, Kind::NewDevice] {
            mail_tokens::revoke(&mut work.tx, user.id, kind).await?;
        }
        users::forget_devices(&mut work.tx, user.id).await?;
        work.end_sessions(user.id, None).await?;
        work.mail(Kind::PasswordChanged, &user).await?;
        work.audit(AuditEvent::about(AuditKind::PasswordReset, user.id)).await?;
        work.forget_failures(&user).await?;
        let user = users::by_id(&mut work.tx, user.id).await?.ok_or(Error::LinkNotValid)?;
        work.commit().await?;
        self.remember_device(caller, &user, false)
    }
}

impl Work<'_> {
    async fn mail_link(mut self, email: &Email, kind: Kind, event: AuditKind) -> Result<()> {
        let confirms = kind == Kind::ConfirmEmail;
        let user = users::by_email(&mut self.tx, &email.key).await?;
        let fits = |u: &User| u.is_active && !(confirms && u.email_confirmed_at.is_some());
        let Some(user) = user.filter(fits) else {
            self.auth.count_unknown(self.caller, event);
            return Ok(());
        };
        self.mail(kind, &user).await?;
        self.audit_repeated(AuditEvent::about(event, user.id)).await?;
        self.commit().await
    }
}

impl Auth {
    /// Counts and logs a request for an unknown name. A row for each request would let anybody fill the
    /// database.
    pub(crate) fn count_unknown(&self, caller: &Caller, asked: AuditKind) {
        self.log_repeated(caller, &AuditEvent::new(asked).detail("unknown name"));
        metrics::counter!("portcullis_unknown_total", "asked" => asked.as_str()).increment(1);
    }
}
