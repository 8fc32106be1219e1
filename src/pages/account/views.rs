//! The views that the pages of an account share.
use crate::{
    config::Language,
    flows::{ADMIN, Event, Session},
    time::Timestamp,
    view::{self, Moment, browser},
    web::UserContext,
};
use serde::Serialize;

impl UserContext<'_> {
    /// A point in the past, in the reader's language.
    pub fn moment(&self, at: Timestamp) -> Moment {
        Moment::new(self.language, at, self.auth.clock().now())
    }
}

/// The reader of an account's pages.
#[derive(Serialize)]
pub struct Person {
    email: String,
    confirmed: bool,
    username: String,
    first_name: String,
    /// The tag of their language; empty for the default of the service.
    language: &'static str,
    since: Moment,
    /// Whether the reader may open the pages for operators.
    operator: bool,
}

impl Person {
    /// The view of the user who reads the page.
    pub fn new(r: &UserContext<'_>) -> Self {
        let user = &r.by.user;
        let own = user.language.as_deref().and_then(Language::from_tag);
        Self {
            email: user.email.clone(),
            confirmed: user.email_confirmed_at.is_some(),
            username: user.username.clone().unwrap_or_default(),
            first_name: user.first_name.clone(),
            language: own.map(Language::tag).unwrap_or_default(),
            since: r.moment(user.created_at),
            operator: user.has_role(ADMIN),
        }
    }

    /// Shows what was typed into the profile instead of what is stored.
    pub fn show_input(&mut self, username: String, first_name: String) {
        self.username = username;
        self.first_name = first_name;
    }
}

/// One login on one device.
#[derive(Serialize)]
pub struct Device {
    id: String,
    /// The names of browser and system.
    name: String,
    ip: String,
    started: Moment,
    seen: Moment,
    current: bool,
}

impl Device {
    /// The view of the session `s`.
    pub fn new(s: &Session, r: &UserContext<'_>) -> Self {
        Self {
            id: s.id.0.to_string(),
            name: browser(s.user_agent.as_deref(), r.language),
            ip: s.ip.clone().unwrap_or_default(),
            started: r.moment(s.created_at),
            seen: r.moment(s.last_seen_at),
            current: s.id == r.by.session.id,
        }
    }
}

/// An event in the history of the account.
#[derive(Serialize)]
pub struct Happened {
    what: String,
    /// See [`repeats`].
    repeats: String,
    browser: String,
    ip: String,
    at: Moment,
}

impl Happened {
    /// The view of `event`.
    pub fn new(event: &Event, r: &UserContext<'_>) -> Self {
        Self {
            what: stored_text(r.language, "event", event.kind.as_str()),
            repeats: repeats("event-times", event.times, event.last_at, r),
            browser: browser(event.user_agent.as_deref(), r.language),
            ip: event.ip.clone().unwrap_or_default(),
            at: r.moment(event.at),
        }
    }
}

/// How often an event happened and when it last did, in the words of `key`; empty for a single event.
pub fn repeats(key: &str, times: i64, last_at: Option<Timestamp>, r: &UserContext<'_>) -> String {
    let Some(last_at) = last_at else { return String::new() };
    let last = r.moment(last_at).day;
    view::text(r.language, key, &[("count", times.into()), ("last", last.into())])
}

/// The text of a stored word of the set `set`, such as `event`. A word that this version does not know is
/// shown as it is.
pub fn stored_text(language: Language, set: &str, word: &str) -> String {
    let key = format!("{set}-{}", word.replace('_', "-"));
    let text = view::text(language, &key, &[]);
    if text == key { word.to_owned() } else { text }
}
