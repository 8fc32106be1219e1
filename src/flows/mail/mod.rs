//! Mails: put into the outbox in the transaction of what causes them, and made when they are sent.
//!
//! The outbox holds no token. A link is made when its mail is sent, stored as a hash, and bound to
//! the state of the account for which it was asked.
pub mod delivery;
pub mod message;

use super::{Auth, Error, Result, User, UserId};
use crate::{
    db::{Channel, Conn},
    mail::Letter,
    secret,
    store::outbox::{self, NewMail},
    time::Timestamp,
};
use serde_json::{Value, json};
use std::time::Duration;

pub use crate::store::outbox::MailKind as Kind;

/// So many mails of one kind are sent to one address within [`PER`] (OWASP ASVS 5, 6.3).
const MOST: i64 = 5;
pub const PER: Duration = Duration::from_hours(1);

/// Puts a mail to a user's own address into the outbox.
pub async fn to_user(db: &mut Conn, kind: Kind, user: &User, now: Timestamp) -> Result<()> {
    enqueue(db, kind, user, &user.email, &json!({}), now).await
}

/// Puts the last mail to a user who has just been deleted into the outbox.
pub async fn farewell(db: &mut Conn, user: &User, now: Timestamp) -> Result<()> {
    let mail = (Kind::AccountDeleted, user.email.as_str());
    enqueue_about(db, None, mail, user, &json!({}), now).await
}

/// Puts a mail about `user` into the outbox; `args` are what its text needs beside the name. Beyond a
/// few in an hour it is left out, whoever asks.
pub async fn enqueue(
    db: &mut Conn,
    kind: Kind,
    user: &User,
    recipient: &str,
    args: &Value,
    now: Timestamp,
) -> Result<()> {
    enqueue_about(db, Some(user.id), (kind, recipient), user, args, now).await
}

async fn enqueue_about(
    db: &mut Conn,
    id: Option<UserId>,
    (kind, recipient): (Kind, &str),
    user: &User,
    args: &Value,
    now: Timestamp,
) -> Result<()> {
    if has_enough(db, kind, recipient, now).await? {
        return Ok(());
    }
    // Whoever registers somebody else's address chooses the name: it would be a message to a stranger.
    let own = user.email_confirmed_at.is_some() && recipient == user.email;
    let name = if own { user.first_name.as_str() } else { "" };
    let mut all = json!({ "name": name, "email": user.email });
    if let (Some(all), Some(args)) = (all.as_object_mut(), args.as_object()) {
        all.extend(args.clone());
    }
    let mail = NewMail {
        kind,
        user_id: id,
        recipient,
        language: user.language.as_deref().unwrap_or_default(),
        args: &all.to_string(),
        credential_version: user.credential_version,
    };
    outbox::insert(db, &mail, now).await?;
    Ok(db.notify(Channel::Outbox).await?)
}

/// Whether an address has been sent as many mails of a kind as it may be for now.
pub async fn has_enough(
    db: &mut Conn,
    kind: Kind,
    recipient: &str,
    now: Timestamp,
) -> Result<bool> {
    Ok(outbox::count_since(db, recipient, kind, now.minus(PER)).await? >= MOST)
}

impl Auth {
    /// Sends one mail to `address` at once, past the outbox.
    ///
    /// # Errors
    /// `Fields` if it is no address; what the mail server says otherwise.
    pub async fn test_mail(&self, address: &str) -> Result<()> {
        let to =
            crate::identifiers::Email::parse(address).map_err(|e| Error::field("address", e))?;
        let args = json!({
            "site": self.config.site(), "home": self.config.link("/"), "name": "",
            "email": to.email,
        });
        let (subject, text, html) =
            self.templates.letter(self.config.language, "test", &args).map_err(Error::internal)?;
        let letter = Letter { to: to.email, message_id: secret::token()?, subject, text, html };
        self.mailer.send(letter).await.map_err(Error::internal)
    }
}
