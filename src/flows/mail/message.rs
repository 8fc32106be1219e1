//! What a mail says: its link is made when it is sent, stored as a hash, and bound to the state of the account
//! for which it was asked.
use super::Kind;
use crate::{
    config::Language,
    flows::{Auth, Error, Result},
    mail::Letter,
    secret,
    store::{
        mail_tokens::{self, MailToken},
        outbox::{self, Mail},
        users,
    },
    time::Timestamp,
};
use serde_json::Value;
use std::time::Duration;
use uuid::Uuid;

/// So long a link works that sets a password.
pub const RESET: Duration = Duration::from_hours(1);

/// A kind of mail that carries a link, by its name: what the token follows in it, and how long it is
/// good.
fn link(kind: &str) -> Option<(&'static str, Duration)> {
    let days = |n: u64| Duration::from_hours(24 * n);
    match kind {
        "confirm_email" | "change_email" => Some(("/confirm-email?token=", days(3))),
        "restore_email" => Some(("/restore-email?token=", days(3))),
        "reset_password" => Some(("/reset-password?token=", RESET)),
        "invitation" => Some(("/register?invite=", days(7))),
        _ => None,
    }
}

/// Where the link of a mail leads that carries no token.
fn place(kind: &str) -> Option<&'static str> {
    matches!(kind, "password_changed" | "email_changed").then_some("/forgot-password")
}

impl Auth {
    /// The letter of a mail, its link stored; `None` if what it is about has passed.
    pub(crate) async fn letter(&self, mail: &Mail) -> Result<Option<Letter>> {
        let now = self.clock.now();
        let mut args: Value = serde_json::from_str(&mail.args).map_err(Error::internal)?;
        if let Some((page, lifetime)) = link(&mail.kind) {
            let expires_at = now.plus(lifetime);
            let token = if mail.kind == Kind::Invitation.name() {
                self.invitation_token(&args, expires_at, now).await?.map(|token| (token, None))
            } else {
                self.user_token(mail, expires_at, now).await?
            };
            let Some((token, code)) = token else { return Ok(None) };
            if let Some(code) = code {
                args["code"] = code.into();
            }
            args["link"] = self.config.link(&format!("{page}{token}")).into();
            args["hours"] = (lifetime.as_secs() / 3_600).into();
            args["days"] = (lifetime.as_secs() / 86_400).into();
        } else if let Some(place) = place(&mail.kind) {
            args["link"] = self.config.link(place).into();
        }
        args["site"] = self.config.site().into();
        args["home"] = self.config.link("/").into();
        let language = Language::from_tag(&mail.language).unwrap_or(self.config.language);
        let (subject, text, html) =
            self.templates.letter(language, &mail.kind, &args).map_err(Error::internal)?;
        let to = mail.recipient.clone();
        Ok(Some(Letter { to, message_id: mail.message_id, subject, text, html }))
    }

    /// Makes and stores the token of a mail to a user, and the code beside it if the mail is to have one;
    /// `None` if what it is about has passed.
    async fn user_token(
        &self,
        mail: &Mail,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<(Uuid, Option<String>)>> {
        let Some(id) = mail.user_id else { return Ok(None) };
        let mut db = self.db.write().await?;
        users::lock(&mut db, id).await?;
        let Some(user) = users::by_id(&mut db, id).await? else { return Ok(None) };
        let withdrawn = !outbox::lock(&mut db, mail.id).await?;
        let confirmed = mail.kind == "confirm_email" && user.email_confirmed_at.is_some();
        // Whoever changed the address may change the password next.
        let outdated = user.credentials != mail.credentials && mail.kind != "restore_email";
        if outdated || confirmed || withdrawn {
            return Ok(None);
        }
        let token = secret::token()?;
        let hash = secret::hash(token);
        let proves = matches!(&*mail.kind, "confirm_email" | "change_email");
        let code = if proves { Some(secret::code()?) } else { None };
        let row = MailToken {
            code_hash: code.as_ref().map(|code| self.code_hash(&hash, code)),
            hash,
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
        Ok(Some((token, code)))
    }
}
