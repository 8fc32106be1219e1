//! The keys that sign and verify tokens.
use super::{Answer, Op, Sent, views::KeyView};
use crate::{flows::Auth, web::reply::json::Reply};
use rocket::{State, delete, get, post};
use serde::Deserialize;
use utoipa::ToSchema;

/// The keys that sign or verify tokens, the newest first; to superusers
#[utoipa::path(get, path = "/auth/admin/keys", tag = "admin",
    security(("access" = []), ("cookie" = [])),
    responses((status = 200, body = Vec<KeyView>)))]
#[get("/auth/admin/keys")]
pub async fn list(auth: &State<Auth>, by: Op) -> Answer<Vec<KeyView>> {
    let all = auth.admin(&by?.0).list_keys().await?;
    Ok(Reply::ok(all.into_iter().map(KeyView::from).collect()))
}

#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "for the documentation")]
pub struct Rotation {
    /// Even if verifiers may not have seen the next key yet.
    force: Option<bool>,
}

/// Lets the next key sign and retires the current one; nobody is logged out. To superusers
#[utoipa::path(post, path = "/auth/admin/keys/rotate", tag = "admin",
    request_body = Option<Rotation>, security(("access" = []), ("cookie" = [])),
    responses((status = 200, body = Vec<KeyView>)))]
#[post("/auth/admin/keys/rotate", data = "<body>")]
pub async fn rotate(auth: &State<Auth>, by: Op, body: Sent) -> Answer<Vec<KeyView>> {
    let (op, body) = (by?.0, body?);
    auth.admin(&op).rotate_keys(body.read(|f| f.flag("force", false))?).await?;
    let all = auth.admin(&op).list_keys().await?;
    Ok(Reply::ok(all.into_iter().map(KeyView::from).collect()))
}

/// Removes a stolen key at once: what it signed is refused. To superusers
#[utoipa::path(delete, path = "/auth/admin/keys/{kid}", tag = "admin",
    params(("kid" = String, Path, description = "Its name, as in the list of keys")),
    security(("access" = []), ("cookie" = [])),
    responses((status = 200, description = "the keys that are left or new", body = Vec<KeyView>)))]
#[delete("/auth/admin/keys/<kid>")]
pub async fn revoke(auth: &State<Auth>, by: Op, kid: &str) -> Answer<Vec<KeyView>> {
    let op = by?.0;
    auth.admin(&op).drop_keys(&[kid.to_owned()]).await?;
    let all = auth.admin(&op).list_keys().await?;
    Ok(Reply::ok(all.into_iter().map(KeyView::from).collect()))
}
