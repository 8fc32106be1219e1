//! `simple`: the refresh token is a bare UUID in bodies.
use super::shared::{self, Answer, Credentials, Sent, refresh_token};
use crate::{
    flows::{
        Auth, Login, ProfileChange, Tokens, User,
        surface::{Envelope, Rotation, Surface},
    },
    web::{
        self,
        guards::Bearer,
        reply::{json::Reply, problem::Problem},
        request::caller::Client,
    },
};
use rocket::{Route, State, get, post, put, routes};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

const SURFACE: Surface = Surface {
    client: "simple",
    envelope: Envelope::Uuid,
    rotation: Rotation::Grace,
    superusers: true,
    legacy: true,
};

pub fn routes() -> Vec<Route> {
    routes![login, refresh, logout, me, rename]
}

#[derive(OpenApi)]
#[openapi(paths(shared::register, login, refresh, logout, me, rename))]
pub struct Docs;

#[derive(Serialize, ToSchema)]
pub struct SimplePair {
    access_token: String,
    refresh_token: String,
}

fn pair(mut tokens: Tokens) -> Result<Reply<SimplePair>, Problem> {
    let refresh_token = refresh_token(&mut tokens)?;
    Ok(Reply::ok(SimplePair { access_token: tokens.access, refresh_token }))
}

/// Opens a session
#[utoipa::path(post, path = "/api/login", tag = "simple", request_body = Credentials,
    responses((status = 200, body = SimplePair)))]
#[post("/api/login", data = "<body>")]
async fn login(auth: &State<Auth>, client: Client<'_>, body: Sent) -> Answer<SimplePair> {
    let body = body?;
    let (email, password) = body.read(|f| (f.text("email"), f.text("password")))?;
    pair(auth.log_in(&client, &SURFACE, Login::Email(email), password, true).await?)
}

#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "for the documentation")]
pub struct SimpleRefresh {
    refresh_token: String,
}

/// Gives new tokens
#[utoipa::path(post, path = "/api/refresh", tag = "simple", request_body = SimpleRefresh,
    responses((status = 200, body = SimplePair)))]
#[post("/api/refresh", data = "<body>")]
async fn refresh(auth: &State<Auth>, client: Client<'_>, body: Sent) -> Answer<SimplePair> {
    let body = body?;
    let token = body.read(|f| f.text("refresh_token"))?;
    pair(auth.refresh(&client, &SURFACE, token).await?)
}

#[derive(Serialize, ToSchema)]
pub struct Success {
    success: &'static str,
}

/// Ends the session of a refresh token
#[utoipa::path(post, path = "/api/logout", tag = "simple", request_body = SimpleRefresh,
    responses((status = 200, body = Success)))]
#[post("/api/logout", data = "<body>")]
async fn logout(auth: &State<Auth>, client: Client<'_>, body: Sent) -> Answer<Success> {
    let body = body?;
    auth.log_out_by_refresh_token(&client, body.read(|f| f.text("refresh_token"))?).await?;
    Ok(Reply::ok(Success { success: "User logged out." }))
}

#[derive(Serialize, ToSchema)]
pub struct Me {
    id: i64,
    /// Empty if there is none.
    username: String,
    email: String,
}

impl From<User> for Me {
    fn from(user: User) -> Self {
        Self { id: user.id.0, username: user.username.unwrap_or_default(), email: user.email }
    }
}

/// Who is signed in
#[utoipa::path(get, path = "/api/me", tag = "simple", security(("access" = [])),
    responses((status = 200, body = Me)))]
#[get("/api/me")]
fn me(by: web::Result<Bearer>) -> Answer<Me> {
    Ok(Reply::ok(by?.0.user.into()))
}

#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "for the documentation")]
pub struct Rename {
    username: String,
}

/// Changes the username
#[utoipa::path(put, path = "/api/me", tag = "simple", request_body = Rename,
    security(("access" = [])),
    responses((status = 200, body = Me)))]
#[put("/api/me", data = "<body>")]
async fn rename(
    auth: &State<Auth>,
    client: Client<'_>,
    by: web::Result<Bearer>,
    body: Sent,
) -> Answer<Me> {
    let (by, body) = (by?.0, body?);
    let username = Some(Some(body.read(|f| f.text("username"))?));
    let change = ProfileChange { username, ..ProfileChange::default() };
    Ok(Reply::ok(auth.change_profile(&client, &by, change).await?.into()))
}
