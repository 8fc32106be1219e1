//! The rows of lists, in the reader's language.
use crate::{
    config::Language,
    flows::{Logged, OutboxMessage, User},
    pages::account::views::{repeats, stored_text},
    view::{Moment, browser},
    web::UserContext,
};
use serde::Serialize;

/// A user, as operators see them.
#[derive(Serialize)]
pub struct UserSummary {
    pub id: i64,
    pub email: String,
    username: String,
    first_name: String,
    /// The tag of their language; empty for the default of the service.
    language: &'static str,
    /// The names of their roles, separated by commas.
    roles: String,
    role_list: Vec<String>,
    active: bool,
    confirmed: bool,
    pub superuser: bool,
    since: Moment,
}

impl UserSummary {
    /// The view of `user`.
    pub fn new(user: &User, r: &UserContext<'_>) -> Self {
        let own = user.language.as_deref().and_then(Language::from_tag);
        Self {
            id: user.id.0,
            email: user.email.clone(),
            username: user.username.clone().unwrap_or_default(),
            first_name: user.first_name.clone(),
            language: own.map(Language::tag).unwrap_or_default(),
            roles: user.roles.0.join(", "),
            role_list: user.roles.0.clone(),
            active: user.is_active,
            confirmed: user.email_confirmed_at.is_some(),
            superuser: user.is_superuser,
            since: r.moment(user.created_at),
        }
    }
}

/// A line of the audit log.
#[derive(Serialize)]
pub struct Line {
    what: String,
    /// See [`repeats`].
    repeats: String,
    detail: String,
    actor: String,
    /// The email or id of the user whose account it concerns; empty if there is none.
    target: String,
    target_id: i64,
    browser: String,
    ip: String,
    at: Moment,
}

impl Line {
    /// The view of the audit event `e`.
    pub fn new(e: &Logged, r: &UserContext<'_>) -> Self {
        let named = |email: &Option<String>, id: Option<i64>| {
            email.clone().or_else(|| id.map(|id| format!("#{id}")))
        };
        let actor = named(&e.actor_email, e.actor_id.map(|id| id.0));
        let target = e.target_id.map(|id| id.0);
        // Only a row that counts the events of several accounts names none.
        let times = if target.is_some() { "event-times" } else { "event-times-several" };
        Self {
            what: stored_text(r.language, "event", e.kind.as_str()),
            repeats: repeats(times, e.times, e.last_at, r),
            detail: e.detail.clone(),
            actor: actor.unwrap_or_else(|| stored_text(r.language, "actor", e.actor.as_str())),
            target: named(&e.target_email, target).unwrap_or_default(),
            target_id: target.unwrap_or_default(),
            browser: browser(e.user_agent.as_deref(), r.language),
            ip: e.ip.clone().unwrap_or_default(),
            at: r.moment(e.at),
        }
    }
}

/// A mail of the outbox.
#[derive(Serialize)]
pub struct Sending {
    id: i64,
    /// The kind of the mail, in words.
    what: String,
    to: String,
    state: String,
    /// The state in words.
    outcome: String,
    /// The reply of the mail server, if it reported an error; else empty.
    error: String,
    at: Moment,
}

impl Sending {
    /// The view of `mail`.
    pub fn new(mail: &OutboxMessage, r: &UserContext<'_>) -> Self {
        Self {
            id: mail.id,
            what: stored_text(r.language, "mail-kind", mail.kind.as_str()),
            to: mail.recipient.clone(),
            state: mail.state.to_string(),
            outcome: stored_text(r.language, "mail-state", mail.state.as_str()),
            error: mail.last_error.clone().unwrap_or_default(),
            at: r.moment(mail.sent_at.unwrap_or(mail.created_at)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        flows::{ActorKind, AuditKind, KeyState, MailKind, OutboxState},
        view::text,
    };
    use strum::IntoEnumIterator;

    fn has_texts<T: IntoEnumIterator + Into<&'static str>>(set: &str) {
        for word in T::iter().map(Into::<&str>::into) {
            let key = format!("{set}-{}", word.replace('_', "-"));
            let texts = Language::ALL.map(|language| stored_text(language, set, word));
            assert_eq!(texts, Language::ALL.map(|language| text(language, &key, &[])));
            assert!(!texts.contains(&key), "{key}: {texts:?}");
            assert_ne!(texts[0], texts[1], "{set} {word}");
        }
    }

    #[test]
    fn every_stored_value_has_a_text_in_both_languages() {
        has_texts::<AuditKind>("event");
        has_texts::<MailKind>("mail-kind");
        has_texts::<OutboxState>("mail-state");
        has_texts::<KeyState>("key");
        // A user is shown by their email or id.
        for actor in ActorKind::iter().filter(|actor| *actor != ActorKind::User) {
            assert_ne!(stored_text(Language::En, "actor", actor.as_str()), actor.as_str());
        }
    }

    #[test]
    fn an_unknown_stored_value_is_shown_unchanged() {
        assert_eq!(stored_text(Language::En, "event", "moved_to_mars"), "moved_to_mars");
    }
}
