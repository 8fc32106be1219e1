//! `chat`: the refresh token, a JWT, stays valid until it expires or the session ends. One of a session
//! that was opened elsewhere is replaced here too, if it is there.
use super::shared::{self, Answer, Credentials, Pair, Sent, refresh_token};
use crate::{
    flows::{
        Auth, Login,
        surface::{Envelope, Rotation, Surface},
    },
    web::{self, guards::Bearer, reply::json::Reply, request::caller::Client},
};
use rocket::{Route, State, get, post, routes};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

const SURFACE: Surface = Surface {
    client: "chat",
    envelope: Envelope::Jwt,
    rotation: Rotation::Keep,
    superusers: true,
    legacy: true,
};

pub fn routes() -> Vec<Route> {
    routes![token, refresh, user]
}

#[derive(OpenApi)]
#[openapi(paths(shared::register, token, refresh, user))]
pub struct Docs;

/// Opens a session
#[utoipa::path(post, path = "/api/token", tag = "chat", request_body = Credentials,
    responses((status = 200, body = Pair)))]
#[post("/api/token", data = "<body>")]
async fn token(auth: &State<Auth>, client: Client<'_>, body: Sent) -> Answer<Pair> {
    let body = body?;
    let (email, password) = body.read(|f| (f.text("email"), f.text("password")))?;
    let mut tokens = auth.log_in(&client, &SURFACE, Login::Email(email), password, true).await?;
    let refresh = refresh_token(&mut tokens)?;
    Ok(Reply::ok(Pair { refresh, access: tokens.access }))
}

#[derive(Serialize, ToSchema)]
pub struct ChatAccess {
    access: String,
    /// Only if the session was opened elsewhere and its refresh token is used up by this.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "for the documentation")]
pub struct ChatRefresh {
    refresh: String,
}

/// Gives a new access token
#[utoipa::path(post, path = "/api/token/refresh", tag = "chat", request_body = ChatRefresh,
    responses((status = 200, body = ChatAccess)))]
#[post("/api/token/refresh", data = "<body>")]
async fn refresh(auth: &State<Auth>, client: Client<'_>, body: Sent) -> Answer<ChatAccess> {
    let body = body?;
    let token = body.read(|f| f.text("refresh"))?;
    let tokens = auth.refresh(&client, &SURFACE, token).await?;
    let refresh = tokens.refresh.map(|refresh| refresh.token);
    Ok(Reply::ok(ChatAccess { access: tokens.access, refresh }))
}

#[derive(Serialize, ToSchema)]
pub struct ChatUser {
    id: i64,
    email: String,
    is_email_confirmed: bool,
}

/// Who is signed in
#[utoipa::path(get, path = "/api/user", tag = "chat", security(("access" = [])),
    responses((status = 200, body = ChatUser)))]
#[get("/api/user")]
fn user(by: web::Result<Bearer>) -> Answer<ChatUser> {
    let user = by?.0.user;
    Ok(Reply::ok(ChatUser {
        id: user.id.0,
        is_email_confirmed: user.email_confirmed_at.is_some(),
        email: user.email,
    }))
}
