//! `role`: the reply to a login contains the role, and superusers are refused.
use super::shared::{Answer, Credentials, Json, refresh_token};
use crate::{
    field_error::FieldError,
    flows::{
        Error, User,
        surface::{Envelope, Rotation, Surface},
    },
    web::{self, Bearer, BearerText, Client, Endpoints, Problem, Reply, endpoints, request_body},
};
use rocket::{get, http::Status, post};
use serde::Serialize;
use utoipa::ToSchema;

const SURFACE: Surface =
    Surface { superusers: false, ..Surface::dialect("role", Envelope::Jwt, Rotation::Grace) };

/// The operations of this dialect.
pub fn endpoints() -> Endpoints {
    endpoints!["role", login, refresh, test, secure_test, test_role]
}

#[derive(Serialize, ToSchema)]
pub struct RolePair {
    access_token: String,
    refresh_token: String,
    role: String,
}

/// Logs in and opens a session
#[utoipa::path(responses((status = 200, body = RolePair), (status = 429)))]
#[post("/u/api/login", data = "<body>")]
async fn login(client: Client<'_>, body: Json<Credentials>) -> Answer<RolePair> {
    let body = body.valid()?;
    let mut tokens = client.auth.log_in(&client, &SURFACE, body.login()).await?;
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

request_body! {
    pub struct RoleRefresh {
        refresh_token: Option<String>,
    }
}

/// Issues new tokens for a refresh token in the body or in the header `Authorization`
#[utoipa::path(security((), ("access" = [])), responses((status = 200, body = NewTokens), (status = 429)))]
#[post("/u/api/refresh", data = "<body>")]
async fn refresh(
    client: Client<'_>,
    bearer: web::Result<BearerText<'_>>,
    body: Json<RoleRefresh>,
) -> Answer<NewTokens> {
    let body = body.valid()?;
    let sent = body.refresh_token.as_deref().filter(|token| !token.is_empty());
    // The token in the body comes first: a client may send its access token with every request.
    let token = match (bearer, sent) {
        (Err(e @ web::Error::Malformed), _) => return Err(e.into()),
        (_, Some(token)) => token,
        (Ok(token), None) => token.0,
        (Err(web::Error::Unauthenticated), None) => {
            return Err(Error::field("refresh_token", FieldError::Missing).into());
        }
        (Err(e), None) => return Err(Problem::from(e).with_status(Status::BadRequest)),
    };
    let mut tokens = client.auth.refresh(&client, &SURFACE, token).await.map_err(|e| match e {
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

/// Answers everyone
#[utoipa::path(responses((status = 200, body = Message)))]
#[get("/u/api/test")]
fn test() -> Reply<Message> {
    Reply::ok(Message { message: "Successful test".to_owned() })
}

/// Answers logged-in users
#[utoipa::path(security(("access" = [])), responses((status = 200, body = Message)))]
#[get("/u/api/secure_test")]
fn secure_test(by: web::Result<Bearer>) -> Answer<Message> {
    by?;
    Ok(Reply::ok(Message { message: "Successful secure test".to_owned() }))
}

/// Answers users with the role `ADMIN`
#[utoipa::path(security(("access" = [])), responses((status = 200, body = Message)))]
#[get("/u/api/test_role")]
fn test_role(by: web::Result<Bearer>) -> Answer<Message> {
    let user = by?.0.user;
    // A superuser passes every check of a role, so the reply names `ADMIN` for them too.
    if !user.has_role("ADMIN") {
        return Err(Error::Forbidden.into());
    }
    let name = name(&user);
    Ok(Reply::ok(Message { message: format!("Hello, {name}! Your role: ADMIN This was a test.") }))
}

/// The name for a greeting: the first name, else the username, else the email address up to the `@`.
fn name(user: &User) -> &str {
    let username = user.username.as_deref().unwrap_or_default();
    let local = user.email.split('@').next().unwrap_or_default();
    [user.first_name.as_str(), username, local]
        .into_iter()
        .find(|n| !n.is_empty())
        .unwrap_or("there")
}
