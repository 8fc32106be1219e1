//! `/dev/mail`: the mails that are kept instead of being sent, for whoever sits at this machine.
use crate::{
    flows::{Auth, Error},
    mail::Kept,
    view::View,
    web::{client::Client, page::Page, problem::Problem, reply::Reply},
};
use rocket::{State, get, http::Status};
use serde::Serialize;

#[derive(Serialize)]
struct DevMail {
    /// The newest first.
    mails: Vec<Kept>,
}

impl View for DevMail {
    const TEMPLATE: &'static str = "pages/dev_mail.html";
}

/// The kept mails, what is due included; nothing is there for anybody from elsewhere.
async fn kept(auth: &Auth, client: &Client<'_>) -> Result<Vec<Kept>, Error> {
    let local = client.ip.is_none_or(|ip| ip.is_loopback());
    if !local || auth.mailer().kept().is_none() {
        return Err(Error::NotFound);
    }
    auth.deliver_due().await?;
    Ok(auth.mailer().kept().unwrap_or_default())
}

#[get("/dev/mail")]
pub async fn page(
    auth: &State<Auth>,
    client: Client<'_>,
) -> Result<Page<impl View + use<>>, Problem> {
    let mut mails = kept(auth, &client).await?;
    mails.reverse();
    Ok(Page(Status::Ok, DevMail { mails }))
}

/// The newest mail to `to`.
#[get("/dev/mail.json?<to>")]
pub async fn json(
    auth: &State<Auth>,
    client: Client<'_>,
    to: &str,
) -> Result<Reply<Kept>, Problem> {
    let mails = kept(auth, &client).await?;
    let newest = mails.into_iter().rev().find(|mail| mail.to.eq_ignore_ascii_case(to));
    Ok(Reply::ok(newest.ok_or(Error::NotFound)?))
}
