//! `chat`: the refresh token, a JWT, stays valid until it expires or the session ends. If another surface
//! opened the session and rotates its refresh tokens, this dialect rotates them too.
use super::shared::{Answer, Credentials, Json, Pair, pair};
use crate::{
    flows::surface::{Envelope, Rotation, Surface},
    web::{self, Bearer, Client, Endpoints, Reply, endpoints, request_body},
};
use rocket::{get, post};
use serde::Serialize;
use utoipa::ToSchema;

const SURFACE: Surface = Surface::dialect("chat", Envelope::Jwt, Rotation::Keep);

/// The operations of this dialect, without the registration.
pub fn endpoints() -> Endpoints {
    endpoints!["chat", token, refresh, user]
}

/// Logs in and opens a session
#[utoipa::path(responses((status = 200, body = Pair), (status = 429)))]
#[post("/api/token", data = "<body>")]
async fn token(client: Client<'_>, body: Json<Credentials>) -> Answer<Pair> {
    let body = body.valid()?;
    pair(client.auth.log_in(&client, &SURFACE, body.login()).await?)
}

#[derive(Serialize, ToSchema)]
pub struct ChatAccess {
    access: String,
    /// Only if another surface opened the session and this refresh consumes its refresh token.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh: Option<String>,
}

request_body! {
    pub struct ChatRefresh {
        refresh: String,
    }
}

/// Issues a new access token
#[utoipa::path(responses((status = 200, body = ChatAccess), (status = 429)))]
#[post("/api/token/refresh", data = "<body>")]
async fn refresh(client: Client<'_>, body: Json<ChatRefresh>) -> Answer<ChatAccess> {
    let body = body.valid()?;
    let tokens = client.auth.refresh(&client, &SURFACE, &body.refresh).await?;
    let refresh = tokens.refresh.map(|refresh| refresh.token);
    Ok(Reply::ok(ChatAccess { access: tokens.access, refresh }))
}

#[derive(Serialize, ToSchema)]
pub struct ChatUser {
    id: i64,
    email: String,
    is_email_confirmed: bool,
}

/// Returns the current user
#[utoipa::path(security(("access" = [])), responses((status = 200, body = ChatUser)))]
#[get("/api/user")]
fn user(by: web::Result<Bearer>) -> Answer<ChatUser> {
    let user = by?.0.user;
    Ok(Reply::ok(ChatUser {
        id: user.id.0,
        is_email_confirmed: user.email_confirmed_at.is_some(),
        email: user.email,
    }))
}
