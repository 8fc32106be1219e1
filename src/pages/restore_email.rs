//! `/restore-email`: undoes a change of email, by the link that was mailed to the old address.
use super::{Sent, answer, reset_password};
use crate::{
    flows::{Auth, Caller, Error, LinkState, MailKind},
    view::View,
    web::{self, Client, Form, LinkCookie, LinkTokens, Notice, Page, Reply},
};
use rocket::{Either, get, http::Status, post};
use serde::Serialize;

/// `state` is `usable`, `done` or `expired`.
#[derive(Serialize)]
pub struct Restore {
    state: LinkState,
    token: String,
    /// The email that is restored.
    email: String,
}

impl View for Restore {
    const TEMPLATE: &'static str = "pages/restore_email.html";
    const PATH: &'static str = "/restore-email";
}

impl Restore {
    async fn of(auth: &Auth, caller: &Caller, token: &str) -> Result<Self, Error> {
        let (state, email) = auth.link_state(caller, token, MailKind::RestoreEmail).await?;
        Ok(Self { state, token: token.to_owned(), email })
    }
}

#[get("/restore-email?<token>")]
pub async fn page(client: Client<'_>, kept: LinkTokens<'_>, token: Option<&str>) -> Sent<Restore> {
    if let Some(token) = token {
        let cookie = LinkCookie::Restore.cookie(client.auth.config(), token);
        return Ok(Either::Left(Reply::see(Restore::PATH).header("Set-Cookie", cookie)));
    }
    let token = kept.get(LinkCookie::Restore).unwrap_or_default();
    let view = Restore::of(client.auth, &client, token).await?;
    let usable = view.state == LinkState::Usable;
    let status = if usable { Status::Ok } else { Status::BadRequest };
    Ok(Either::Right(Page::with(status, view)))
}

/// Undoes the change. The next page sets another password.
#[post("/restore-email", data = "<form>")]
pub async fn restore(client: Client<'_>, form: Form) -> Sent<Restore> {
    let auth = client.auth;
    let token = form.link_token;
    let done = async {
        form.body?;
        let next = auth.restore_email(&client, &token).await?.to_string();
        let reply = Reply::see(reset_password::PATH)
            .without_refresh_cookie(auth)
            .with_notice(auth, Notice::EmailRestored);
        Ok(reply
            .header("Set-Cookie", LinkCookie::Restore.cookie(auth.config(), ""))
            .header("Set-Cookie", LinkCookie::Reset.cookie(auth.config(), &next)))
    };
    let view = || Restore::of(auth, &client, &token);
    match done.await {
        Err(web::Error::Flow(Error::LinkNotValid)) => {
            Ok(Either::Right(Page::with(Status::BadRequest, view().await?)))
        }
        done => answer(done, "restore", view()).await,
    }
}
