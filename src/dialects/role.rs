//! `role`: tells the role at login, and keeps superusers out.
use super::words::{Answer, Credentials, Sent, refresh_token};
use crate::{
    flows::{
        Auth, Error, Login,
        policy::{Envelope, Policy, Rotation},
    },
    web::{
        client::Client,
        guards::{Bearer, BearerText},
        problem::Problem,
        reply::Reply,
    },
};
use rocket::{Route, State, get, http::Status, post, routes};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

const POLICY: Policy = Policy {
    client: "role",
    envelope: Envelope::Jwt,
    rotation: Rotation::Grace,
    superusers: false,
    legacy: true,
};

pub fn routes() -> Vec<Route> {
    routes![login, refresh, test, secure_test, test_role]
}

#[derive(OpenApi)]
#[openapi(paths(login, refresh, test, secure_test, test_role))]
pub struct Docs;

#[derive(Serialize, ToSchema)]
pub struct RolePair {
    access_token: String,
    refresh_token: String,
    role: String,
}

/// Opens a session
#[utoipa::path(post, path = "/u/api/login", tag = "role", request_body = Credentials,
    responses((status = 200, body = RolePair)))]
#[post("/u/api/login", data = "<body>")]
async fn login(auth: &State<Auth>, client: Client<'_>, body: Sent) -> Answer<RolePair> {
    let body = body?;
    let (email, password) = body.read(|f| (f.text("email"), f.text("password")))?;
    let mut tokens = auth.sign_in(&client, &POLICY, Login::Email(email), password, true).await?;
    Ok(Reply::ok(RolePair {
        refresh_token: refresh_token(&mut tokens)?,
        role: tokens.user.roles.main().to_owned(),
        access_token: tokens.access,
    }))
}

#[derive(Serialize, ToSchema)]
pub struct NewTokens {
    detail: &'static str,
    access_token: String,
    refresh_token: String,
}

#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "for the documentation")]
pub struct RoleRefresh {
    refresh_token: Option<String>,
}

/// Gives new tokens for a refresh token in the body or as bearer
#[utoipa::path(post, path = "/u/api/refresh", tag = "role", request_body = RoleRefresh,
    security((), ("access" = [])),
    responses((status = 200, body = NewTokens)))]
#[post("/u/api/refresh", data = "<body>")]
async fn refresh(
    auth: &State<Auth>,
    client: Client<'_>,
    bearer: Result<BearerText<'_>, Error>,
    body: Sent,
) -> Answer<NewTokens> {
    let body = body?;
    let token = match bearer {
        Ok(token) => token.0,
        Err(Error::Unauthenticated) => body.read(|f| f.text("refresh_token"))?,
        Err(e) => return Err(Problem::from(e).with_status(Status::BadRequest)),
    };
    let mut tokens = auth.refresh(&client, &POLICY, token).await.map_err(|e| match e {
        e @ (Error::TokenNotValid | Error::TokenSuperseded) => {
            Problem::from(e).with_status(Status::BadRequest)
        }
        e => e.into(),
    })?;
    Ok(Reply::ok(NewTokens {
        detail: "New tokens have been sent",
        refresh_token: refresh_token(&mut tokens)?,
        access_token: tokens.access,
    }))
}

#[derive(Serialize, ToSchema)]
pub struct Message {
    message: String,
}

/// Answers anybody
#[utoipa::path(get, path = "/u/api/test", tag = "role",
    responses((status = 200, body = Message)))]
#[get("/u/api/test")]
fn test() -> Reply<Message> {
    Reply::ok(Message { message: "Successful test".to_owned() })
}

/// Answers whoever is signed in
#[utoipa::path(get, path = "/u/api/secure_test", tag = "role", security(("access" = [])),
    responses((status = 200, body = Message)))]
#[get("/u/api/secure_test")]
fn secure_test(by: Result<Bearer, Error>) -> Answer<Message> {
    by?;
    Ok(Reply::ok(Message { message: "Successful secure test".to_owned() }))
}

/// Answers whoever has the role `ADMIN`
#[utoipa::path(get, path = "/u/api/test_role", tag = "role", security(("access" = [])),
    responses((status = 200, body = Message)))]
#[get("/u/api/test_role")]
fn test_role(by: Result<Bearer, Error>) -> Answer<Message> {
    let user = by?.0.user;
    if !user.has_role("ADMIN") {
        return Err(Error::Forbidden.into());
    }
    let (name, role) = (&user.first_name, user.roles.main());
    let message = format!("Hello, {name}! Your role: {role} This was a test.");
    Ok(Reply::ok(Message { message }))
}
