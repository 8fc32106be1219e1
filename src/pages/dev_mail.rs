//! `/dev/mail`: the mails that are kept instead of being sent, for whoever sits at this machine.
use crate::{
    flows::{Auth, Error},
    mail::Kept,
    view::View,
    web::{page::Page, problem::Problem, reply::Reply},
};
use rocket::{
    Request, State, get,
    http::{ContentType, uri::Authority},
    request::{FromRequest, Outcome},
};
use serde::Serialize;
use std::{convert::Infallible, net::IpAddr};

#[derive(Serialize)]
struct DevMail {
    /// The newest first.
    mails: Vec<Kept>,
}

impl View for DevMail {
    const TEMPLATE: &'static str = "pages/dev_mail.html";
    const PATH: &'static str = "/dev/mail";
}

/// Whether a request was made on this machine, as far as can be told: from a loopback address, by
/// the name of one (another site's name may have been rebound to us), and through no proxy.
pub struct Local(bool);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Local {
    type Error = Infallible;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let relayed = ["x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via"];
        let straight = !relayed.iter().any(|name| req.headers().contains(name));
        let near = req.remote().is_none_or(|peer| peer.ip().to_canonical().is_loopback());
        let sent = req.headers().get_one("host").map(Authority::parse).transpose();
        let named = match sent {
            Ok(Some(authority)) => is_loopback(authority.host()),
            // HTTP/2 has it elsewhere.
            Ok(None) => req.host().is_none_or(|host| is_loopback(host.domain().as_str())),
            Err(_) => false,
        };
        Outcome::Success(Self(straight && near && named))
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || host.ends_with(".localhost") || ip.is_ok_and(|ip| ip.is_loopback())
}

/// The kept mails, what is due included; nothing is there for anybody from elsewhere.
async fn kept(auth: &Auth, local: &Local) -> Result<Vec<Kept>, Error> {
    if !local.0 || !auth.mailer().keeps() {
        return Err(Error::NotFound);
    }
    auth.deliver_due().await?;
    Ok(auth.mailer().kept().unwrap_or_default())
}

#[get("/dev/mail")]
pub async fn page(auth: &State<Auth>, local: Local) -> Result<Page<impl View + use<>>, Problem> {
    let mut mails = kept(auth, &local).await?;
    mails.reverse();
    Ok(Page::ok(DevMail { mails }))
}

/// The HTML of a mail, as a mail program would show it.
#[get("/dev/mail/<id>")]
pub async fn html(
    auth: &State<Auth>,
    local: Local,
    id: &str,
) -> Result<(ContentType, String), Problem> {
    let mails = kept(auth, &local).await?;
    let mail = mails.into_iter().find(|mail| mail.id.to_string() == id).ok_or(Error::NotFound)?;
    // Nobody frames our pages: its links open them beside it.
    Ok((ContentType::HTML, mail.html.replacen("<head>", "<head><base target=\"_blank\">", 1)))
}

/// The newest mail to `to`.
#[get("/dev/mail.json?<to>")]
pub async fn json(auth: &State<Auth>, local: Local, to: &str) -> Result<Reply<Kept>, Problem> {
    let mails = kept(auth, &local).await?;
    let newest = mails.into_iter().rev().find(|mail| mail.to.eq_ignore_ascii_case(to));
    Ok(Reply::ok(newest.ok_or(Error::NotFound)?))
}
