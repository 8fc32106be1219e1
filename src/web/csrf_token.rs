//! CSRF protection of HTML forms: the same random value in a cookie and in the form. No other site can read
//! or set it (OWASP CSRF Prevention, double submit, with the `__Host-` prefix).
use super::{
    Error, Result, cookies, csrf,
    request::body::{self, Body, Forms},
};
use crate::{config::Config, flows::Auth, secret};
use rocket::{
    Data, Request,
    data::{FromData, Outcome},
};
use std::convert::Infallible;
use uuid::Uuid;

fn name(config: &Config) -> &'static str {
    if config.cookie.secure { "__Host-portcullis-form" } else { "portcullis-form" }
}

/// The token for the forms of a page. Sets the cookie if the request has none.
pub fn token(req: &Request<'_>) -> String {
    let Some(auth) = req.rocket().state::<Auth>() else { return String::new() };
    let name = name(auth.config());
    let known = cookies::one(req, name).filter(|v| Uuid::try_parse(v).is_ok());
    known.map_or_else(
        || {
            let token = Uuid::new_v4().to_string();
            req.cookies().add(cookies::cookie(auth.config(), name, token.clone(), None));
            token
        },
        str::to_owned,
    )
}

/// A form of a page.
pub struct Form {
    /// The fields, if one of our pages sent the form.
    pub body: Result<Body>,
    /// The token of the mailed link that opened the page; empty if there is none. It is known even if the form
    /// is refused, because the page is shown again with it.
    pub link_token: String,
}

impl Form {
    /// The text of a field, so that the page can show it again; empty if it cannot be read.
    pub fn typed(&self, name: &'static str) -> String {
        self.body.as_ref().map(|body| text(body, name)).unwrap_or_default()
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for Form {
    type Error = Infallible;

    async fn from_data(req: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        let expected = expected(req);
        let body = body::read(req, data, Forms::Urlencoded).await;
        let link_token = body.as_ref().map(|body| text(body, "token")).unwrap_or_default();
        let body = expected.and_then(|expected| prove(expected, body?));
        Outcome::Success(Self { body, link_token })
    }
}

/// The token that the form must carry. Fails if none of our pages sent the request.
fn expected<'r>(req: &'r Request<'_>) -> Result<&'r str> {
    let auth = req.rocket().state::<Auth>().ok_or(Error::CsrfFailed)?;
    csrf::require_own_page(req, auth.config())?;
    let token = cookies::one(req, name(auth.config())).filter(|t| Uuid::try_parse(t).is_ok());
    token.ok_or(Error::CsrfFailed)
}

fn prove(expected: &str, body: Body) -> Result<Body> {
    let sent = body.read(|f| f.text("csrf_token")).map_err(|_| Error::CsrfFailed)?;
    if secret::same(expected, sent) { Ok(body) } else { Err(Error::CsrfFailed) }
}

/// The text of a field; empty if there is none.
fn text(body: &Body, name: &'static str) -> String {
    let text = body.read(|f| f.optional(name)).ok().flatten();
    text.unwrap_or_default().to_owned()
}
