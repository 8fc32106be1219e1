//! `/setup`: the target of the link that the first start prints. It is found only under the host name in
//! `public_url` and under a loopback name.
use super::{SURFACE, Sent, answer, paths};
use crate::{
    flows::{Error, LinkState},
    view::View,
    web::{
        self, Client, Form, LinkCookie, LinkTokens, Notice, Page, Reply, request::host::ByOurName,
    },
};
use rocket::{Either, get, http::Status, post};
use serde::Serialize;

/// `state` is `usable` or `expired`.
#[derive(Serialize)]
pub struct Setup {
    state: LinkState,
    token: String,
    email: String,
}

impl View for Setup {
    const TEMPLATE: &'static str = "pages/setup.html";
    const PATH: &'static str = "/setup";
}

impl Setup {
    fn new(state: LinkState, token: &str, email: String) -> Self {
        Self { state, token: token.to_owned(), email }
    }
}

fn demand(ours: &ByOurName) -> Result<(), Error> {
    if ours.0 { Ok(()) } else { Err(Error::NotFound) }
}

#[get("/setup?<token>")]
pub async fn page(
    client: Client<'_>,
    ours: ByOurName,
    kept: LinkTokens<'_>,
    token: Option<&str>,
) -> Sent<Setup> {
    demand(&ours)?;
    if let Some(token) = token {
        let cookie = LinkCookie::Setup.cookie(client.auth.config(), token);
        return Ok(Either::Left(Reply::see(Setup::PATH).header("Set-Cookie", cookie)));
    }
    let token = kept.get(LinkCookie::Setup).unwrap_or_default();
    let state = client.auth.setup_state(&client, token).await?;
    let status = if state == LinkState::Usable { Status::Ok } else { Status::BadRequest };
    Ok(Either::Right(Page::with(status, Setup::new(state, token, String::new()))))
}

#[post("/setup", data = "<form>")]
pub async fn set_up(client: Client<'_>, ours: ByOurName, form: Form) -> Sent<Setup> {
    let auth = client.auth;
    demand(&ours)?;
    let [token, email] = ["token", "email"].map(|name| form.typed(name));
    let done = async {
        let body = form.body?;
        let password = body.read(|f| f.text("password"))?;
        let user = auth.set_up(&client, &token, &email, password).await?;
        let tokens = auth.open_session(&client, &SURFACE, &user, true).await?;
        let reply = Reply::see(paths::ACCOUNT)
            .with_refresh_cookie(auth, &tokens)
            .with_notice(auth, Notice::Welcome);
        Ok(reply.header("Set-Cookie", LinkCookie::Setup.cookie(auth.config(), "")))
    };
    match done.await {
        Err(web::Error::Flow(Error::LinkNotValid)) => {
            let view = Setup::new(LinkState::Expired, "", String::new());
            Ok(Either::Right(Page::with(Status::BadRequest, view)))
        }
        done => {
            let view = async { Ok(Setup::new(LinkState::Usable, &token, email)) };
            answer(done, "setup", view).await
        }
    }
}
