//! The audit log.
use super::{
    Answer, Op,
    views::{AuditView, Listed},
};
use crate::{
    field_error::FieldError,
    flows::{AuditQuery, Error},
    web::{Csv, Problem, Reply, request::accept::WantsCsv},
};
use rocket::{Either, FromForm, get};
use utoipa::IntoParams;

#[derive(FromForm, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditParams<'r> {
    /// The id of the user whose account the event concerns.
    user: Option<&'r str>,
    /// The id of the user who caused the event.
    actor: Option<&'r str>,
    kind: Option<&'r str>,
    /// The start: an RFC 3339 time, or a day (UTC).
    from: Option<&'r str>,
    /// The end: an RFC 3339 time (exclusive), or a day (UTC, inclusive).
    to: Option<&'r str>,
    /// The cursor from `next` or `previous`.
    cursor: Option<&'r str>,
    /// `json` or `csv`. Without it, the header `Accept` decides.
    format: Option<&'r str>,
}

/// Lists audit events, newest first. Superusers only. A page of CSV has 10000 events, and the header
/// `Link` points to the next page
#[utoipa::path(
    params(AuditParams),
    responses((status = 200, content((Listed<AuditView> = "application/json"), (String = "text/csv"))))
)]
#[get("/auth/admin/audit?<query..>")]
pub async fn list(
    op: Op<'_>,
    wants_csv: WantsCsv,
    query: AuditParams<'_>,
) -> Result<Either<Reply<Listed<AuditView>>, Csv>, Problem> {
    const ROWS: usize = 10_000;
    let as_csv = match query.format {
        Some("csv") => true,
        Some("json") => false,
        None => wants_csv.0,
        Some(_) => return Err(Error::field("format", FieldError::Unknown).into()),
    };
    let AuditParams { user, actor, kind, from, to, cursor, .. } = query;
    let query = AuditQuery { user, actor, kind, from, to, cursor };
    let op = op?;
    let link = |cursor: &str| op.link(&format!("/auth/admin/audit?{}", query.at(cursor)));
    if !as_csv {
        let page = op.admin().audit(&query, None).await?;
        return Ok(Either::Left(Reply::ok(Listed::new(page, link))));
    }
    let page = op.admin().audit(&query, Some(ROWS)).await?;
    let next = page.next.as_deref().map(|cursor| format!("{}&format=csv", link(cursor)));
    let rows = page.results.into_iter().map(|e| AuditView::from(e).cells());
    Ok(Either::Right(Csv::new("audit.csv", AuditView::COLUMNS, rows)?.with_next_page(next)))
}

/// Lists the kinds of events in the audit log. Superusers only
#[utoipa::path(responses((status = 200, body = Vec<String>)))]
#[get("/auth/admin/audit/kinds")]
pub async fn kinds(op: Op<'_>) -> Answer<Vec<String>> {
    Ok(Reply::ok(op?.admin().audit_kinds().await?))
}
