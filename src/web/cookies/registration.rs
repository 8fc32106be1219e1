//! The cookie that identifies the browser in which a user registered. In that browser, the link that confirms
//! the email address needs no password.
use super::{keep, value};
use crate::{config::Config, web::request::arrival::is_head};
use rocket::{
    Request,
    request::{FromRequest, Outcome},
};
use std::convert::Infallible;

/// The lifetime of the cookie in days: that of the link that confirms an email address.
const DAYS: i64 = 3;

const PURPOSE: &str = "registrant";

/// The cookie that stores `mark` in the browser that registered.
pub fn cookie(config: &Config, mark: String) -> String {
    keep(config, PURPOSE, mark, time::Duration::days(DAYS))
}

/// The mark of the browser that registered.
pub struct Mark<'r> {
    pub value: Option<&'r str>,
    /// Whether a person opens the page. Not for a prefetch, a `HEAD` and a resource that another page loads.
    opened: bool,
}

impl<'r> Mark<'r> {
    /// The mark in a request.
    pub fn of(req: &'r Request<'_>) -> Self {
        let early = ["sec-purpose", "purpose", "x-purpose", "x-moz"]
            .iter()
            .any(|name| req.headers().contains(name));
        let part = req.headers().get("sec-fetch-dest").any(|dest| dest != "document");
        Self { value: value(req, PURPOSE), opened: !early && !part && !is_head(req) }
    }

    /// The mark, if a person opens the page.
    pub fn of_reader(&self) -> Option<&'r str> {
        self.value.filter(|_| self.opened)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Mark<'r> {
    type Error = Infallible;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Self::of(req))
    }
}
