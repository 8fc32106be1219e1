//! The keys that sign and verify tokens.
use super::{Answer, Op, views::KeyView};
use crate::{
    flows::{Auth, Operator},
    web::{
        reply::json::Reply,
        request::json::{Json, request_body},
    },
};
use rocket::{State, delete, get, post};

/// The keys that sign or verify tokens, the newest first; to superusers
#[utoipa::path(responses((status = 200, body = Vec<KeyView>)))]
#[get("/auth/admin/keys")]
pub async fn list(auth: &State<Auth>, by: Op) -> Answer<Vec<KeyView>> {
    all(auth, &by?.0).await
}

async fn all(auth: &Auth, op: &Operator) -> Answer<Vec<KeyView>> {
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
pub async fn rotate(auth: &State<Auth>, by: Op, body: Json<Rotation>) -> Answer<Vec<KeyView>> {
    let (op, body) = (by?.0, body.valid()?);
    auth.admin(&op).rotate_keys(body.force.unwrap_or_default()).await?;
    all(auth, &op).await
}

/// Removes a stolen key at once: what it signed is refused. To superusers
#[utoipa::path(
    params(("kid" = String, Path, description = "Its name, as in the list of keys")),
    responses((status = 200, description = "the keys that are left or new", body = Vec<KeyView>))
)]
#[delete("/auth/admin/keys/<kid>")]
pub async fn revoke(auth: &State<Auth>, by: Op, kid: &str) -> Answer<Vec<KeyView>> {
    let op = by?.0;
    auth.admin(&op).drop_keys(&[kid.to_owned()]).await?;
    all(auth, &op).await
}
