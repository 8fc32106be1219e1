//! Mails: put into the outbox in the transaction of what causes them, and made when they are sent.
//!
//! The outbox holds no token. A link is made when its mail is sent, stored as a hash, and bound to
//! the state of the account for which it was asked.
pub mod delivery;
pub mod message;

use super::{Auth, Error, Result, User, UserId, work::Work};
use crate::{
    db::Channel,
    mail::Letter,
    secret,
    store::outbox::{self, NewMail},
};
use serde_json::{Value, json};
use std::time::Duration;

/// How many mails of one kind one address is sent within [`PER`] (OWASP ASVS 5, 6.3).
const MOST: i64 = 5;
/// The period that [`MOST`] counts for.
pub const PER: Duration = Duration::from_hours(1);

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    ConfirmEmail,
    ResetPassword,
    ChangeEmail,
    EmailChanged,
    RestoreEmail,
    PasswordChanged,
    AccountExists,
    AccountDeleted,
    Invitation,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConfirmEmail => "confirm_email",
            Self::ResetPassword => "reset_password",
            Self::ChangeEmail => "change_email",
            Self::EmailChanged => "email_changed",
            Self::RestoreEmail => "restore_email",
            Self::PasswordChanged => "password_changed",
            Self::AccountExists => "account_exists",
            Self::AccountDeleted => "account_deleted",
            Self::Invitation => "invitation",
        }
    }
}

impl Work<'_> {
    /// Puts a mail to a user's own address into the outbox. Beyond [`MOST`] in an hour it is left out,
    /// whoever asks.
    pub async fn mail(&mut self, kind: Kind, user: &User) -> Result<()> {
        self.mail_to(kind, user, &user.email, &json!({})).await
    }

    /// Puts a mail about `user` to `recipient` into the outbox; `args` are what its text needs beside the
    /// name.
    pub async fn mail_to(
        &mut self,
        kind: Kind,
        user: &User,
        recipient: &str,
        args: &Value,
    ) -> Result<()> {
        self.enqueue(kind, Some(user.id), user, recipient, args).await
    }

    /// Puts the last mail to a user who has just been deleted into the outbox.
    pub async fn mail_farewell(&mut self, user: &User) -> Result<()> {
        self.enqueue(Kind::AccountDeleted, None, user, &user.email, &json!({})).await
    }

    async fn enqueue(
        &mut self,
        kind: Kind,
        id: Option<UserId>,
        user: &User,
        recipient: &str,
        args: &Value,
    ) -> Result<()> {
        if self.is_mail_limit_reached(kind, recipient).await? {
            return Ok(());
        }
        // Whoever registers somebody else's address chooses the name: it would be a message to a stranger.
        let own = user.email_confirmed_at.is_some() && recipient == user.email;
        let name = if own { user.first_name.as_str() } else { "" };
        let mut all = json!({ "name": name, "email": user.email });
        if let (Some(all), Some(args)) = (all.as_object_mut(), args.as_object()) {
            all.extend(args.clone());
        }
        self.insert_mail(&NewMail {
            kind: kind.name(),
            user_id: id,
            recipient,
            language: user.language.as_deref().unwrap_or_default(),
            args: &all.to_string(),
            credentials: user.credentials,
        })
        .await
    }

    pub async fn insert_mail(&mut self, mail: &NewMail<'_>) -> Result<()> {
        outbox::insert(&mut self.tx, mail, self.now).await?;
        self.wake_outbox().await
    }

    /// Lets the outbox workers of all processes know, with the commit, that a mail is due.
    pub async fn wake_outbox(&mut self) -> Result<()> {
        self.tx.notify(Channel::Outbox).await?;
        self.mail_queued = true;
        Ok(())
    }

    /// Whether an address has been sent as many mails of a kind as it may be for now.
    pub async fn is_mail_limit_reached(&mut self, kind: Kind, recipient: &str) -> Result<bool> {
        let since = self.now.minus(PER);
        Ok(outbox::count_since(&mut self.tx, recipient, kind.name(), since).await? >= MOST)
    }
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
