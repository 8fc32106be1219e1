//! The password once more, the figures, the audit log, the outbox and the keys.
use super::{
    Answer, Op,
    views::{AuditView, KeyView, Listed, MailView, OverviewView},
};
use crate::{
    api::account::Proof,
    field_error::FieldError,
    flows::{AuditQuery, Auth, Error, MailQuery, Operator},
    web::{
        reply::{csv::Csv, json::Reply, problem::Problem},
        request::{
            client::{Client, WantsCsv},
            json::{Json, request_body},
        },
    },
};
use rocket::{Either, FromForm, State, delete, get, post};
use utoipa::IntoParams;

/// Takes the password again: for ten minutes more the acts go through that ask for it
#[utoipa::path(responses((status = 204)))]
#[post("/auth/admin/prove", data = "<body>")]
pub async fn prove(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Op,
    body: Json<Proof>,
) -> Answer<()> {
    let (op, body) = (by?.0, body.valid()?);
    let by = op.signed_in().ok_or(Error::Unauthenticated)?;
    auth.confirm_password(&client, by, &body.password).await?;
    Ok(Reply::empty())
}

/// The figures of the last 30 days
#[utoipa::path(responses((status = 200, body = OverviewView)))]
#[get("/auth/admin/overview")]
pub async fn overview(auth: &State<Auth>, by: Op) -> Answer<OverviewView> {
    Ok(Reply::ok(auth.admin(&by?.0).overview().await?.into()))
}

#[derive(FromForm, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditParams<'r> {
    /// Whose account it concerns, by id.
    user: Option<&'r str>,
    /// Who did it, by id.
    actor: Option<&'r str>,
    kind: Option<&'r str>,
    /// RFC 3339, or a day (UTC).
    from: Option<&'r str>,
    /// RFC 3339, not included; or a day, included.
    to: Option<&'r str>,
    /// From `next` or `previous`.
    cursor: Option<&'r str>,
    /// `json` or `csv`; else `Accept` decides.
    format: Option<&'r str>,
}

/// What happened, the newest first; to superusers. As CSV there are 10000 on a page, and a header
/// `Link` leads to the next
#[utoipa::path(
    params(AuditParams),
    responses((status = 200, content((Listed<AuditView> = "application/json"), (String = "text/csv"))))
)]
#[get("/auth/admin/audit?<query..>")]
pub async fn audit(
    auth: &State<Auth>,
    by: Op,
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
    let link =
        |cursor: &str| auth.config().link(&format!("/auth/admin/audit?{}", query.at(cursor)));
    let op = by?.0;
    if !as_csv {
        let page = auth.admin(&op).audit(&query, None).await?;
        return Ok(Either::Left(Reply::ok(Listed::new(page, link))));
    }
    let page = auth.admin(&op).audit(&query, Some(ROWS)).await?;
    let next = page.next.as_deref().map(|cursor| format!("{}&format=csv", link(cursor)));
    let rows = page.results.into_iter().map(|e| AuditView::from(e).cells());
    Ok(Either::Right(Csv::new("audit.csv", AuditView::COLUMNS, rows)?.leading_to(next)))
}

/// The kinds of acts that there are in the audit log; to superusers
#[utoipa::path(responses((status = 200, body = Vec<String>)))]
#[get("/auth/admin/audit/kinds")]
pub async fn audit_kinds(auth: &State<Auth>, by: Op) -> Answer<Vec<String>> {
    Ok(Reply::ok(auth.admin(&by?.0).audit_kinds().await?))
}

/// The outbox, the newest mail first; to superusers
#[utoipa::path(
    params(("state" = Option<String>, Query, description = "`waiting`, `sent`, `failed` or `dropped`")),
    responses((status = 200, body = Listed<MailView>))
)]
#[get("/auth/admin/mail?<state>&<cursor>")]
pub async fn mails(
    auth: &State<Auth>,
    by: Op,
    state: Option<&str>,
    cursor: Option<&str>,
) -> Answer<Listed<MailView>> {
    let query = MailQuery { state, cursor };
    let page = auth.admin(&by?.0).list_mails(&query).await?;
    let link = |cursor: &str| auth.config().link(&format!("/auth/admin/mail?{}", query.at(cursor)));
    Ok(Reply::ok(Listed::new(page, link)))
}

/// Sends a mail at once that waits or was given up; to superusers
#[utoipa::path(params(("id" = i64, Path)), responses((status = 204)))]
#[post("/auth/admin/mail/<id>/retry")]
pub async fn retry_mail(auth: &State<Auth>, by: Op, id: Option<i64>) -> Answer<()> {
    auth.admin(&by?.0).retry_mail(id.ok_or(Error::NotFound)?).await?;
    Ok(Reply::empty())
}

/// The keys that sign or verify tokens, the newest first; to superusers
#[utoipa::path(responses((status = 200, body = Vec<KeyView>)))]
#[get("/auth/admin/keys")]
pub async fn keys(auth: &State<Auth>, by: Op) -> Answer<Vec<KeyView>> {
    list_keys(auth, &by?.0).await
}

async fn list_keys(auth: &Auth, op: &Operator) -> Answer<Vec<KeyView>> {
    let all = auth.admin(op).list_keys().await?;
    Ok(Reply::ok(all.into_iter().map(KeyView::from).collect()))
}

request_body! {
    pub struct Rotation {
        /// Even if verifiers may not have seen the next key yet.
        force: Option<bool>,
    }
}

/// Lets the next key sign and retires the current one; nobody is logged out. To superusers
#[utoipa::path(request_body = Option<Rotation>, responses((status = 200, body = Vec<KeyView>)))]
#[post("/auth/admin/keys/rotate", data = "<body>")]
pub async fn rotate_keys(auth: &State<Auth>, by: Op, body: Json<Rotation>) -> Answer<Vec<KeyView>> {
    let (op, body) = (by?.0, body.valid()?);
    auth.admin(&op).rotate_keys(body.force.unwrap_or_default()).await?;
    list_keys(auth, &op).await
}

/// Removes a stolen key at once: what it signed is refused. To superusers
#[utoipa::path(
    params(("kid" = String, Path, description = "Its name, as in the list of keys")),
    responses((status = 200, description = "the keys that are left or new", body = Vec<KeyView>))
)]
#[delete("/auth/admin/keys/<kid>")]
pub async fn drop_key(auth: &State<Auth>, by: Op, kid: &str) -> Answer<Vec<KeyView>> {
    let op = by?.0;
    auth.admin(&op).drop_keys(&[kid.to_owned()]).await?;
    list_keys(auth, &op).await
}
