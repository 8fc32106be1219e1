//! Undoing a change of address. After the change, the old address gets a link that works once,
//! within three days, whatever the author of the change does meanwhile.
//!
//! A change requires the password, so the author of an unwanted change knows it. Restoring the
//! address therefore also ends every session and removes the password, and the next step sets
//! another one.
use crate::{
    flows::{Auth, Caller, Error, Result, User, audit::AuditKind, limits::Action, mail::Kind},
    identifiers::Email,
    secret,
    store::{emails, mail_tokens, outbox},
};
use uuid::Uuid;

impl Auth {
    /// Restores the account's old address, ends every session and removes the password. Returns a
    /// token that sets another one.
    ///
    /// # Errors
    /// [`Error::LinkNotValid`], also if another account has the address by now. One that was only
    /// registered, and given no right since, is deleted instead.
    pub async fn restore_email(&self, caller: &Caller, token: &str) -> Result<Uuid> {
        self.limit(caller, Action::Link)?;
        let hash = secret::hash(secret::parse(token).ok_or(Error::LinkNotValid)?);
        let mut work = self.begin(caller).await?;
        let now = work.now;
        let (link, user) = work.consume_link(&hash, Kind::RestoreEmail).await?;
        let old = Email::parse(&link.email).map_err(|_| Error::LinkNotValid)?;
        // Another account with the address took it after the change, and only the reader of its
        // mail could confirm it.
        work.free_address(&old, &user, User::is_plain_registration).await?;
        let names = (old.email.as_str(), old.key.as_str());
        Error::LinkNotValid.unless(emails::restore(&mut work.tx, user.id, names, now).await?)?;
        // Later addresses lose the links that restore them. An earlier address keeps its link.
        let later = Kind::RestoreEmail;
        outbox::cancel_since(&mut work.tx, user.id, later, link.credential_version).await?;
        mail_tokens::revoke_since(&mut work.tx, user.id, later, link.credential_version).await?;
        work.hand_back(user.id, AuditKind::EmailRestored).await
    }
}
