//! `/restore-email`: undoes a change of email, by the link that was mailed to the old address.
use super::{
    PageError, Sent, answer,
    reset_password::{self, name},
};
use crate::{
    flows::{Auth, Caller, Error, LinkState},
    view::View,
    web::{
        self,
        cookies::links::{LinkCookie, RestoreToken},
        csrf_token::LinkForm,
        reply::{flash::Notice, json::Reply, page::Page},
        request::caller::Client,
    },
};
use rocket::{Either, State, get, http::Status, post};
use serde::Serialize;

/// `state` is `usable`, `done` or `expired`.
#[derive(Serialize)]
pub struct Restore {
    state: &'static str,
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
        let (state, email) = auth.restoration(caller, token).await?;
        Ok(Self { state: name(state), token: token.to_owned(), email })
    }
}

#[get("/restore-email?<token>")]
pub async fn page(
    auth: &State<Auth>,
    client: Client<'_>,
    kept: RestoreToken<'_>,
    token: Option<&str>,
) -> Result<Either<Reply<()>, Page<Restore>>, PageError> {
    if let Some(token) = token {
        let cookie = LinkCookie::Restore.cookie(auth.config(), token);
        return Ok(Either::Left(Reply::see(Restore::PATH).header("Set-Cookie", cookie)));
    }
    let view = Restore::of(auth, &client, kept.0.unwrap_or_default()).await?;
    let usable = view.state == name(LinkState::Usable);
    let status = if usable { Status::Ok } else { Status::BadRequest };
    Ok(Either::Right(Page::with(status, view)))
}

/// Undoes the change. The next page sets another password.
#[post("/restore-email", data = "<form>")]
pub async fn restore(auth: &State<Auth>, client: Client<'_>, form: LinkForm) -> Sent<Restore> {
    let token = form.token;
    let done = async {
        form.form?;
        let next = auth.restore_email(&client, &token).await?.to_string();
        let reply = Reply::see(reset_password::PATH)
            .without_refresh_cookie(auth)
            .with_notice(auth, Notice::EmailRestored);
        Ok(reply
            .header("Set-Cookie", LinkCookie::Restore.cookie(auth.config(), ""))
            .header("Set-Cookie", LinkCookie::Reset.cookie(auth.config(), &next)))
    };
    match done.await {
        Ok(reply) => Ok(Either::Left(reply)),
        Err(web::Error::Flow(Error::LinkNotValid)) => {
            let view = Restore::of(auth, &client, &token).await?;
            Ok(Either::Right(Page::with(Status::BadRequest, view)))
        }
        Err(e) => {
            let view = Restore::of(auth, &client, &token).await?;
            answer(Err(e), "restore", || view)
        }
    }
}
