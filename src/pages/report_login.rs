//! `/report-login`: "this was not me", by the link in the mail about a login from a new device.
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
pub struct Report {
    state: LinkState,
    token: String,
    /// The email of the account.
    email: String,
}

impl View for Report {
    const TEMPLATE: &'static str = "pages/report_login.html";
    const PATH: &'static str = "/report-login";
}

impl Report {
    async fn of(auth: &Auth, caller: &Caller, token: &str) -> Result<Self, Error> {
        let (state, email) = auth.link_state(caller, token, MailKind::NewDevice).await?;
        Ok(Self { state, token: token.to_owned(), email })
    }

    fn page(self) -> Page<Self> {
        let usable = self.state == LinkState::Usable;
        Page::with(if usable { Status::Ok } else { Status::BadRequest }, self)
    }
}

#[get("/report-login?<token>")]
pub async fn page(client: Client<'_>, kept: LinkTokens<'_>, token: Option<&str>) -> Sent<Report> {
    if let Some(token) = token {
        let cookie = LinkCookie::Report.cookie(client.auth.config(), token);
        return Ok(Either::Left(Reply::see(Report::PATH).header("Set-Cookie", cookie)));
    }
    let token = kept.get(LinkCookie::Report).unwrap_or_default();
    let view = Report::of(client.auth, &client, token).await?;
    Ok(Either::Right(view.page()))
}

/// Ends every session. The next page sets another password.
#[post("/report-login", data = "<form>")]
pub async fn report(client: Client<'_>, form: Form) -> Sent<Report> {
    let auth = client.auth;
    let token = form.link_token;
    let done = async {
        form.body?;
        let next = auth.report_login(&client, &token).await?.to_string();
        let reply = Reply::see(reset_password::PATH)
            .without_refresh_cookie(auth)
            .with_notice(auth, Notice::LoginReported);
        Ok(reply
            .header("Set-Cookie", LinkCookie::Report.cookie(auth.config(), ""))
            .header("Set-Cookie", LinkCookie::Reset.cookie(auth.config(), &next)))
    };
    let view = || Report::of(auth, &client, &token);
    match done.await {
        Err(web::Error::Flow(Error::LinkNotValid)) => Ok(Either::Right(view().await?.page())),
        done => answer(done, "report", view()).await,
    }
}
