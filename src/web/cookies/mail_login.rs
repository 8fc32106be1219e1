//! The cookie of a browser that requested a mail to log in: the ticket of the request, and what the login form
//! asked for.
use super::{keep, value};
use crate::{config::Config, flows::MAIL_LOGIN_LIFETIME};
use rocket::{
    Request,
    request::{FromRequest, Outcome},
};
use std::convert::Infallible;
use url::form_urlencoded;
use uuid::Uuid;

const PURPOSE: &str = "login";

/// What the cookie holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailLogin {
    pub ticket: Uuid,
    /// Whether the session outlives the browser.
    pub remember: bool,
    /// Where the login leads, unchecked; empty for the page of the account.
    pub next: String,
}

impl MailLogin {
    /// The cookie that stores the request.
    pub fn cookie(&self, config: &Config) -> String {
        let next: String = form_urlencoded::byte_serialize(self.next.as_bytes()).collect();
        let value = format!("{}.{}.{next}", self.ticket, u8::from(self.remember));
        // The mail may have to wait for as long as its code is valid.
        let minutes = i64::try_from(MAIL_LOGIN_LIFETIME.as_secs() / 60).unwrap_or(i64::MAX);
        keep(config, PURPOSE, value, time::Duration::minutes(2 * minutes))
    }

    /// The cookie that removes the request.
    pub fn no_cookie(config: &Config) -> String {
        keep(config, PURPOSE, String::new(), time::Duration::ZERO)
    }

    fn parse(value: &str) -> Option<Self> {
        let mut parts = value.splitn(3, '.');
        let ticket = Uuid::try_parse(parts.next()?).ok()?;
        let remember = parts.next()? == "1";
        let next = form_urlencoded::parse(parts.next()?.as_bytes()).next();
        Some(Self { ticket, remember, next: next.map_or_else(String::new, |(n, _)| n.into()) })
    }
}

/// The request for a mail that this browser made.
pub struct Requested(pub Option<MailLogin>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Requested {
    type Error = Infallible;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Self(value(req, PURPOSE).and_then(MailLogin::parse)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_survives_its_cookie() {
        for (remember, next) in
            [(true, ""), (false, "/a?b=c;d&e=%20#f"), (true, "https://a.example/x")]
        {
            let one = MailLogin { ticket: Uuid::from_u128(1), remember, next: next.to_owned() };
            let cookie = one.cookie(&Config::default());
            let value = cookie.split_once('=').unwrap().1.split(';').next().unwrap();
            assert_eq!(MailLogin::parse(value), Some(one), "{cookie}");
        }
        for wrong in ["", "x", "x.1.", "00000000-0000-0000-0000-000000000001"] {
            assert_eq!(MailLogin::parse(wrong), None, "{wrong}");
        }
    }
}
