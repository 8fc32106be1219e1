//! Undoing a change of address. After the change, the old address gets a link that works once,
//! within three days, whatever the author of the change does meanwhile.
//!
//! A change requires the password, so the author of an unwanted change knows it. Restoring the
//! address therefore also ends every session and removes the password, and the next step sets
//! another one. A second factor that was set up after the change is removed as well.
use crate::{
    db::Tx,
    flows::{
        Auth, Caller, Error, LinkState, Result, User,
        audit::{AuditEvent, AuditKind},
        limits::Action,
        mail::{Kind, message::RESET},
    },
    identifiers::Email,
    secret,
    store::{
        emails,
        mail_tokens::{self, MailToken},
        outbox, users,
    },
    time::Timestamp,
};
use uuid::Uuid;

const KINDS: [Kind; 1] = [Kind::RestoreEmail];

impl Auth {
    /// The state of a link that restores an address, and the address. It changes nothing.
    pub async fn restoration(&self, caller: &Caller, token: &str) -> Result<(LinkState, String)> {
        self.limit(caller, Action::Link)?;
        let found = self.inspect_link(&mut self.db.read().await?, token, &KINDS).await?;
        Ok(found
            .map_or((LinkState::Expired, String::new()), |(link, state, _)| (state, link.email)))
    }

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
        let (_, user) = self.open_link(&mut work.tx, &hash, &KINDS).await?;
        users::lock(&mut work.tx, user.id).await?;
        let (link, user) = self.open_link(&mut work.tx, &hash, &KINDS).await?;
        Error::LinkNotValid.unless(mail_tokens::consume(&mut work.tx, &hash, now).await?)?;
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
        work.end_sessions(user.id, None).await?;
        work.audit(AuditEvent::about(AuditKind::EmailRestored, user.id)).await?;
        let user = users::by_id(&mut work.tx, user.id).await?.ok_or(Error::LinkNotValid)?;
        // A factor that the author of the change added would lock the owner out.
        work.remove_factors_since(&user, link.created_at).await?;
        let reset = reset_link(&mut work.tx, &user, now).await?;
        work.commit().await?;
        Ok(reset)
    }
}

/// Stores a link that sets the password of `user`, for a caller who has just proven the address.
pub(super) async fn reset_link(db: &mut Tx, user: &User, now: Timestamp) -> Result<Uuid> {
    let token = secret::token()?;
    let row = MailToken {
        hash: secret::hash(token),
        kind: Kind::ResetPassword.into(),
        user_id: user.id,
        email: user.email.clone(),
        credential_version: user.credential_version,
        created_at: now,
        expires_at: now.plus(RESET),
        used_at: None,
        code_hash: None,
        ticket: None,
    };
    mail_tokens::insert(db, &row).await?;
    Ok(token)
}
