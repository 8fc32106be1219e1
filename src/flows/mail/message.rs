//! The content of a mail. Its link is created when the mail is sent, stored as a hash, and bound to the state
//! that the account had when the mail was requested.
use super::Kind;
use crate::{
    config::Language,
    db::Tx,
    flows::{Auth, Error, Result},
    mail::Letter,
    secret,
    store::{
        mail_tokens::{self, MailToken},
        outbox::{self, Mail},
        users,
    },
    time::Timestamp,
    view::{self, Moment},
};
use serde_json::Value;
use std::time::Duration;
use uuid::Uuid;

/// How long a link that resets a password is valid.
pub const RESET: Duration = Duration::from_hours(1);
/// How long a link and a code that log in are valid, and how long their mail may wait.
pub const LOGIN: Duration = Duration::from_mins(10);

/// For a kind of mail whose link has a token: the path up to the token, and how long the link is valid.
fn link(kind: Kind) -> Option<(&'static str, Duration)> {
    let days = |n: u64| Duration::from_hours(24 * n);
    match kind {
        Kind::ConfirmEmail | Kind::ChangeEmail => Some(("/confirm-email?token=", days(3))),
        Kind::RestoreEmail => Some(("/restore-email?token=", days(3))),
        Kind::NewDevice => Some(("/report-login?token=", days(3))),
        Kind::Login => Some(("/login/mail/link?token=", LOGIN)),
        Kind::ResetPassword => Some(("/reset-password?token=", RESET)),
        Kind::Invitation => Some(("/register?invite=", days(7))),
        _ => None,
    }
}

/// The path of the link in a mail whose link has no token.
fn place(kind: Kind) -> Option<&'static str> {
    matches!(kind, Kind::PasswordChanged | Kind::EmailChanged).then_some("/forgot-password")
}

impl Auth {
    /// Renders a mail and stores its token. `None` if the mail is obsolete.
    pub(crate) async fn letter(&self, mail: &Mail) -> Result<Option<Letter>> {
        let now = self.clock.now();
        // A newer server may know the kind, so the mail is retried.
        let kind = mail
            .kind
            .known()
            .ok_or_else(|| Error::internal(format!("{} is not a known kind of mail", mail.kind)))?;
        let mut args: Value = serde_json::from_str(&mail.args).map_err(Error::internal)?;
        if let Some((page, lifetime)) = link(kind) {
            let expires_at = now.plus(lifetime);
            let token = if kind == Kind::Invitation {
                self.invitation_token(&args, expires_at, now).await?.map(|token| (token, None))
            } else {
                self.user_token(mail, kind, ticket(kind, &args), expires_at, now).await?
            };
            let Some((token, code)) = token else { return Ok(None) };
            if let Some(code) = code {
                args["code"] = code.into();
            }
            args["link"] = self.config.link(&format!("{page}{token}")).into();
            args["minutes"] = (lifetime.as_secs() / 60).into();
            args["hours"] = (lifetime.as_secs() / 3_600).into();
            args["days"] = (lifetime.as_secs() / 86_400).into();
        } else if let Some(place) = place(kind) {
            args["link"] = self.config.link(place).into();
        }
        args["site"] = self.config.site().into();
        args["home"] = self.config.link("/").into();
        let language = Language::from_tag(&mail.language).unwrap_or(self.config.language);
        if kind == Kind::NewDevice {
            describe_login(&mut args, language, now);
        }
        let (subject, text, html) =
            self.templates.letter(language, kind.as_str(), &args).map_err(Error::internal)?;
        let to = mail.recipient.clone();
        Ok(Some(Letter { to, message_id: mail.message_id, subject, text, html }))
    }

    /// Creates and stores the token of a mail to a user, and a code if this kind of mail has one. `None` if
    /// the mail is obsolete.
    async fn user_token(
        &self,
        mail: &Mail,
        kind: Kind,
        ticket: Option<Uuid>,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<(Uuid, Option<String>)>> {
        let Some(id) = mail.user_id else { return Ok(None) };
        let mut db = self.db.write().await?;
        users::lock(&mut db, id).await?;
        let Some(user) = users::by_id(&mut db, id).await? else { return Ok(None) };
        let withdrawn = !outbox::lock(&mut db, mail.id).await?;
        let confirmed = kind == Kind::ConfirmEmail && user.email_confirmed_at.is_some();
        // These links survive a change of the password, which may be the next thing that an attacker does.
        let survives = matches!(kind, Kind::RestoreEmail | Kind::NewDevice);
        let outdated = user.credential_version != mail.credential_version && !survives;
        if outdated || confirmed || withdrawn {
            return Ok(None);
        }
        if kind == Kind::Login
            && !(user.is_active && may_log_in(&mut db, mail, ticket, now).await?)
        {
            return Ok(None);
        }
        let token = secret::token()?;
        let hash = secret::hash(token);
        let proves = matches!(kind, Kind::ConfirmEmail | Kind::ChangeEmail);
        let confirms = if proves { Some(secret::code()?) } else { None };
        let logs_in = (kind == Kind::Login).then(|| self.login_code(&hash));
        let row = MailToken {
            code_hash: confirms.as_ref().map(|code| self.code_hash(&hash, code)),
            hash,
            ticket,
            kind: kind.into(),
            user_id: user.id,
            email: mail.recipient.clone(),
            credential_version: mail.credential_version,
            created_at: now,
            expires_at,
            used_at: None,
        };
        mail_tokens::insert(&mut db, &row).await?;
        db.commit().await?;
        Ok(Some((token, confirms.or(logs_in))))
    }
}

/// Puts what the mail about a login stores into words.
fn describe_login(args: &mut Value, language: Language, now: Timestamp) {
    let browser = view::browser(args["user_agent"].as_str(), language);
    args["device"] = match args["ip"].as_str() {
        Some(ip) => format!("{browser}, {ip}").into(),
        None => browser.into(),
    };
    let at = Timestamp::from_micros(args["at"].as_i64().unwrap_or_default());
    args["time"] = Moment::new(language, at, now).day.into();
}

/// The keyed ticket in the arguments of a mail that logs in.
fn ticket(kind: Kind, args: &Value) -> Option<Uuid> {
    let text = Some(args["ticket"].as_str()?).filter(|_| kind == Kind::Login)?;
    secret::parse(text)
}

/// Revokes the links of the user's older mails that log in. `false` if this mail has waited for too long, or
/// an earlier delivery of it was used.
async fn may_log_in(
    db: &mut Tx,
    mail: &Mail,
    ticket: Option<Uuid>,
    now: Timestamp,
) -> Result<bool> {
    let (Some(user), Some(ticket)) = (mail.user_id, ticket) else { return Ok(false) };
    mail_tokens::revoke(db, user, Kind::Login).await?;
    let spent = mail_tokens::by_ticket(db, ticket).await?.is_some();
    Ok(!spent && mail.created_at.plus(LOGIN) > now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Brand, view::Templates};
    use serde_json::json;
    use strum::IntoEnumIterator;

    #[test]
    fn every_mail_kind_renders_in_both_languages() {
        let templates = Templates::load(None, &Brand::default()).unwrap();
        for kind in Kind::iter() {
            let mut args = json!({
                "site": "example.com", "home": "https://example.com/", "name": "Ann",
                "email": "ann@example.com", "new_email": "new@example.com",
                "device": "Firefox", "time": "now",
            });
            if let Some((page, lifetime)) = link(kind) {
                args["link"] = format!("https://example.com{page}token").into();
                args["minutes"] = (lifetime.as_secs() / 60).into();
                args["hours"] = (lifetime.as_secs() / 3_600).into();
                args["days"] = (lifetime.as_secs() / 86_400).into();
            } else if let Some(place) = place(kind) {
                args["link"] = format!("https://example.com{place}").into();
            }
            let mails =
                Language::ALL.map(|lang| templates.letter(lang, kind.as_str(), &args).unwrap());
            for (subject, text, html) in &mails {
                for part in [subject, text, html] {
                    assert!(!part.contains("Unknown localization"), "{kind}: {part}");
                }
            }
            assert_ne!(mails[0].0, mails[1].0, "{kind}");
        }
    }
}
