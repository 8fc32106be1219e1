//! The outbox.
use super::{
    Answer, Op,
    views::{Listed, MailView},
};
use crate::{
    flows::{Error, MailQuery},
    web::Reply,
};
use rocket::{get, post};

/// Lists the mails in the outbox, newest first. Superusers only
#[utoipa::path(
    params(("state" = Option<String>, Query, description = "`waiting`, `sent`, `failed` or `dropped`")),
    responses((status = 200, body = Listed<MailView>))
)]
#[get("/auth/admin/mail?<state>&<cursor>")]
pub async fn list(
    op: Op<'_>,
    state: Option<&str>,
    cursor: Option<&str>,
) -> Answer<Listed<MailView>> {
    let query = MailQuery { state, cursor };
    let op = op?;
    let page = op.admin().list_mails(&query).await?;
    let link = |cursor: &str| op.link(&format!("/auth/admin/mail?{}", query.at(cursor)));
    Ok(Reply::ok(Listed::new(page, link)))
}

/// Retries a waiting or failed mail immediately. Superusers only
#[utoipa::path(params(("id" = i64, Path)), responses((status = 204)))]
#[post("/auth/admin/mail/<id>/retry")]
pub async fn retry(op: Op<'_>, id: Option<i64>) -> Answer<()> {
    op?.admin().retry_mail(id.ok_or(Error::NotFound)?).await?;
    Ok(Reply::empty())
}
