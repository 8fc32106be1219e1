//! `/report-login`: "this was not me", by the link in the mail about a login from a new device.
use super::{
    PageError, Sent, answer,
    reset_password::{self, name},
};
use crate::{
    flows::{Auth, Caller, Error, LinkState},
    view::View,
    web::{
        self,
        cookies::links::{LinkCookie, ReportToken},
        csrf_token::LinkForm,
        reply::{flash::Notice, json::Reply, page::Page},
        request::caller::Client,
    },
};
use rocket::{Either, State, get, http::Status, post};
use serde::Serialize;

/// `state` is `usable`, `done` or `expired`.
#[derive(Serialize)]
pub struct Report {
    state: &'static str,
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
        let (state, email) = auth.reported_login(caller, token).await?;
        Ok(Self { state: name(state), token: token.to_owned(), email })
    }

    fn page(self) -> Page<Self> {
        let usable = self.state == name(LinkState::Usable);
        Page::with(if usable { Status::Ok } else { Status::BadRequest }, self)
    }
}

#[get("/report-login?<token>")]
pub async fn page(
    auth: &State<Auth>,
    client: Client<'_>,
    kept: ReportToken<'_>,
    token: Option<&str>,
) -> Result<Either<Reply<()>, Page<Report>>, PageError> {
    if let Some(token) = token {
        let cookie = LinkCookie::Report.cookie(auth.config(), token);
        return Ok(Either::Left(Reply::see(Report::PATH).header("Set-Cookie", cookie)));
    }
    let view = Report::of(auth, &client, kept.0.unwrap_or_default()).await?;
    Ok(Either::Right(view.page()))
}

/// Ends every session. The next page sets another password.
#[post("/report-login", data = "<form>")]
pub async fn report(auth: &State<Auth>, client: Client<'_>, form: LinkForm) -> Sent<Report> {
    let token = form.token;
    let done = async {
        form.form?;
        let next = auth.report_login(&client, &token).await?.to_string();
        let reply = Reply::see(reset_password::PATH)
            .without_refresh_cookie(auth)
            .with_notice(auth, Notice::LoginReported);
        Ok(reply
            .header("Set-Cookie", LinkCookie::Report.cookie(auth.config(), ""))
            .header("Set-Cookie", LinkCookie::Reset.cookie(auth.config(), &next)))
    };
    match done.await {
        Ok(reply) => Ok(Either::Left(reply)),
        Err(web::Error::Flow(Error::LinkNotValid)) => {
            Ok(Either::Right(Report::of(auth, &client, &token).await?.page()))
        }
        Err(e) => {
            let view = Report::of(auth, &client, &token).await?;
            answer(Err(e), "report", || view)
        }
    }
}
