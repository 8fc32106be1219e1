//! `cookie`: the access token in body and header, the refresh token in the cookie only. Where the
//! original gave tokens for a bare id, this asks for proof. A superuser gets no cookie of somebody else.
use super::shared::{Answer, Sent};
use crate::{
    flows::{
        Auth, Error, Login, Tokens, UserId,
        surface::{Envelope, Rotation, Surface},
    },
    web::{
        self,
        guards::{CookieToken, NotForeign, SignedIn},
        reply::{json::Reply, problem::Problem},
        request::caller::Client,
    },
};
use rocket::{Route, State, post, routes};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

const SURFACE: Surface = Surface {
    client: "cookie",
    envelope: Envelope::Uuid,
    rotation: Rotation::Keep,
    superusers: true,
    legacy: true,
};

pub fn routes() -> Vec<Route> {
    routes![tokens, refresh_access, refresh_all]
}

#[derive(OpenApi)]
#[openapi(paths(tokens, refresh_access, refresh_all))]
pub struct Docs;

#[derive(Serialize, ToSchema)]
pub struct Access {
    token: String,
}

fn carry(auth: &Auth, tokens: Tokens) -> Reply<Access> {
    Reply::bare().carrying(auth, &tokens).body(Access { token: tokens.access })
}

/// The id of the user who is signed in, or an id or an address with its password.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"email": "ann@example.com", "password": "correct horse battery staple"}))]
#[expect(dead_code, reason = "for the documentation")]
pub struct TokensBody {
    id: Option<i64>,
    email: Option<String>,
    password: Option<String>,
}

/// Opens a session by password, or for a user that is signed in; gives a superuser access to anybody
#[utoipa::path(post, path = "/api/tokens", tag = "cookie", request_body = TokensBody,
    security((), ("access" = []), ("cookie" = [])),
    responses((status = 200, body = Access)))]
#[post("/api/tokens", data = "<body>")]
async fn tokens(
    auth: &State<Auth>,
    client: Client<'_>,
    ours: web::Result<NotForeign>,
    by: web::Result<SignedIn>,
    body: Sent,
) -> Answer<Access> {
    ours?;
    let body = body?;
    let (id, email, password) = body.read(|f| {
        let email = f.optional("email");
        let id = if email.is_some() { f.optional_integer("id") } else { Some(f.integer("id")) };
        (id.map(UserId), email, f.optional("password"))
    })?;
    let tokens = match (id, email, password) {
        (_, Some(email), Some(password)) => {
            auth.log_in(&client, &SURFACE, Login::Email(email), password, true).await?
        }
        (Some(id), None, Some(password)) => {
            auth.log_in(&client, &SURFACE, Login::Id(id), password, true).await?
        }
        (Some(id), None, None) => {
            auth.tokens_for(&client, &SURFACE, &by?.0, id).await.map_err(|e| match e {
                Error::Forbidden => web::Error::Unauthenticated,
                e => e.into(),
            })?
        }
        _ => return Err(web::Error::Unauthenticated.into()),
    };
    Ok(carry(auth, tokens))
}

/// Gives a new access token; the cookie stays, unless the session is of a surface that replaces it
#[utoipa::path(post, path = "/api/refresh_access", tag = "cookie", security(("cookie" = [])),
    responses((status = 200, body = Access)))]
#[post("/api/refresh_access")]
async fn refresh_access(
    auth: &State<Auth>,
    client: Client<'_>,
    token: web::Result<CookieToken<'_>>,
) -> Answer<Access> {
    Ok(carry(auth, auth.refresh(&client, &SURFACE, token?.0).await?))
}

#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "for the documentation")]
pub struct RefreshAll {
    id: i64,
}

/// Gives a new access token and a new cookie; the session's older refresh tokens are dead at once
#[utoipa::path(post, path = "/api/refresh_all", tag = "cookie", request_body = RefreshAll,
    security(("access" = []), ("cookie" = [])),
    responses((status = 200, body = Access)))]
#[post("/api/refresh_all", data = "<body>")]
async fn refresh_all(
    auth: &State<Auth>,
    client: Client<'_>,
    by: web::Result<SignedIn>,
    body: Sent,
) -> Result<Reply<Access>, Problem> {
    let (by, body) = (by?.0, body?);
    let id = UserId(body.read(|f| f.integer("id"))?);
    Ok(carry(auth, auth.rotate_all(&client, &SURFACE, &by, id).await?))
}
