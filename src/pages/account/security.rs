//! `/account/security`: the latest events of the account, and the mails about new devices.
use super::views::{Happened, Person};
use crate::{
    flows::{Error, ProfileChange},
    pages::{Sent, Shown, answer},
    view::View,
    web::{self, Form, Notice, Page, Reply, UserContext},
};
use rocket::{get, post};
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
    /// `on` or `off`: whether logins from new devices are mailed; empty if the operator has turned that off.
    notifications: &'static str,
}

impl View for Security {
    const TEMPLATE: &'static str = "pages/security.html";
    const PATH: &'static str = "/account/security";
}

#[get("/account/security")]
pub async fn page(reader: web::Result<UserContext<'_>>) -> Shown<Security> {
    Ok(Page::ok(view(&reader?).await?))
}

async fn view(r: &UserContext<'_>) -> Result<Security, Error> {
    let events = r.auth.history(&r.by, MAX_EVENTS).await?;
    Ok(Security {
        user: Person::new(r),
        sessions: r.auth.count_sessions(&r.by).await?,
        events: events.iter().map(|e| Happened::new(e, r)).collect(),
        notifications: match (r.auth.config().notify_new_devices, r.by.user.notify_new_devices) {
            (false, _) => "",
            (true, true) => "on",
            (true, false) => "off",
        },
    })
}

/// Turns the mails about new devices on or off.
#[post("/account/security", data = "<form>")]
pub async fn notifications(reader: web::Result<UserContext<'_>>, form: Form) -> Sent<Security> {
    let r = reader?;
    let saved = async {
        let notify = form.body?.read(|f| f.get::<Option<bool>>("notify_new_devices"))?;
        let change = ProfileChange { notify_new_devices: notify, ..ProfileChange::default() };
        r.auth.change_profile(r.caller, &r.by, change).await?;
        Ok(Reply::see(Security::PATH).with_notice(r.auth, Notice::NotificationsSaved))
    };
    answer(saved.await, "notifications", view(&r)).await
}
