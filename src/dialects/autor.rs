//! `autor`: both tokens are JWTs in bodies, and a refresh token works once, after its access token has
//! expired.
use super::shared::{
    Answer, Credentials, Pair, Pending, RegisterReply, Sent, refresh_token, sign_up,
};
use crate::{
    flows::{
        Auth, Error, Login, NewAccount, Tokens,
        surface::{Envelope, Rotation, Surface},
    },
    web::{
        reply::{json::Reply, problem::Problem},
        request::caller::Client,
    },
};
use rocket::{Route, State, post, routes};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

const SURFACE: Surface = Surface {
    client: "autor",
    envelope: Envelope::Jwt,
    rotation: Rotation::Strict,
    superusers: true,
    legacy: true,
};

pub fn routes() -> Vec<Route> {
    routes![create, token, verify, refresh]
}

#[derive(OpenApi)]
#[openapi(paths(create, token, verify, refresh))]
pub struct Docs;

#[derive(Serialize, ToSchema)]
pub struct Author {
    id: i64,
    login: String,
    email: String,
}

#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "for the documentation")]
pub struct NewAuthor {
    login: String,
    password: String,
    email: String,
}

/// Registers a user
#[utoipa::path(post, path = "/v1/creat_autor", tag = "autor", request_body = NewAuthor,
    responses((status = 201, body = Author), (status = 202, body = Pending)))]
#[post("/v1/creat_autor", data = "<body>")]
async fn create(auth: &State<Auth>, client: Client<'_>, body: Sent) -> RegisterReply<Author> {
    let body = body?;
    let new = body.look(|f| NewAccount {
        email: f.text("email"),
        password: f.text("password"),
        username: Some(f.text("login")),
        first_name: None,
        invite: None,
    });
    let author = sign_up(auth, &client, new, |user| Author {
        id: user.id.0,
        login: user.username.unwrap_or_default(),
        email: user.email,
    });
    author.await.map_err(|problem| problem.renaming("username", "login"))
}

/// Opens a session
#[utoipa::path(post, path = "/token", tag = "autor", request_body = Credentials,
    responses((status = 200, body = Pair)))]
#[post("/token", data = "<body>")]
async fn token(auth: &State<Auth>, client: Client<'_>, body: Sent) -> Answer<Pair> {
    let body = body?;
    let (email, password) = body.read(|f| (f.text("email"), f.text("password")))?;
    pair(auth.log_in(&client, &SURFACE, Login::Email(email), password, true).await?)
}

#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "for the documentation")]
pub struct AnyToken {
    token: String,
}

/// An empty object.
#[derive(Serialize, ToSchema)]
pub struct Nothing {}

/// Says whether a token, access or refresh, is valid
#[utoipa::path(post, path = "/token/verify", tag = "autor", request_body = AnyToken,
    responses((status = 200, body = Nothing)))]
#[post("/token/verify", data = "<body>")]
async fn verify(auth: &State<Auth>, client: Client<'_>, body: Sent) -> Answer<Nothing> {
    let body = body?;
    let token = body.read(|f| f.text("token"))?;
    match auth.verify_access(token) {
        Err(Error::TokenNotValid) => {
            drop(auth.signed_in_by_refresh(&client, SURFACE.rotation, token).await?);
        }
        other => drop(other?),
    }
    Ok(Reply::ok(Nothing {}))
}

#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "for the documentation")]
pub struct Refresh {
    refresh: String,
}

/// Gives new tokens, once, after the access token has expired
#[utoipa::path(post, path = "/token/refresh", tag = "autor", request_body = Refresh,
    responses((status = 200, body = Pair)))]
#[post("/token/refresh", data = "<body>")]
async fn refresh(auth: &State<Auth>, client: Client<'_>, body: Sent) -> Answer<Pair> {
    let body = body?;
    let token = body.read(|f| f.text("refresh"))?;
    pair(auth.refresh(&client, &SURFACE, token).await?)
}

fn pair(mut tokens: Tokens) -> Result<Reply<Pair>, Problem> {
    let refresh = refresh_token(&mut tokens)?;
    Ok(Reply::ok(Pair { refresh, access: tokens.access }))
}
