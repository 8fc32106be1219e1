//! `/dev/mail`: the mails that are kept instead of being sent, for whoever sits at this machine.
use crate::{
    flows::{Auth, Error},
    mail::Kept,
    view::View,
    web::{
        reply::{json::Reply, page::Page, problem::Problem},
        request::host::Local,
    },
};
use rocket::{State, get, http::Header};
use serde::Serialize;

#[derive(Serialize)]
struct DevMail {
    /// The newest first.
    mails: Vec<Kept>,
}

impl View for DevMail {
    const TEMPLATE: &'static str = "pages/dev_mail.html";
    const PATH: &'static str = "/dev/mail";
}

/// The kept mails, what is due included; nothing is there for anybody from elsewhere.
async fn kept(auth: &Auth, local: &Local) -> Result<Vec<Kept>, Error> {
    if !local.0 || !auth.mailer().keeps() {
        return Err(Error::NotFound);
    }
    // What a form has just asked for may be on its way into the outbox.
    auth.settled().await;
    auth.deliver_due().await?;
    Ok(auth.mailer().kept().unwrap_or_default())
}

#[get("/dev/mail")]
pub async fn page(auth: &State<Auth>, local: Local) -> Result<Page<impl View + use<>>, Problem> {
    let mut mails = kept(auth, &local).await?;
    mails.reverse();
    Ok(Page::ok(DevMail { mails }))
}

/// A mail, whose links are good for somebody's account.
#[derive(rocket::Responder)]
#[response(content_type = "html")]
pub struct Letter(String, Header<'static>);

/// The HTML of a mail, as a mail program would show it.
#[get("/dev/mail/<id>")]
pub async fn html(auth: &State<Auth>, local: Local, id: &str) -> Result<Letter, Problem> {
    let mails = kept(auth, &local).await?;
    let mail = mails.into_iter().find(|mail| mail.id.to_string() == id).ok_or(Error::NotFound)?;
    // Nobody frames our pages: its links open them beside it.
    let html = mail.html.replacen("<head>", "<head><base target=\"_blank\">", 1);
    Ok(Letter(html, Header::new("Cache-Control", "no-store")))
}

/// The newest mail to `to`.
#[get("/dev/mail.json?<to>")]
pub async fn json(auth: &State<Auth>, local: Local, to: &str) -> Result<Reply<Kept>, Problem> {
    let mails = kept(auth, &local).await?;
    let newest = mails.into_iter().rev().find(|mail| mail.to.eq_ignore_ascii_case(to));
    Ok(Reply::ok(newest.ok_or(Error::NotFound)?))
}
