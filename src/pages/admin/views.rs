//! Rows of lists, in the reader's words.
use crate::{
    config::Language,
    flows::{Logged, OutboxMessage, User},
    pages::account::{viewer::Reader, views::browser},
    view::{self, Moment},
};
use serde::Serialize;

/// A user, as operators see one.
#[derive(Serialize)]
pub struct Somebody {
    pub id: i64,
    pub email: String,
    username: String,
    first_name: String,
    /// The tag, or empty for the service's own.
    language: &'static str,
    /// Their names, with commas between them.
    roles: String,
    role_list: Vec<String>,
    active: bool,
    confirmed: bool,
    pub superuser: bool,
    since: Moment,
}

impl Somebody {
    pub fn new(user: &User, r: &Reader<'_>) -> Self {
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

/// The words for an act; those that there are none for are named as they are.
pub fn act(language: Language, kind: &str) -> String {
    let key = format!("event-{}", kind.replace('_', "-"));
    let words = view::text(language, &key, &[]);
    if words == key { kind.to_owned() } else { words }
}

/// A line of the audit log.
#[derive(Serialize)]
pub struct Line {
    what: String,
    detail: String,
    actor: String,
    /// The address or id of whose account it is; empty for nobody's.
    target: String,
    target_id: i64,
    browser: String,
    ip: String,
    at: Moment,
}

impl Line {
    pub fn new(e: &Logged, r: &Reader<'_>) -> Self {
        let named = |email: &Option<String>, id: Option<i64>| {
            email.clone().or_else(|| id.map(|id| format!("#{id}")))
        };
        let actor = named(&e.actor_email, e.actor_id.map(|id| id.0));
        let target = e.target_id.map(|id| id.0);
        Self {
            what: act(r.language, &e.kind),
            detail: e.detail.clone(),
            actor: actor
                .unwrap_or_else(|| view::text(r.language, &format!("actor-{}", e.actor), &[])),
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
    /// As in the names of texts.
    key: String,
    to: String,
    state: String,
    /// What the mail server said, or empty.
    error: String,
    at: Moment,
}

impl Sending {
    pub fn new(mail: &OutboxMessage, r: &Reader<'_>) -> Self {
        Self {
            id: mail.id,
            key: mail.kind.replace('_', "-"),
            to: mail.recipient.clone(),
            state: mail.state.clone(),
            error: mail.last_error.clone().unwrap_or_default(),
            at: r.moment(mail.sent_at.unwrap_or(mail.created_at)),
        }
    }
}
