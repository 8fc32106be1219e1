//! Mails: put into the outbox in the transaction of what causes them, and made when they are sent.
//!
//! The outbox holds no token. A link is made when its mail is sent, stored as a hash, and bound to
//! the state of the account for which it was asked.
use super::{Auth, Error, Result, User, secret};
use crate::{
    config::Language,
    mail::Letter,
    store::{
        Channel, Conn,
        mail_tokens::{self, MailToken},
        outbox::{self, Mail, NewMail},
        users,
    },
    time::Timestamp,
};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// So many mails of one kind are sent to one address within [`PER`] (OWASP ASVS 5, 6.3).
const MOST: i64 = 5;
pub const PER: Duration = Duration::from_hours(1);

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    ConfirmEmail,
    ResetPassword,
    ChangeEmail,
    EmailChanged,
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
            Self::PasswordChanged => "password_changed",
            Self::AccountExists => "account_exists",
            Self::AccountDeleted => "account_deleted",
            Self::Invitation => "invitation",
        }
    }
}

/// A kind of mail that carries a link, by its name: what the token follows in it, and how long it is
/// good.
fn link(kind: &str) -> Option<(&'static str, Duration)> {
    let days = |n: u64| Duration::from_hours(24 * n);
    match kind {
        "confirm_email" | "change_email" => Some(("/confirm-email?token=", days(3))),
        "reset_password" => Some(("/reset-password?token=", Duration::from_hours(1))),
        "invitation" => Some(("/register?invite=", days(7))),
        _ => None,
    }
}

/// Puts a mail to a user's own address into the outbox.
pub async fn to_user(db: &mut Conn, kind: Kind, user: &User, now: Timestamp) -> Result<()> {
    put(db, kind, user, &user.email, &json!({}), now).await
}

/// Puts a mail about `user` into the outbox; `args` are what its text needs beside the name. Beyond a
/// few in an hour it is left out, whoever asks.
pub async fn put(
    db: &mut Conn,
    kind: Kind,
    user: &User,
    recipient: &str,
    args: &Value,
    now: Timestamp,
) -> Result<()> {
    if has_enough(db, kind, recipient, now).await? {
        return Ok(());
    }
    let mut all = json!({ "name": user.first_name, "email": user.email });
    if let (Some(all), Some(args)) = (all.as_object_mut(), args.as_object()) {
        all.extend(args.clone());
    }
    let mail = NewMail {
        kind: kind.name(),
        user_id: Some(user.id),
        recipient,
        language: user.language.as_deref().unwrap_or_default(),
        args: &all.to_string(),
        credentials: user.credentials,
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
    Ok(outbox::count_since(db, recipient, kind.name(), now.minus(PER)).await? >= MOST)
}

impl Auth {
    /// The letter of a mail, its link stored; `None` if what it is about has passed.
    pub(super) async fn letter(&self, mail: &Mail) -> Result<Option<Letter>> {
        let now = self.clock.now();
        let mut args: Value = serde_json::from_str(&mail.args).map_err(Error::internal)?;
        if let Some((page, lifetime)) = link(&mail.kind) {
            let expires_at = now.plus(lifetime);
            let token = if mail.kind == Kind::Invitation.name() {
                self.invitation_token(&args, expires_at, now).await?
            } else {
                self.user_token(mail, expires_at, now).await?
            };
            let Some(token) = token else { return Ok(None) };
            args["link"] = self.config.link(&format!("{page}{token}")).into();
            args["hours"] = (lifetime.as_secs() / 3_600).into();
            args["days"] = (lifetime.as_secs() / 86_400).into();
        }
        args["site"] = self.config.site().into();
        args["home"] = self.config.link("/").into();
        let language = Language::from_tag(&mail.language).unwrap_or(self.config.language);
        let (subject, text, html) =
            self.templates.letter(language, &mail.kind, &args).map_err(Error::internal)?;
        let to = mail.recipient.clone();
        Ok(Some(Letter { to, message_id: mail.message_id, subject, text, html }))
    }

    /// Makes and stores the token of a mail to a user; `None` if what it is about has passed.
    async fn user_token(
        &self,
        mail: &Mail,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Uuid>> {
        let Some(id) = mail.user_id else { return Ok(None) };
        let mut db = self.db.write().await?;
        users::hold(&mut db, id).await?;
        let Some(user) = users::by_id(&mut db, id).await? else { return Ok(None) };
        let withdrawn = !outbox::hold(&mut db, mail.id).await?;
        let confirmed = mail.kind == "confirm_email" && user.email_confirmed_at.is_some();
        if user.credentials != mail.credentials || confirmed || withdrawn {
            return Ok(None);
        }
        let token = secret::token()?;
        let row = MailToken {
            hash: secret::hash(token),
            kind: mail.kind.clone(),
            user_id: user.id,
            email: mail.recipient.clone(),
            credentials: mail.credentials,
            created_at: now,
            expires_at,
            used_at: None,
        };
        mail_tokens::insert(&mut db, &row).await?;
        db.commit().await?;
        Ok(Some(token))
    }

    /// Sends one mail to `address` at once, past the outbox.
    ///
    /// # Errors
    /// `Fields` if it is no address; what the mail server says otherwise.
    pub async fn test_mail(&self, address: &str) -> Result<()> {
        let to = super::address::Address::parse(address).map_err(|e| Error::field("address", e))?;
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
