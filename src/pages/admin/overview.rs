//! `/admin/`: the statistics of the last days.
use super::{AdminFrame, At};
use crate::{
    flows::{Day, Stuffing},
    pages::Shown,
    view::View,
    web::Page,
};
use rocket::get;
use serde::Serialize;

/// The height of the chart, and the width of a day in it.
const HEIGHT: i64 = 120;
const WIDTH: i64 = 20;

/// The page with the statistics.
#[derive(Serialize)]
pub struct Overview {
    operator: AdminFrame,
    users: i64,
    confirmed: i64,
    mails_waiting: i64,
    mails_failed: i64,
    /// Whether credential stuffing is going on, and how many logins of unknown devices failed.
    stuffing: Stuffing,
    /// How often it was noticed in those days.
    attacks: i64,
    /// The oldest first.
    days: Vec<Bar>,
    /// The highest number of a day.
    most: i64,
}

impl View for Overview {
    const TEMPLATE: &'static str = "pages/admin/overview.html";
    const PATH: &'static str = "/admin/";
}

/// A day of the chart.
#[derive(Serialize)]
struct Bar {
    day: String,
    logins: i64,
    failures: i64,
    x: i64,
    logins_height: i64,
    failures_height: i64,
}

impl Bar {
    fn new(day: &Day, place: i64, most: i64) -> Self {
        let height = |n: i64| if n == 0 { 0 } else { (n * HEIGHT / most.max(1)).max(1) };
        Self {
            day: day.start.to_string().chars().take(10).collect(),
            logins: day.logins,
            failures: day.failures,
            x: place * WIDTH,
            logins_height: height(day.logins),
            failures_height: height(day.failures),
        }
    }
}

#[get("/admin")]
pub async fn page(context: At<'_>) -> Shown<Overview> {
    let context = context?;
    let now = context.admin().overview().await?;
    let most = now.days.iter().map(|d| d.logins.max(d.failures)).max().unwrap_or_default();
    let days = (0..).zip(&now.days).map(|(place, day)| Bar::new(day, place, most)).collect();
    Ok(Page::ok(Overview {
        operator: context.operator(),
        users: now.users,
        confirmed: now.confirmed,
        mails_waiting: now.mails_waiting,
        mails_failed: now.mails_failed,
        stuffing: now.stuffing,
        attacks: now.attacks,
        days,
        most,
    }))
}
