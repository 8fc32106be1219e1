//! `cookie`: the access token is in body and header, the refresh token in the cookie only. The original gave
//! tokens for a bare id; this dialect asks for proof. A superuser gets no cookie of another user.
use super::shared::{Answer, Json};
use crate::{
    field_error::FieldError,
    flows::{
        Auth, Error, Login, LoginRequest, Tokens, UserId,
        surface::{Envelope, Rotation, Surface},
    },
    web::{
        self, Client, CookieToken, Endpoints, NotForeign, Reply, SignedIn, endpoints,
        request::fields::ok_if_valid, request_body,
    },
};
use rocket::post;
use serde::Serialize;
use utoipa::ToSchema;

const SURFACE: Surface = Surface::dialect("cookie", Envelope::Uuid, Rotation::Keep);

/// The operations of this dialect.
pub fn endpoints() -> Endpoints {
    endpoints!["cookie", tokens, refresh_access, refresh_all]
}

#[derive(Serialize, ToSchema)]
pub struct Access {
    token: String,
}

fn token_reply(auth: &Auth, tokens: Tokens) -> Reply<Access> {
    Reply::bare().with_tokens(auth, &tokens).body(Access { token: tokens.access })
}

request_body! {
    /// The id of the current user, or the id or the address of a user with their password.
    #[schema(example = json!({"email": "ann@example.com", "password": "correct horse battery staple"}))]
    pub struct TokensBody {
        email: Option<String>,
        id: Option<i64>,
        password: Option<String>,
        /// The code of a second factor, if the account has one: of the authenticator app, or a recovery code.
        code: Option<String>,
    }
}

/// Opens a session with a password, or for the current user. A superuser gets an access token for any user
#[utoipa::path(
    security((), ("access" = []), ("cookie" = [])), responses((status = 200, body = Access), (status = 429))
)]
#[post("/api/tokens", data = "<body>")]
async fn tokens(
    client: Client<'_>,
    ours: web::Result<NotForeign>,
    by: web::Result<SignedIn>,
    body: Json<TokensBody>,
) -> Answer<Access> {
    ours?;
    let (body, mut wrong) = body.lenient()?;
    if body.email.is_none() && body.id.is_none() && wrong.iter().all(|(field, _)| *field != "id") {
        // Errors are reported in the order of the fields.
        let at = wrong.iter().take_while(|(field, _)| *field == "email").count();
        wrong.insert(at, ("id", FieldError::Missing));
    }
    ok_if_valid((), wrong)?;
    let log_in = async |login, password| {
        let code = body.code.as_deref();
        let request = LoginRequest { code, ..LoginRequest::new(login, password) };
        client.auth.log_in(&client, &SURFACE, request).await
    };
    let tokens = match (body.id.map(UserId), &body.email, &body.password) {
        (_, Some(email), Some(password)) => log_in(Login::Email(email), password).await?,
        (Some(id), None, Some(password)) => log_in(Login::Id(id), password).await?,
        (Some(id), None, None) => {
            client.auth.tokens_for(&client, &SURFACE, &by?.0, id).await.map_err(|e| match e {
                Error::Forbidden => web::Error::Unauthenticated,
                e => e.into(),
            })?
        }
        _ => return Err(web::Error::Unauthenticated.into()),
    };
    Ok(token_reply(client.auth, tokens))
}

/// Issues a new access token. The cookie stays, unless the surface that opened the session replaces it
#[utoipa::path(security(("cookie" = [])), responses((status = 200, body = Access), (status = 429)))]
#[post("/api/refresh_access")]
async fn refresh_access(client: Client<'_>, token: web::Result<CookieToken<'_>>) -> Answer<Access> {
    Ok(token_reply(client.auth, client.auth.refresh(&client, &SURFACE, token?.0).await?))
}

request_body! {
    pub struct RefreshAll {
        id: i64,
    }
}

/// Issues a new access token and a new cookie. Older refresh tokens of the session become invalid at once
#[utoipa::path(
    security(("access" = []), ("cookie" = [])), responses((status = 200, body = Access), (status = 429))
)]
#[post("/api/refresh_all", data = "<body>")]
async fn refresh_all(
    client: Client<'_>,
    by: web::Result<SignedIn>,
    body: Json<RefreshAll>,
) -> Answer<Access> {
    let (by, body) = (by?.0, body.valid()?);
    let tokens = client.auth.rotate_all(&client, &SURFACE, &by, UserId(body.id)).await?;
    Ok(token_reply(client.auth, tokens))
}
