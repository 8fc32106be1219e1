//! CSRF protection of HTML forms: the same random value in a cookie and in the form. No other site can read
//! or set it (OWASP CSRF Prevention, double submit, with the `__Host-` prefix).
use super::{
    Error, Result, cookies, csrf,
    request::body::{self, Body, Forms},
};
use crate::{config::Config, flows::Auth};
use rocket::{
    Data, Request,
    data::{FromData, Outcome},
    http::{Cookie, SameSite, Status},
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
            let cookie = Cookie::build((name, token.clone()))
                .path("/")
                .http_only(true)
                .secure(auth.config().cookie.secure)
                // With Strict, a page opened from another site would replace the token of all open pages.
                .same_site(SameSite::Lax);
            req.cookies().add(cookie);
            token
        },
        str::to_owned,
    )
}

/// The fields of a form that one of our pages sent.
pub struct Form(Body);

impl std::ops::Deref for Form {
    type Target = Body;

    fn deref(&self) -> &Body {
        &self.0
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for Form {
    type Error = Error;

    async fn from_data(req: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        match read(req, data).await {
            Ok(form) => Outcome::Success(form),
            Err(e) => Outcome::Error((Status::BadRequest, e)),
        }
    }
}

/// The form of a page that a mailed link opens. The link's token is known even if the form is refused,
/// because the page is shown again with it.
pub struct LinkForm {
    pub token: String,
    pub form: Result<Form>,
}

#[rocket::async_trait]
impl<'r> FromData<'r> for LinkForm {
    type Error = Infallible;

    async fn from_data(req: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        let form = match body::read(req, data, Forms::Urlencoded).await {
            Ok(body) => body,
            Err(e) => return Outcome::Success(Self { token: String::new(), form: Err(e) }),
        };
        let token =
            form.read(|f| f.optional("token")).ok().flatten().unwrap_or_default().to_owned();
        let form = expected(req).and_then(|expected| prove(expected, form));
        Outcome::Success(Self { token, form })
    }
}

async fn read(req: &Request<'_>, data: Data<'_>) -> Result<Form> {
    let expected = expected(req)?;
    prove(expected, body::read(req, data, Forms::Urlencoded).await?)
}

/// The token that the form must carry. Fails if none of our pages sent the request.
fn expected<'r>(req: &'r Request<'_>) -> Result<&'r str> {
    let auth = req.rocket().state::<Auth>().ok_or(Error::CsrfFailed)?;
    csrf::require_own_page(req, auth.config())?;
    let token = cookies::one(req, name(auth.config())).filter(|t| Uuid::try_parse(t).is_ok());
    token.ok_or(Error::CsrfFailed)
}

fn prove(expected: &str, body: Body) -> Result<Form> {
    let sent = body.read(|f| f.text("csrf_token")).map_err(|_| Error::CsrfFailed)?;
    aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_bytes(), sent.as_bytes())
        .map_err(|_| Error::CsrfFailed)?;
    Ok(Form(body))
}

/// The text of a field, so that the page can show it again; empty if it cannot be read.
pub fn typed(form: &Result<Form>, name: &'static str) -> String {
    let text = form.as_ref().ok().and_then(|form| form.read(|f| f.optional(name)).ok().flatten());
    text.unwrap_or_default().to_owned()
}
