//! `simple`: the refresh token is a bare UUID in bodies.
use super::shared::{Answer, Credentials, Json, refresh_token};
use crate::{
    flows::{
        ProfileChange, Tokens, User,
        surface::{Envelope, Rotation, Surface},
    },
    web::{self, Bearer, Client, Endpoints, Problem, Reply, endpoints, request_body},
};
use rocket::{get, post, put};
use serde::Serialize;
use utoipa::ToSchema;

const SURFACE: Surface = Surface::dialect("simple", Envelope::Uuid, Rotation::Grace);

/// The operations of this dialect, without the registration.
pub fn endpoints() -> Endpoints {
    endpoints!["simple", login, refresh, logout, me, rename]
}

#[derive(Serialize, ToSchema)]
pub struct SimplePair {
    access_token: String,
    refresh_token: String,
}

fn pair(mut tokens: Tokens) -> Result<Reply<SimplePair>, Problem> {
    let refresh_token = refresh_token(&mut tokens)?;
    Ok(Reply::ok(SimplePair { access_token: tokens.access, refresh_token }))
}

/// Logs in and opens a session
#[utoipa::path(responses((status = 200, body = SimplePair), (status = 429)))]
#[post("/api/login", data = "<body>")]
async fn login(client: Client<'_>, body: Json<Credentials>) -> Answer<SimplePair> {
    let body = body.valid()?;
    pair(client.auth.log_in(&client, &SURFACE, body.login()).await?)
}

request_body! {
    pub struct SimpleRefresh {
        refresh_token: String,
    }
}

/// Issues new tokens
#[utoipa::path(responses((status = 200, body = SimplePair), (status = 429)))]
#[post("/api/refresh", data = "<body>")]
async fn refresh(client: Client<'_>, body: Json<SimpleRefresh>) -> Answer<SimplePair> {
    let body = body.valid()?;
    pair(client.auth.refresh(&client, &SURFACE, &body.refresh_token).await?)
}

#[derive(Serialize, ToSchema)]
pub struct Success {
    success: &'static str,
}

/// Ends the session of a refresh token
#[utoipa::path(responses((status = 200, body = Success), (status = 429)))]
#[post("/api/logout", data = "<body>")]
async fn logout(client: Client<'_>, body: Json<SimpleRefresh>) -> Answer<Success> {
    let body = body.valid()?;
    client.auth.log_out_by_refresh_token(&client, &body.refresh_token).await?;
    Ok(Reply::ok(Success { success: "User logged out." }))
}

#[derive(Serialize, ToSchema)]
pub struct Me {
    id: i64,
    /// Empty if the user has none.
    username: String,
    email: String,
}

impl From<User> for Me {
    fn from(user: User) -> Self {
        Self { id: user.id.0, username: user.username.unwrap_or_default(), email: user.email }
    }
}

/// Returns the current user
#[utoipa::path(security(("access" = [])), responses((status = 200, body = Me)))]
#[get("/api/me")]
fn me(by: web::Result<Bearer>) -> Answer<Me> {
    Ok(Reply::ok(by?.0.user.into()))
}

request_body! {
    pub struct Rename {
        username: String,
    }
}

/// Changes the username
#[utoipa::path(security(("access" = [])), responses((status = 200, body = Me)))]
#[put("/api/me", data = "<body>")]
async fn rename(client: Client<'_>, by: web::Result<Bearer>, body: Json<Rename>) -> Answer<Me> {
    let (by, body) = (by?.0, body.valid()?);
    let username = Some(Some(body.username.as_str()));
    let change = ProfileChange { username, ..ProfileChange::default() };
    Ok(Reply::ok(client.auth.change_profile(&client, &by, change).await?.into()))
}
