//! `/dev/mail`: the mails that are kept instead of being sent. For requests from this machine only.
use crate::{
    flows::{Auth, Error},
    mail::Kept,
    view::View,
    web::{
        Page, Problem, Reply,
        csp::{self, Policy},
        request::host::Local,
    },
};
use rocket::{Route, State, get, http::Header, routes};
use serde::Serialize;

/// The routes of the page, of the mails in it, and of the newest mail as JSON.
pub fn routes() -> Vec<Route> {
    [
        csp::with(Policy::PageWithFrame, routes![page]),
        csp::with(Policy::FramedMail, routes![html]),
        routes![json],
    ]
    .concat()
}

#[derive(Serialize)]
struct DevMail {
    /// The newest first.
    mails: Vec<Kept>,
}

impl View for DevMail {
    const TEMPLATE: &'static str = "pages/dev_mail.html";
    const PATH: &'static str = "/dev/mail";
}

/// Delivers the mails that are due, and returns the kept mails. [`Error::NotFound`] for another machine.
async fn kept(auth: &Auth, local: &Local) -> Result<Vec<Kept>, Error> {
    if !local.0 || !auth.mailer().keeps() {
        return Err(Error::NotFound);
    }
    // The mail that the last form requested may not be in the outbox yet.
    auth.settled().await;
    auth.deliver_due().await?;
    Ok(auth.mailer().kept().unwrap_or_default())
}

#[get("/dev/mail")]
async fn page(auth: &State<Auth>, local: Local) -> Result<Page<impl View + use<>>, Problem> {
    let mut mails = kept(auth, &local).await?;
    mails.reverse();
    Ok(Page::ok(DevMail { mails }))
}

/// A mail. Its links give access to an account.
#[derive(rocket::Responder)]
#[response(content_type = "html")]
pub struct Letter(String, Header<'static>);

/// The HTML of a mail, as a mail program would show it.
#[get("/dev/mail/<id>")]
async fn html(auth: &State<Auth>, local: Local, id: &str) -> Result<Letter, Problem> {
    let mails = kept(auth, &local).await?;
    let mail = mails.into_iter().find(|mail| mail.id.to_string() == id).ok_or(Error::NotFound)?;
    // Our pages cannot be framed, so the links open in new windows.
    let html = mail.html.replacen("<head>", "<head><base target=\"_blank\">", 1);
    Ok(Letter(html, Header::new("Cache-Control", "no-store")))
}

/// The newest mail to `to`.
#[get("/dev/mail.json?<to>")]
async fn json(auth: &State<Auth>, local: Local, to: &str) -> Result<Reply<Kept>, Problem> {
    let mails = kept(auth, &local).await?;
    let newest = mails.into_iter().rev().find(|mail| mail.to.eq_ignore_ascii_case(to));
    Ok(Reply::ok(newest.ok_or(Error::NotFound)?))
}
