//! `autor`: both tokens are JWTs in bodies, and a refresh token works once, after its access token has
//! expired.
use super::shared::{Answer, Credentials, Json, Pair, Pending, RegisterReply, pair, sign_up};
use crate::{
    flows::{
        Error, NewAccount,
        surface::{Envelope, Rotation, Surface},
    },
    web::{Client, Endpoints, Reply, endpoints, request_body},
};
use rocket::post;
use serde::Serialize;
use utoipa::ToSchema;

const SURFACE: Surface = Surface::dialect("autor", Envelope::Jwt, Rotation::Strict);

/// The operations of this dialect.
pub fn endpoints() -> Endpoints {
    endpoints!["autor", create, token, verify, refresh]
}

#[derive(Serialize, ToSchema)]
pub struct Author {
    id: i64,
    login: String,
    email: String,
}

request_body! {
    pub struct NewAuthor {
        email: String,
        password: String,
        login: String,
    }
}

/// Registers a user
#[utoipa::path(responses((status = 201, body = Author), (status = 202, body = Pending), (status = 429)))]
#[post("/v1/creat_autor", data = "<body>")]
async fn create(client: Client<'_>, body: Json<NewAuthor>) -> RegisterReply<Author> {
    let (body, wrong) = body.lenient()?;
    let new = NewAccount {
        email: &body.email,
        password: &body.password,
        username: Some(&body.login),
        first_name: None,
        invite: None,
    };
    let author = sign_up(client, new, wrong, |user| Author {
        id: user.id.0,
        login: user.username.unwrap_or_default(),
        email: user.email,
    });
    author.await.map_err(|problem| problem.renaming("username", "login"))
}

/// Logs in and opens a session
#[utoipa::path(responses((status = 200, body = Pair), (status = 429)))]
#[post("/token", data = "<body>")]
async fn token(client: Client<'_>, body: Json<Credentials>) -> Answer<Pair> {
    let body = body.valid()?;
    pair(client.auth.log_in(&client, &SURFACE, body.login()).await?)
}

request_body! {
    pub struct AnyToken {
        token: String,
    }
}

/// An empty object.
#[derive(Serialize, ToSchema)]
pub struct Nothing {}

/// Checks an access token or a refresh token
#[utoipa::path(responses((status = 200, body = Nothing), (status = 429)))]
#[post("/token/verify", data = "<body>")]
async fn verify(client: Client<'_>, body: Json<AnyToken>) -> Answer<Nothing> {
    let token = body.valid()?.token;
    match client.auth.verify_access(&token) {
        Err(Error::TokenNotValid) => {
            drop(client.auth.signed_in_by_refresh(&client, SURFACE.rotation, &token).await?);
        }
        other => drop(other?),
    }
    Ok(Reply::ok(Nothing {}))
}

request_body! {
    pub struct Refresh {
        refresh: String,
    }
}

/// Issues new tokens, once, after the access token has expired
#[utoipa::path(responses((status = 200, body = Pair), (status = 429)))]
#[post("/token/refresh", data = "<body>")]
async fn refresh(client: Client<'_>, body: Json<Refresh>) -> Answer<Pair> {
    let body = body.valid()?;
    pair(client.auth.refresh(&client, &SURFACE, &body.refresh).await?)
}
