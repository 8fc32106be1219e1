//! Login, refresh, logout, the list of sessions, and what proxies ask.
use super::{
    POLICY,
    user::{SessionView, TokenView},
};
use crate::{
    flows::{Auth, Error, Lacking, Login, SessionId},
    web::{
        body::JsonBody,
        client::Client,
        guards::{CookieToken, NotForeign, SignedIn, Verified},
        problem::Problem,
        reply::Reply,
    },
};
use rocket::{State, delete, get, post};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

type Answer<T> = Result<Reply<T>, Problem>;
type Signed = Result<SignedIn, Error>;

/// One of `email`, `username` and `login`, and the password.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"email": "ann@example.com", "password": "correct horse battery staple"}))]
#[expect(dead_code, reason = "for the documentation")]
pub struct Credentials {
    email: Option<String>,
    username: Option<String>,
    /// An address or a username.
    login: Option<String>,
    password: String,
    /// Whether the cookie outlives the browser; true by default.
    remember: Option<bool>,
    code: Option<String>,
}

/// Opens a session
#[utoipa::path(post, path = "/auth/login", tag = "sessions", request_body = Credentials,
    responses((status = 200, body = TokenView)))]
#[post("/auth/login", data = "<body>")]
pub async fn login(
    auth: &State<Auth>,
    client: Client<'_>,
    ours: Result<NotForeign, Error>,
    body: Result<JsonBody, Error>,
) -> Answer<TokenView> {
    ours?;
    let body = body?;
    let (login, password, remember) = body.read(|f| {
        let login = match (f.optional("email"), f.optional("username"), f.optional("login")) {
            (None, Some(username), None) => Login::Username(username),
            (None, None, Some(either)) => Login::Either(either),
            (Some(email), None, None) => Login::Email(email),
            _ => {
                f.wrong("email", Lacking::Missing);
                Login::Email("")
            }
        };
        (login, f.text("password"), f.flag("remember", true))
    })?;
    let tokens = auth.sign_in(&client, &POLICY, login, password, remember).await?;
    Ok(carry(auth, tokens))
}

/// Gives new tokens for the cookie
#[utoipa::path(post, path = "/auth/refresh", tag = "sessions", security(("cookie" = [])),
    responses((status = 200, body = TokenView)))]
#[post("/auth/refresh")]
pub async fn refresh(
    auth: &State<Auth>,
    client: Client<'_>,
    token: Result<CookieToken<'_>, Error>,
) -> Answer<TokenView> {
    Ok(carry(auth, auth.refresh(&client, &POLICY, token?.0).await?))
}

fn carry(auth: &Auth, tokens: crate::flows::Tokens) -> Reply<TokenView> {
    Reply::bare().carrying(auth, &tokens).body(tokens.into())
}

/// Ends the session and clears the cookie
#[utoipa::path(post, path = "/auth/logout", tag = "sessions",
    security(("access" = []), ("cookie" = [])),
    responses((status = 204)))]
#[post("/auth/logout")]
pub async fn logout(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Signed,
    cookie: Result<CookieToken<'_>, Error>,
) -> Answer<()> {
    match (by, cookie) {
        (Ok(by), _) => auth.sign_out(&client, &by.0).await?,
        // Whoever logs out of a session that is gone has got what they want.
        (Err(Error::TokenNotValid), Ok(cookie)) => {
            match auth.sign_out_by_refresh(&client, cookie.0).await {
                Ok(()) | Err(Error::TokenNotValid) => {}
                Err(e) => return Err(e.into()),
            }
        }
        (Err(e), _) => return Err(e.into()),
    }
    Ok(Reply::empty().forgetting(auth))
}

/// Ends every session of the user
#[utoipa::path(post, path = "/auth/logout-all", tag = "sessions",
    security(("access" = []), ("cookie" = [])),
    responses((status = 204)))]
#[post("/auth/logout-all")]
pub async fn logout_all(auth: &State<Auth>, client: Client<'_>, by: Signed) -> Answer<()> {
    auth.sign_out_everywhere(&client, &by?.0).await?;
    Ok(Reply::empty().forgetting(auth))
}

/// The user's living sessions, the last used first
#[utoipa::path(get, path = "/auth/sessions", tag = "sessions",
    security(("access" = []), ("cookie" = [])),
    responses((status = 200, body = Vec<SessionView>)))]
#[get("/auth/sessions")]
pub async fn list(auth: &State<Auth>, by: Signed) -> Answer<Vec<SessionView>> {
    let by = by?.0;
    let all = auth.sessions(&by).await?;
    Ok(Reply::ok(all.into_iter().map(|s| SessionView::new(s, by.session.id)).collect()))
}

/// Ends one of the user's sessions
#[utoipa::path(delete, path = "/auth/sessions/{id}", tag = "sessions",
    params(("id" = Uuid, Path)), security(("access" = []), ("cookie" = [])),
    responses((status = 204)))]
#[delete("/auth/sessions/<id>")]
pub async fn end(auth: &State<Auth>, client: Client<'_>, by: Signed, id: &str) -> Answer<()> {
    let by = by?.0;
    let id = Uuid::try_parse(id).map_err(|_| Error::NotFound)?;
    auth.end_session(&client, &by, SessionId(id)).await?;
    Ok(Reply::empty())
}

/// Whether a request may pass, for nginx `auth_request`, Traefik and Caddy. With an access token no
/// database is asked
#[utoipa::path(get, path = "/auth/verify", tag = "sessions",
    params(("role" = Option<String>, Query, description = "A role that is demanded")),
    security(("access" = []), ("cookie" = [])),
    responses((status = 200, headers(("X-Auth-User-Id"), ("X-Auth-Username"), ("X-Auth-Email"),
            ("X-Auth-Roles")))))]
#[get("/auth/verify?<role>")]
pub async fn verify(
    auth: &State<Auth>,
    token: Result<Verified, Error>,
    cookie: Result<CookieToken<'_>, Error>,
    role: Option<&str>,
) -> Answer<()> {
    let (id, username, email, roles, passes) = match (token, cookie) {
        (Ok(Verified(c)), _) => {
            let passes = role.is_none_or(|role| c.has_role(role));
            (c.user_id, c.username, c.email, c.roles, passes)
        }
        (Err(Error::Unauthenticated), Ok(cookie)) => {
            let user = auth.signed_in_by_refresh(cookie.0).await?.user;
            let passes = role.is_none_or(|role| user.has_role(role));
            (user.id.0, user.username.unwrap_or_default(), user.email, user.roles.0, passes)
        }
        (Err(e), _) => return Err(e.into()),
    };
    if !passes {
        return Err(Error::Forbidden.into());
    }
    // Header values are ASCII: a name of another script is percent-encoded (RFC 8187).
    let ascii =
        |s: &str| percent_encoding::utf8_percent_encode(s, percent_encoding::CONTROLS).to_string();
    Ok(Reply::bare()
        .header("X-Auth-User-Id", id.to_string())
        .header("X-Auth-Username", ascii(&username))
        .header("X-Auth-Email", ascii(&email))
        .header("X-Auth-Roles", roles.join(",")))
}
