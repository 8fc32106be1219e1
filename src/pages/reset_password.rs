//! `/reset-password`: the target of the mailed link that resets a password.
use super::{PageError, Sent, answer, paths};
use crate::{
    flows::{Auth, Error, LinkState},
    view::View,
    web::{
        self,
        cookies::links::{LinkCookie, ResetToken},
        csrf_token::{Form, LinkForm},
        reply::{flash::Notice, json::Reply, page::Page},
        request::caller::Client,
    },
};
use rocket::{Either, State, get, http::Status, post};
use serde::Serialize;

/// The path of the page.
pub const PATH: &str = "/reset-password";

/// `state` is `usable` or `expired`.
#[derive(Serialize)]
pub struct Reset {
    state: &'static str,
    token: String,
    /// The email of the account.
    email: String,
    /// The shortest password allowed, in characters.
    min_length: usize,
}

impl View for Reset {
    const TEMPLATE: &'static str = "pages/reset_password.html";
    const PATH: &'static str = PATH;
}

impl Reset {
    fn new(auth: &Auth, of: Option<String>, token: &str) -> Self {
        let state = if of.is_some() { LinkState::Usable } else { LinkState::Expired };
        Self {
            state: name(state),
            token: token.to_owned(),
            email: of.unwrap_or_default(),
            min_length: auth.config().password.min_length,
        }
    }
}

#[get("/reset-password?<token>")]
pub async fn page(
    auth: &State<Auth>,
    client: Client<'_>,
    kept: ResetToken<'_>,
    token: Option<&str>,
) -> Result<Either<Reply<()>, Page<Reset>>, PageError> {
    if let Some(token) = token {
        let cookie = LinkCookie::Reset.cookie(auth.config(), token);
        return Ok(Either::Left(Reply::see(Reset::PATH).header("Set-Cookie", cookie)));
    }
    let token = kept.0.unwrap_or_default();
    let of = auth.reset_of(&client, token).await?;
    let status = if of.is_some() { Status::Ok } else { Status::BadRequest };
    Ok(Either::Right(Page::with(status, Reset::new(auth, of, token))))
}

#[post("/reset-password", data = "<form>")]
pub async fn reset(auth: &State<Auth>, client: Client<'_>, form: LinkForm) -> Sent<Reset> {
    let token = form.token;
    match reset_password(auth, &client, &token, form.form, LinkCookie::Reset).await {
        Ok(reply) => Ok(Either::Left(reply)),
        Err(web::Error::Flow(Error::LinkNotValid)) => {
            let view = Reset::new(auth, None, "");
            Ok(Either::Right(Page::with(Status::BadRequest, view)))
        }
        Err(e) => {
            let of = auth.reset_of(&client, &token).await?;
            answer(Err(e), "reset", || Reset::new(auth, of, &token))
        }
    }
}

/// Sets the new password in `form`. The reply forgets the token that the cookie `kept` holds.
pub async fn reset_password(
    auth: &Auth,
    client: &Client<'_>,
    token: &str,
    form: web::Result<Form>,
    kept: LinkCookie,
) -> web::Result<Reply<()>> {
    let form = form?;
    let new = form.read(|f| f.text("new_password"))?;
    let device = auth.reset_password(client, token, new).await?;
    let reply = Reply::see(paths::LOGIN)
        .without_refresh_cookie(auth)
        .with_device_cookie(auth, device)
        .with_notice(auth, Notice::PasswordReset);
    Ok(reply.header("Set-Cookie", kept.cookie(auth.config(), "")))
}

/// The name of the state of a link in templates.
pub const fn name(state: LinkState) -> &'static str {
    match state {
        LinkState::Usable => "usable",
        LinkState::Done => "done",
        LinkState::Expired => "expired",
    }
}
