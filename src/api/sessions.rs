//! Login, refresh, logout, the list of sessions, and the check for proxies.
use super::{
    SURFACE,
    views::{SessionView, TokenView},
};
use crate::{
    field_error::FieldError,
    flows::{Auth, Error, Login, SessionId},
    web::{
        self, Client, CookieToken, Endpoints, Json, NotForeign, Problem, Reply, UserContext,
        Verified, endpoints, request::fields::ok_if_valid, request_body,
    },
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use rocket::{State, delete, get, post};

type Answer<T> = Result<Reply<T>, Problem>;
type Signed<'r> = web::Result<UserContext<'r>>;

/// The operations on sessions.
pub fn endpoints() -> Endpoints {
    endpoints!["sessions", login, refresh, logout, logout_all, list, end, verify]
}

request_body! {
    /// The password, and exactly one of `email`, `username` and `login`.
    #[schema(example = json!({"email": "ann@example.com", "password": "correct horse battery staple"}))]
    pub struct Credentials {
        email: Option<String>,
        username: Option<String>,
        /// An address or a username.
        login: Option<String>,
        password: String,
        /// Whether the cookie outlives the browser; true by default.
        remember: Option<bool>,
    }
}

impl Credentials {
    /// The name to log in with; `None` unless there is exactly one. Some programs send unused names as empty
    /// texts.
    fn login(&self) -> Option<Login<'_>> {
        let names = [&self.email, &self.username, &self.login];
        let [email, username, login] =
            names.map(|name| name.as_deref().filter(|name| !name.is_empty()));
        match (email, username, login) {
            (Some(email), None, None) => Some(Login::Email(email)),
            (None, Some(username), None) => Some(Login::Username(username)),
            (None, None, Some(either)) => Some(Login::Either(either)),
            _ => None,
        }
    }
}

/// Logs in and opens a session
#[utoipa::path(security(()), responses((status = 200, body = TokenView), (status = 429)))]
#[post("/auth/login", data = "<body>")]
pub async fn login(
    auth: &State<Auth>,
    client: Client<'_>,
    ours: web::Result<NotForeign>,
    body: Json<Credentials>,
) -> Answer<TokenView> {
    ours?;
    let (body, mut wrong) = body.lenient()?;
    let login = body.login().unwrap_or_else(|| {
        // Errors of the names come before those of the password.
        let is_name = |field| !["password", "remember"].contains(field);
        let at = wrong.iter().take_while(|(field, _)| is_name(field)).count();
        wrong.insert(at, ("email", FieldError::Missing));
        Login::Email("")
    });
    ok_if_valid((), wrong)?;
    let remember = body.remember.unwrap_or(true);
    let tokens = auth.log_in(&client, &SURFACE, login, &body.password, remember).await?;
    Ok(token_reply(auth, tokens))
}

/// Issues new tokens for the refresh token in the cookie
#[utoipa::path(security(("cookie" = [])), responses((status = 200, body = TokenView), (status = 429)))]
#[post("/auth/refresh")]
pub async fn refresh(client: Client<'_>, token: web::Result<CookieToken<'_>>) -> Answer<TokenView> {
    Ok(token_reply(client.auth, client.auth.refresh(&client, &SURFACE, token?.0).await?))
}

/// The reply to a login or a refresh.
pub fn token_reply(auth: &Auth, tokens: crate::flows::Tokens) -> Reply<TokenView> {
    Reply::bare().with_tokens(auth, &tokens).body(tokens.into())
}

/// Logs out: ends the session and clears the cookie
#[utoipa::path(responses((status = 204), (status = 429)))]
#[post("/auth/logout")]
pub async fn logout(
    client: Client<'_>,
    me: Signed<'_>,
    cookie: web::Result<CookieToken<'_>>,
) -> Answer<()> {
    match (me, cookie) {
        (Ok(me), _) => client.auth.log_out(&client, &me.by).await?,
        // The token is no longer valid. End the session of the cookie; it may have ended already.
        (Err(web::Error::Flow(Error::TokenNotValid)), Ok(cookie)) => {
            match client.auth.log_out_by_refresh_token(&client, cookie.0).await {
                Ok(()) | Err(Error::TokenNotValid) => {}
                Err(e) => return Err(e.into()),
            }
        }
        (Err(e), _) => return Err(e.into()),
    }
    Ok(Reply::empty().without_refresh_cookie(client.auth))
}

/// Ends every session of the user
#[utoipa::path(responses((status = 204)))]
#[post("/auth/logout-all")]
pub async fn logout_all(me: Signed<'_>) -> Answer<()> {
    let me = me?;
    me.auth.log_out_everywhere(me.caller, &me.by).await?;
    Ok(Reply::empty().without_refresh_cookie(me.auth))
}

/// Lists the user's active sessions, last used first
#[utoipa::path(responses((status = 200, body = Vec<SessionView>)))]
#[get("/auth/sessions")]
pub async fn list(me: Signed<'_>) -> Answer<Vec<SessionView>> {
    let UserContext { auth, by, .. } = me?;
    let all = auth.sessions(&by).await?;
    Ok(Reply::ok(all.into_iter().map(|s| SessionView::new(s, Some(by.session.id))).collect()))
}

/// Ends one of the user's sessions
#[utoipa::path(params(("id" = SessionId, Path)), responses((status = 204)))]
#[delete("/auth/sessions/<id>")]
pub async fn end(me: Signed<'_>, id: Result<SessionId, Error>) -> Answer<()> {
    let me = me?;
    me.auth.end_session(me.caller, &me.by, id?).await?;
    Ok(Reply::empty())
}

/// Checks whether a request may pass, for nginx `auth_request`, Traefik and Caddy. An access token is checked without
/// the database. `X-Auth-Email` is set for confirmed addresses only. Header values are percent-encoded.
/// Parameters other than `role` are refused
#[utoipa::path(
    params(("role" = Option<Vec<String>>, Query, description = "A role that is demanded; if it comes several times, one of these")),
    responses((status = 200, headers(("X-Auth-User-Id"), ("X-Auth-Username"), ("X-Auth-Email"), ("X-Auth-Roles"))), (status = 429))
)]
#[get("/auth/verify?<role>")]
pub async fn verify(
    client: Client<'_>,
    token: web::Result<Verified>,
    cookie: web::Result<CookieToken<'_>>,
    role: Vec<&str>,
) -> Answer<()> {
    if role.iter().any(|role| role.trim().is_empty()) {
        return Err(web::Error::Malformed.into());
    }
    let (id, username, email, roles, passes) = match (token, cookie) {
        (Ok(Verified(c)), _) => {
            let passes = role.is_empty() || role.iter().any(|role| c.has_role(role));
            (c.user_id, c.username, Some(c.email).filter(|_| c.email_verified), c.roles, passes)
        }
        (Err(web::Error::Unauthenticated), Ok(cookie)) => {
            let by = client.auth.signed_in_by_refresh(&client, SURFACE.rotation, cookie.0).await?;
            let user = by.user;
            let passes = role.is_empty() || role.iter().any(|role| user.has_role(role));
            let email = Some(user.email).filter(|_| user.email_confirmed_at.is_some());
            (user.id.0, user.username.unwrap_or_default(), email, user.roles.0, passes)
        }
        (Err(e), _) => return Err(e.into()),
    };
    if !passes {
        return Err(Error::Forbidden.into());
    }
    let roles: Vec<_> = roles.iter().map(|role| ascii(role)).collect();
    let reply = Reply::bare()
        .header("X-Auth-User-Id", id.to_string())
        .header("X-Auth-Username", ascii(&username))
        .header("X-Auth-Roles", roles.join(","));
    // Only a confirmed email address: a user can register with the address of somebody else.
    Ok(match email {
        Some(email) => reply.header("X-Auth-Email", ascii(&email)),
        None => reply,
    })
}

/// Percent-encodes a header value (RFC 3986, 2.1), because header values are ASCII. The percent sign is
/// encoded too, so that a name that contains one is not decoded to another name.
fn ascii(text: &str) -> String {
    const ENCODED: &AsciiSet = &CONTROLS.add(b'%');
    utf8_percent_encode(text, ENCODED).to_string()
}
