//! Statistics of the last 30 days.
use super::{Answer, Op, views::OverviewView};
use crate::{flows::Auth, web::reply::json::Reply};
use rocket::{State, get};

/// Returns the totals and the daily figures of the last 30 days
#[utoipa::path(responses((status = 200, body = OverviewView)))]
#[get("/auth/admin/overview")]
pub async fn overview(auth: &State<Auth>, by: Op) -> Answer<OverviewView> {
    Ok(Reply::ok(auth.admin(&by?.0).overview().await?.into()))
}
