//! `/account/security`: what has happened to the account lately.
use super::{
    Shown,
    person::{Happened, Person},
};
use crate::{
    flows::{Auth, Error},
    view::View,
    web::{client::Reading, guards::SignedIn, page::Page},
};
use rocket::{State, get};
use serde::Serialize;

/// How many events are shown.
const MOST: i64 = 30;

#[derive(Serialize)]
pub struct Security {
    user: Person,
    /// How many sessions live.
    sessions: usize,
    /// The newest first.
    events: Vec<Happened>,
}

impl View for Security {
    const TEMPLATE: &'static str = "pages/security.html";
    const PATH: &'static str = "/account/security";
}

#[get("/account/security")]
pub async fn page(
    auth: &State<Auth>,
    by: Result<SignedIn, Error>,
    reading: Reading,
) -> Shown<Security> {
    let by = by?.0;
    let (language, now) = (reading.0, auth.clock().now());
    let events = auth.history(&by, MOST).await?;
    Ok(Page::ok(Security {
        user: Person::new(&by.user, language, now),
        sessions: auth.sessions(&by).await?.len(),
        events: events.iter().map(|e| Happened::new(e, language, now)).collect(),
    }))
}
