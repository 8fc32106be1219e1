//! Taking back a change of address: the old one gets a link when the change has happened, good once and
//! for three days, whatever whoever made the change does meanwhile.
//!
//! A change takes the password, so whoever made one that was not wanted knows it: with the address every
//! session ends and the password is forgotten, and the next step sets another.
use crate::{
    db::Tx,
    flows::{
        Auth, Caller, Error, LinkState, Result, User,
        audit::AuditEvent,
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
    /// The address that a mailed token brings back, with the state of its link. It changes nothing.
    pub async fn restoration(&self, token: &str) -> Result<(LinkState, String)> {
        let mut db = self.db.read().await?;
        let found = self.look_at_link(&mut db, token, &KINDS).await?;
        Ok(found
            .map_or((LinkState::Expired, String::new()), |(link, state, _)| (state, link.email)))
    }

    /// Gives the account its old address back, ends every session and forgets the password; gives a token
    /// that sets another.
    ///
    /// # Errors
    /// `LinkNotValid`, also if the address has become another account's, confirmed by it.
    pub async fn restore_email(&self, caller: &Caller, token: &str) -> Result<Uuid> {
        let hash = secret::hash(secret::parse(token).ok_or(Error::LinkNotValid)?);
        let mut work = self.begin(caller).await?;
        let now = work.now;
        let (_, user) = self.open_link(&mut work.tx, &hash, &KINDS).await?;
        users::lock(&mut work.tx, user.id).await?;
        let (link, user) = self.open_link(&mut work.tx, &hash, &KINDS).await?;
        if !mail_tokens::consume(&mut work.tx, &hash, now).await? {
            return Err(Error::LinkNotValid);
        }
        let old = Email::parse(&link.email).map_err(|_| Error::LinkNotValid)?;
        // Whoever has the address now took it after the change; only the reader of its mail could confirm it.
        work.free_address(&old, &user, User::is_plain_registration).await?;
        let names = (old.email.as_str(), old.key.as_str());
        if !emails::restore(&mut work.tx, user.id, names, now).await? {
            return Err(Error::LinkNotValid);
        }
        // The later addresses lose their own way back; an earlier one keeps it.
        let later = Kind::RestoreEmail.name();
        outbox::cancel_since(&mut work.tx, user.id, later, link.credentials).await?;
        mail_tokens::revoke_since(&mut work.tx, user.id, later, link.credentials).await?;
        work.end_sessions(user.id, None).await?;
        work.audit(AuditEvent::about("email_restored", user.id)).await?;
        let user = users::by_id(&mut work.tx, user.id).await?.ok_or(Error::LinkNotValid)?;
        let reset = reset_link(&mut work.tx, &user, now).await?;
        work.commit().await?;
        Ok(reset)
    }
}

/// A link that sets the password of `user`, for whoever has just proven the address.
async fn reset_link(db: &mut Tx, user: &User, now: Timestamp) -> Result<Uuid> {
    let token = secret::token()?;
    let row = MailToken {
        hash: secret::hash(token),
        kind: Kind::ResetPassword.name().to_owned(),
        user_id: user.id,
        email: user.email.clone(),
        credentials: user.credentials,
        created_at: now,
        expires_at: now.plus(RESET),
        used_at: None,
        code_hash: None,
    };
    mail_tokens::insert(db, &row).await?;
    Ok(token)
}
