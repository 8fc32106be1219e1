//! "It was not me": who reads the mail of an address takes it out of an account that nobody has vouched for.
use super::links::CONFIRMING;
use crate::{
    db::Conn,
    flows::{
        Auth, Caller, Error, Result, User,
        audit::{AuditEvent, AuditKind, record},
        mail::Kind,
    },
    identifiers::Email,
    secret,
    store::{invitations, mail_tokens, outbox, revocations::Revocation, users},
    time::Timestamp,
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
    /// `LinkNotValid`; `Forbidden` for an account that an operator made or gave a role, or that came by an
    /// import.
    pub async fn decline(&self, caller: &Caller, token: &str) -> Result<Declined> {
        let hash = secret::hash(secret::parse(token).ok_or(Error::LinkNotValid)?);
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        let (link, user) = self.open_link(&mut db, &hash, &CONFIRMING).await?;
        users::lock(&mut db, user.id).await?;
        // It may have been confirmed before it was held.
        let user = users::by_id(&mut db, user.id).await?.ok_or(Error::LinkNotValid)?;
        if !self.is_usable(&link, &user) || !mail_tokens::consume(&mut db, &hash, now).await? {
            return Err(Error::LinkNotValid);
        }
        let act = |kind| AuditEvent { target: Some(user.id), ..AuditEvent::new(kind) };
        if link.kind == Kind::ChangeEmail {
            outbox::cancel(&mut db, user.id, Kind::ChangeEmail).await?;
            mail_tokens::revoke(&mut db, user.id, Kind::ChangeEmail).await?;
            record(&mut db, caller, act(AuditKind::EmailChangeDeclined), now).await?;
            db.commit().await?;
            return Ok(Declined::Change);
        }
        if !user.is_unclaimed() {
            return Err(Error::Forbidden);
        }
        let revoked = self.end_sessions(&mut db, user.id, None, now).await?;
        record(&mut db, caller, act(AuditKind::RegistrationDeclined), now).await?;
        self.erase(&mut db, &user).await?;
        self.commit(db, &revoked).await?;
        Ok(Declined::Account)
    }

    /// Removes the account that has an address, if it is one that `gives_way`: who reads its mail is here.
    pub(crate) async fn free_address(
        &self,
        db: &mut Conn,
        caller: &Caller,
        address: &Email,
        user: &User,
        gives_way: fn(&User) -> bool,
        now: Timestamp,
    ) -> Result<Vec<Revocation>> {
        let other = users::by_email(db, &address.key).await?;
        let Some(other) = other.filter(|other| other.id != user.id) else { return Ok(Vec::new()) };
        users::lock(db, other.id).await?;
        // It may have been claimed before it was held.
        let other = users::by_id(db, other.id).await?.filter(gives_way);
        let other = other.ok_or(Error::LinkNotValid)?;
        let revoked = self.end_sessions(db, other.id, None, now).await?;
        let act = AuditEvent {
            target: Some(other.id),
            ..AuditEvent::new(AuditKind::RegistrationDeclined)
        };
        record(db, caller, act, now).await?;
        self.erase(db, &other).await?;
        Ok(revoked)
    }

    /// Deletes a user who is held, with the address wherever it is stored: mails that wait are not sent, those
    /// that were sent are forgotten when they do not count for the limit of mails any more.
    pub(crate) async fn erase(&self, db: &mut Conn, user: &User) -> Result<()> {
        outbox::cancel_all(db, user.id).await?;
        // An address that was never proven may be anybody's, and so may its invitations.
        if user.email_confirmed_at.is_some()
            && let Ok(address) = Email::parse(&user.email)
        {
            invitations::forget(db, &address.key).await?;
        }
        users::delete(db, user.id).await?;
        Ok(())
    }
}
