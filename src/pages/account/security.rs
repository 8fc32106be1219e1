//! `/account/security`: the latest events of the account.
use super::views::{Happened, Person};
use crate::{
    pages::Shown,
    view::View,
    web::{self, Page, UserContext},
};
use rocket::get;
use serde::Serialize;

/// How many events are shown.
const MAX_EVENTS: i64 = 30;

/// The page with the latest events of the account.
#[derive(Serialize)]
pub struct Security {
    user: Person,
    /// How many sessions are active.
    sessions: i64,
    /// The newest first.
    events: Vec<Happened>,
}

impl View for Security {
    const TEMPLATE: &'static str = "pages/security.html";
    const PATH: &'static str = "/account/security";
}

#[get("/account/security")]
pub async fn page(reader: web::Result<UserContext<'_>>) -> Shown<Security> {
    let r = reader?;
    let events = r.auth.history(&r.by, MAX_EVENTS).await?;
    Ok(Page::ok(Security {
        user: Person::new(&r),
        sessions: r.auth.count_sessions(&r.by).await?,
        events: events.iter().map(|e| Happened::new(e, &r)).collect(),
    }))
}
