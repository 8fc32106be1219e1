//! Mails: enqueued in the transaction that causes them, and rendered when they are sent.
//!
//! The outbox contains no tokens. A link is created when its mail is sent, stored as a hash, and bound to
//! the state that the account had when the mail was requested.
pub mod delivery;
pub mod message;

use super::{Auth, Error, Result, User, work::Work};
use crate::{
    db::Channel,
    mail::Letter,
    secret,
    store::outbox::{self, NewMail},
};
use serde_json::{Value, json};
use std::time::Duration;

pub use crate::store::outbox::MailKind as Kind;

/// How many mails of one kind one address gets within [`PER`] (OWASP ASVS 5, 6.3).
pub const MOST: i64 = 5;
/// The period of the limit on mails of one kind to one address.
pub const PER: Duration = Duration::from_hours(1);

impl Work<'_> {
    /// Enqueues a mail to a user's own address. Beyond [`MOST`] mails in an hour it is left out, regardless
    /// of the caller.
    pub async fn mail(&mut self, kind: Kind, user: &User) -> Result<()> {
        self.mail_to(kind, user, &user.email, &json!({})).await
    }

    /// Enqueues a mail about `user` to `recipient`. `args` are what its text needs besides the user's name
    /// and address.
    pub async fn mail_to(
        &mut self,
        kind: Kind,
        user: &User,
        recipient: &str,
        args: &Value,
    ) -> Result<()> {
        self.mail_up_to(MOST, kind, user, recipient, args).await
    }

    /// The same with another limit: `most` mails of this kind to this address in an hour.
    pub async fn mail_up_to(
        &mut self,
        most: i64,
        kind: Kind,
        user: &User,
        recipient: &str,
        args: &Value,
    ) -> Result<()> {
        if self.has_got(most, kind, recipient).await? {
            return Ok(());
        }
        // Anyone who registers with somebody else's address chooses the name, so the name would be a way to
        // send a message to a stranger.
        let own = user.email_confirmed_at.is_some() && recipient == user.email;
        let name = if own { user.first_name.as_str() } else { "" };
        let mut all = json!({ "name": name, "email": user.email });
        if let (Some(all), Some(args)) = (all.as_object_mut(), args.as_object()) {
            all.extend(args.clone());
        }
        self.insert_mail(&NewMail {
            kind,
            // The last mail goes to a user who has just been deleted.
            user_id: (kind != Kind::AccountDeleted).then_some(user.id),
            recipient,
            language: user.language.as_deref().unwrap_or_default(),
            args: &all.to_string(),
            credential_version: user.credential_version,
        })
        .await
    }

    /// Enqueues `mail` without checking the limit.
    pub async fn insert_mail(&mut self, mail: &NewMail<'_>) -> Result<()> {
        outbox::insert(&mut self.tx, mail, self.now).await?;
        self.wake_outbox().await
    }

    /// Notifies the outbox workers of all processes that a mail is due, when the transaction commits.
    pub async fn wake_outbox(&mut self) -> Result<()> {
        self.tx.notify(Channel::Outbox).await?;
        self.mail_queued = true;
        Ok(())
    }

    /// Whether an address has got as many mails of a kind as the limit allows.
    pub async fn is_mail_limit_reached(&mut self, kind: Kind, recipient: &str) -> Result<bool> {
        self.has_got(MOST, kind, recipient).await
    }

    async fn has_got(&mut self, most: i64, kind: Kind, recipient: &str) -> Result<bool> {
        let since = self.now.minus(PER);
        Ok(outbox::count_since(&mut self.tx, recipient, kind, since).await? >= most)
    }
}

impl Auth {
    /// Sends a test mail to `address` immediately, without the outbox.
    ///
    /// # Errors
    /// [`Error::Fields`] if `address` is not an address; [`Error::Internal`] if the mail cannot be sent.
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
