//! `/reset-password`: the target of the mailed link that resets a password.
use super::{Sent, answer, paths};
use crate::{
    flows::{Auth, Caller, Error, LinkState},
    view::View,
    web::{self, Body, Client, Form, LinkCookie, LinkTokens, Notice, Page, Reply},
};
use rocket::{Either, get, http::Status, post};
use serde::Serialize;

/// The path of the page.
pub const PATH: &str = "/reset-password";

/// `state` is `usable` or `expired`.
#[derive(Serialize)]
pub struct Reset {
    state: LinkState,
    token: String,
    /// The email of the account.
    email: String,
}

impl View for Reset {
    const TEMPLATE: &'static str = "pages/reset_password.html";
    const PATH: &'static str = PATH;
}

impl Reset {
    fn new(of: Option<String>, token: &str) -> Self {
        let state = if of.is_some() { LinkState::Usable } else { LinkState::Expired };
        Self { state, token: token.to_owned(), email: of.unwrap_or_default() }
    }
}

#[get("/reset-password?<token>")]
pub async fn page(client: Client<'_>, kept: LinkTokens<'_>, token: Option<&str>) -> Sent<Reset> {
    if let Some(token) = token {
        let cookie = LinkCookie::Reset.cookie(client.auth.config(), token);
        return Ok(Either::Left(Reply::see(Reset::PATH).header("Set-Cookie", cookie)));
    }
    let token = kept.get(LinkCookie::Reset).unwrap_or_default();
    let of = client.auth.reset_of(&client, token).await?;
    let status = if of.is_some() { Status::Ok } else { Status::BadRequest };
    Ok(Either::Right(Page::with(status, Reset::new(of, token))))
}

#[post("/reset-password", data = "<form>")]
pub async fn reset(client: Client<'_>, form: Form) -> Sent<Reset> {
    let token = form.link_token;
    match reset_password(client.auth, &client, &token, form.body, LinkCookie::Reset).await {
        Err(web::Error::Flow(Error::LinkNotValid)) => {
            Ok(Either::Right(Page::with(Status::BadRequest, Reset::new(None, ""))))
        }
        done => {
            let view =
                async { Ok(Reset::new(client.auth.reset_of(&client, &token).await?, &token)) };
            answer(done, "reset", view).await
        }
    }
}

/// Sets the new password in `body`. The reply forgets the token that the cookie `kept` holds.
pub async fn reset_password(
    auth: &Auth,
    caller: &Caller,
    token: &str,
    body: web::Result<Body>,
    kept: LinkCookie,
) -> web::Result<Reply<()>> {
    let body = body?;
    let new = body.read(|f| f.text("new_password"))?;
    let device = auth.reset_password(caller, token, new).await?;
    let reply = Reply::see(paths::LOGIN)
        .without_refresh_cookie(auth)
        .with_device_cookie(auth, device)
        .with_notice(auth, Notice::PasswordReset);
    Ok(reply.header("Set-Cookie", kept.cookie(auth.config(), "")))
}
