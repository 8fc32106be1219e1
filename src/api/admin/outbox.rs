//! The outbox.
use super::{
    Answer, Op,
    views::{Listed, MailView},
};
use crate::{
    flows::{Auth, Error, MailQuery},
    web::reply::json::Reply,
};
use rocket::{State, get, post};

/// The outbox, the newest mail first; to superusers
#[utoipa::path(get, path = "/auth/admin/mail", tag = "admin",
    params(("state" = Option<String>, Query, description = "`waiting`, `sent`, `failed` or `dropped`"),
        ("cursor" = Option<String>, Query)),
    security(("access" = []), ("cookie" = [])),
    responses((status = 200, body = Listed<MailView>)))]
#[get("/auth/admin/mail?<state>&<cursor>")]
pub async fn list(
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
#[utoipa::path(post, path = "/auth/admin/mail/{id}/retry", tag = "admin",
    params(("id" = i64, Path)), security(("access" = []), ("cookie" = [])),
    responses((status = 204)))]
#[post("/auth/admin/mail/<id>/retry")]
pub async fn retry(auth: &State<Auth>, by: Op, id: &str) -> Answer<()> {
    let op = by?.0;
    auth.admin(&op).retry_mail(id.parse().map_err(|_| Error::NotFound)?).await?;
    Ok(Reply::empty())
}
