//! A forgotten password: a mailed link, good once and for an hour, sets another.
use super::links::RESETTING;
use crate::{
    db::Conn,
    flows::{
        Auth, Caller, Error, Result,
        audit::{AuditEvent, AuditKind, record},
        mail::{self, Kind},
    },
    identifiers::Email,
    secret,
    store::{audit::ActorKind, mail_tokens, users},
};

impl Auth {
    /// Mails a link that resets the password. It answers alike for any address, before it is looked for.
    ///
    /// # Errors
    /// `Fields` if it is no address; `Busy`, `Unavailable`.
    pub async fn forgot_password(&self, caller: &Caller, email: &str) -> Result<()> {
        self.mail_later(caller, email, Kind::ResetPassword, AuditKind::PasswordResetRequested).await
    }

    /// Mails another link to an address that is not confirmed yet. It answers alike for any address, before
    /// it is looked for.
    ///
    /// # Errors
    /// `Fields` if it is no address; `Busy`, `Unavailable`.
    pub async fn confirm_again(&self, caller: &Caller, email: &str) -> Result<()> {
        self.mail_later(caller, email, Kind::ConfirmEmail, AuditKind::ConfirmationResent).await
    }

    /// Looks for the user of an address and mails a link, after the answer. An address that is nobody's is
    /// counted and leaves nothing in the database.
    async fn mail_later(
        &self,
        caller: &Caller,
        email: &str,
        kind: Kind,
        act: AuditKind,
    ) -> Result<()> {
        let email = Email::parse(email).map_err(|e| Error::field("email", e))?;
        let (auth, caller) = (self.clone(), caller.clone());
        // Begun before the answer, for any address: nobody is told of a mail while the database is away.
        let db = self.db.write().await?;
        let started = self.background.start("a mail that was asked for is not sent", async move {
            auth.mail(db, &caller, &email, kind, act).await
        });
        if started { Ok(()) } else { Err(Error::Busy) }
    }

    async fn mail(
        &self,
        mut db: Conn,
        caller: &Caller,
        email: &Email,
        kind: Kind,
        act: AuditKind,
    ) -> Result<()> {
        let confirms = kind == Kind::ConfirmEmail;
        let user = users::by_email(&mut db, &email.key).await?;
        let fits =
            |u: &crate::flows::User| u.is_active && !(confirms && u.email_confirmed_at.is_some());
        let Some(user) = user.filter(fits) else {
            count_unknown(caller, act);
            return Ok(());
        };
        let now = self.clock.now();
        mail::to_user(&mut db, kind, &user, now).await?;
        let act = AuditEvent { target: Some(user.id), ..AuditEvent::new(act) };
        record(&mut db, caller, act, now).await?;
        db.commit().await?;
        self.post.notify_one();
        Ok(())
    }

    /// Sets a new password by a mailed token, which proves the address as well, and ends every session.
    ///
    /// # Errors
    /// `LinkNotValid`; `Fields` if the password is refused, which leaves the link usable.
    pub async fn reset_password(&self, caller: &Caller, token: &str, new: &str) -> Result<()> {
        let hash = secret::hash(secret::parse(token).ok_or(Error::LinkNotValid)?);
        let mut db = self.db.read().await?;
        let (link, user) = self.open_link(&mut db, &hash, &RESETTING).await?;
        drop(db);
        self.check_password(&user, "new_password", new).await?;
        let password = self.hasher.hash(new).await?;

        let now = self.clock.now();
        let mut db = self.db.write().await?;
        users::lock(&mut db, user.id).await?;
        let spent = mail_tokens::consume(&mut db, &hash, now).await?
            && users::set_password(&mut db, user.id, link.credential_version, &password).await?;
        if !spent {
            return Err(Error::LinkNotValid);
        }
        users::confirm_email(&mut db, user.id, now).await?;
        for kind in [Kind::ResetPassword, Kind::ConfirmEmail, Kind::ChangeEmail] {
            mail_tokens::revoke(&mut db, user.id, kind).await?;
        }
        let revoked = self.end_sessions(&mut db, user.id, None, now).await?;
        mail::to_user(&mut db, Kind::PasswordChanged, &user, now).await?;
        let act = AuditEvent { target: Some(user.id), ..AuditEvent::new(AuditKind::PasswordReset) };
        record(&mut db, caller, act, now).await?;
        self.commit(db, &revoked).await?;
        self.post.notify_one();
        Ok(())
    }
}

/// Counts what was asked for under a name that is nobody's, and logs it: a row for each would let anybody fill
/// the database.
pub(crate) fn count_unknown(caller: &Caller, asked: AuditKind) {
    let asked = asked.into_str();
    tracing::info!(
        target: "portcullis::security",
        act = asked,
        actor = ActorKind::Anonymous.into_str(),
        ip = caller.ip.map(tracing::field::display),
        request = caller.request_id,
        detail = "unknown name",
    );
    metrics::counter!("portcullis_unknown_total", "asked" => asked).increment(1);
}
