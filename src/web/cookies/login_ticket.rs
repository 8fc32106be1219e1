//! The cookie of a login that waits for a second factor. It holds the ticket, so that no URL does.
use super::{keep, value};
use crate::{config::Config, flows::TICKET};
use rocket::{
    Request,
    request::{FromRequest, Outcome},
};
use std::convert::Infallible;
use uuid::Uuid;

const PURPOSE: &str = "ticket";

/// The cookie that stores `ticket`.
pub fn cookie(config: &Config, ticket: Uuid) -> String {
    let age = time::Duration::try_from(TICKET).unwrap_or(time::Duration::ZERO);
    keep(config, PURPOSE, ticket.to_string(), age)
}

/// The cookie that removes the ticket.
pub fn no_cookie(config: &Config) -> String {
    keep(config, PURPOSE, String::new(), time::Duration::ZERO)
}

/// The ticket in the cookie of a request.
pub struct LoginTicket<'r>(pub Option<&'r str>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for LoginTicket<'r> {
    type Error = Infallible;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Self(value(req, PURPOSE)))
    }
}
