//! "It was not me": the reader of a mail removes their address from an account that nobody has
//! vouched for.
use super::links::CONFIRMING;
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
    store::{invitations, mail_tokens, outbox, users},
};

/// What a declined link was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declined {
    /// An account, which is deleted.
    Account,
    /// A change of address, which is withdrawn.
    Change,
}

impl Auth {
    /// Declines what a mailed token asks for: deletes an account that nobody has vouched for, or withdraws a
    /// change of address.
    ///
    /// # Errors
    /// [`Error::LinkNotValid`]; [`Error::Forbidden`] for an account that an operator created or
    /// gave a role, or that was imported.
    pub async fn decline(&self, caller: &Caller, token: &str) -> Result<Declined> {
        self.limit(caller, Action::Link)?;
        let hash = secret::hash(secret::parse(token).ok_or(Error::LinkNotValid)?);
        let mut work = self.begin(caller).await?;
        let (link, user) = self.open_link(&mut work.tx, &hash, &CONFIRMING).await?;
        users::lock(&mut work.tx, user.id).await?;
        // It may have been confirmed before it was locked.
        let user = users::by_id(&mut work.tx, user.id).await?.ok_or(Error::LinkNotValid)?;
        let usable = self.is_usable(&link, &user);
        if !usable || !mail_tokens::consume(&mut work.tx, &hash, work.now).await? {
            return Err(Error::LinkNotValid);
        }
        if link.kind == Kind::ChangeEmail {
            outbox::cancel(&mut work.tx, user.id, Kind::ChangeEmail).await?;
            mail_tokens::revoke(&mut work.tx, user.id, Kind::ChangeEmail).await?;
            work.audit(AuditEvent::about(AuditKind::EmailChangeDeclined, user.id)).await?;
            work.commit().await?;
            return Ok(Declined::Change);
        }
        Error::Forbidden.unless(user.is_unclaimed())?;
        work.end_sessions(user.id, None).await?;
        work.audit(AuditEvent::about(AuditKind::RegistrationDeclined, user.id)).await?;
        work.erase(&user).await?;
        work.commit().await?;
        Ok(Declined::Account)
    }
}

impl Work<'_> {
    /// Deletes the account of another user that has `address`, for a `user` who has proven that
    /// they read its mail.
    ///
    /// # Errors
    /// [`Error::LinkNotValid`] if `gives_way` is `false` for that other user.
    pub async fn free_address(
        &mut self,
        address: &Email,
        user: &User,
        gives_way: fn(&User) -> bool,
    ) -> Result<()> {
        let other = users::by_email(&mut self.tx, &address.key).await?;
        let Some(other) = other.filter(|other| other.id != user.id) else { return Ok(()) };
        users::lock(&mut self.tx, other.id).await?;
        // It may have been confirmed before it was locked.
        let other = users::by_id(&mut self.tx, other.id).await?.filter(gives_way);
        let other = other.ok_or(Error::LinkNotValid)?;
        self.end_sessions(other.id, None).await?;
        self.audit(AuditEvent::about(AuditKind::RegistrationDeclined, other.id)).await?;
        self.erase(&other).await
    }

    /// Deletes a user, who must be locked, and their address wherever it is stored. Waiting mails
    /// are not sent. Sent mails are purged once they no longer count towards the limit of mails.
    pub async fn erase(&mut self, user: &User) -> Result<()> {
        outbox::cancel_all(&mut self.tx, user.id).await?;
        // An address that was never confirmed may belong to anybody, and so may its invitations.
        if user.email_confirmed_at.is_some()
            && let Ok(address) = Email::parse(&user.email)
        {
            invitations::forget(&mut self.tx, &address.key).await?;
        }
        users::delete(&mut self.tx, user.id).await?;
        Ok(())
    }
}
