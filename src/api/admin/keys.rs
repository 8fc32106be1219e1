//! The keys that sign and verify tokens.
use super::{Answer, Op, views::KeyView};
use crate::web::{AdminContext, Json, Reply, request_body};
use rocket::{delete, get, post};

/// Lists the keys that sign or verify tokens, newest first. Superusers only
#[utoipa::path(responses((status = 200, body = Vec<KeyView>)))]
#[get("/auth/admin/keys")]
pub async fn list(op: Op<'_>) -> Answer<Vec<KeyView>> {
    all(&op?).await
}

async fn all(op: &AdminContext<'_>) -> Answer<Vec<KeyView>> {
    let all = op.admin().list_keys().await?;
    Ok(Reply::ok(all.into_iter().map(KeyView::from).collect()))
}

request_body! {
    pub struct Rotation {
        /// Whether to rotate even if verifiers may not have fetched the next key yet.
        force: Option<bool>,
    }
}

/// Starts signing with the next key and retires the current one. Nobody is logged out. Superusers only
#[utoipa::path(request_body = Option<Rotation>, responses((status = 200, body = Vec<KeyView>)))]
#[post("/auth/admin/keys/rotate", data = "<body>")]
pub async fn rotate(op: Op<'_>, body: Json<Rotation>) -> Answer<Vec<KeyView>> {
    let (op, body) = (op?, body.valid()?);
    op.admin().rotate_keys(body.force.unwrap_or_default()).await?;
    all(&op).await
}

/// Removes a stolen key at once: tokens that it signed are refused. Superusers only
#[utoipa::path(
    params(("kid" = String, Path, description = "Its name, as in the list of keys")),
    responses((status = 200, description = "the keys that are left or new", body = Vec<KeyView>))
)]
#[delete("/auth/admin/keys/<kid>")]
pub async fn revoke(op: Op<'_>, kid: &str) -> Answer<Vec<KeyView>> {
    let op = op?;
    op.admin().drop_keys(&[kid.to_owned()]).await?;
    all(&op).await
}
