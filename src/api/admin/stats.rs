//! Statistics of the last 30 days.
use super::{Answer, Op, views::OverviewView};
use crate::web::Reply;
use rocket::get;

/// Returns the totals and the daily figures of the last 30 days
#[utoipa::path(responses((status = 200, body = OverviewView)))]
#[get("/auth/admin/overview")]
pub async fn overview(op: Op<'_>) -> Answer<OverviewView> {
    Ok(Reply::ok(op?.admin().overview().await?.into()))
}
