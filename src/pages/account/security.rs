//! `/account/security`: the second factor and the latest events of the account.
use super::{
    viewer::Reader,
    views::{Happened, Person},
};
use crate::{
    flows::Error,
    pages::Shown,
    view::{Moment, View},
    web::{self, reply::page::Page},
};
use rocket::get;
use serde::Serialize;

/// How many events are shown.
const MAX_EVENTS: i64 = 30;

/// The page with the second factor and the latest events of the account.
#[derive(Serialize)]
pub struct Security {
    user: Person,
    /// How many sessions are active.
    sessions: i64,
    two_step: TwoStep,
    /// The newest first.
    events: Vec<Happened>,
}

/// The second factor of an account.
#[derive(Serialize)]
struct TwoStep {
    /// When the authenticator app was set up; `None` if there is none.
    since: Option<Moment>,
    /// When one of its codes was last accepted.
    used: Option<Moment>,
    /// How many recovery codes are left.
    codes_left: i64,
    /// Whether these are few.
    codes_low: bool,
}

impl View for Security {
    const TEMPLATE: &'static str = "pages/security.html";
    const PATH: &'static str = "/account/security";
}

/// The page for its reader.
pub async fn view(r: &Reader<'_>) -> Result<Security, Error> {
    let events = r.auth.history(&r.by, MAX_EVENTS).await?;
    let factors = r.auth.factors(&r.by).await?;
    Ok(Security {
        user: Person::new(r),
        sessions: r.auth.count_sessions(&r.by).await?,
        two_step: TwoStep {
            codes_low: factors.has_few_codes(),
            since: factors.totp.map(|totp| r.moment(totp.confirmed_at)),
            used: factors.totp.and_then(|totp| totp.last_used_at).map(|at| r.moment(at)),
            codes_left: factors.recovery_codes_left,
        },
        events: events.iter().map(|e| Happened::new(e, r)).collect(),
    })
}

#[get("/account/security")]
pub async fn page(reader: web::Result<Reader<'_>>) -> Shown<Security> {
    Ok(Page::ok(view(&reader?).await?))
}
