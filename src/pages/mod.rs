//! The HTML pages: forms, POST and 303, no script needed.
pub mod account;
mod admin;
mod assets;
mod confirm_email;
mod dev_mail;
mod forgot_password;
mod form_redirects;
mod index;
mod login;
mod password_strength;
mod register;
mod reset_password;
mod restore_email;
mod setup;

use crate::{
    flows::{
        Error,
        surface::{Envelope, Rotation, Surface},
    },
    view::View,
    web::reply::{json::Reply, page::Page, problem::Problem},
};
use rocket::{
    Either, Request, Route,
    http::Method,
    response::{self, Responder},
    routes,
};
use url::form_urlencoded;

/// As the native API's: the cookie of one serves the other.
const SURFACE: Surface = Surface {
    client: "pages",
    envelope: Envelope::Uuid,
    rotation: Rotation::Grace,
    superusers: true,
    legacy: false,
};

pub fn routes() -> Vec<Route> {
    let pages = routes![
        index::front,
        login::page,
        login::log_in,
        login::log_out,
        register::page,
        register::register,
        confirm_email::page,
        confirm_email::confirm,
        confirm_email::reset,
        confirm_email::decline,
        confirm_email::again,
        forgot_password::page,
        forgot_password::forgot,
        restore_email::page,
        restore_email::restore,
        reset_password::page,
        reset_password::reset,
        account::profile::page,
        account::profile::profile,
        account::profile::email,
        account::profile::resend,
        account::profile::code,
        account::profile::password,
        account::profile::delete,
        account::export::data,
        account::sessions::page,
        account::sessions::end,
        account::sessions::end_others,
        account::security::page,
        password_strength::strength,
        setup::page,
        setup::set_up,
        dev_mail::page,
        dev_mail::json,
        dev_mail::html,
        assets::file,
    ];
    [pages, admin::routes(), form_redirects::routes()].concat()
}

/// What is shown in the place of a page: the login, if that is what is missing, else the problem.
pub struct PageError(Error);

impl From<Error> for PageError {
    fn from(e: Error) -> Self {
        Self(e)
    }
}

impl<'r> Responder<'r, 'static> for PageError {
    fn respond_to(self, req: &'r Request<'_>) -> response::Result<'static> {
        match self.0 {
            Error::Unauthenticated | Error::TokenNotValid => {
                let here = Some(req.uri().to_string()).filter(|_| req.method() == Method::Get);
                let next = here.unwrap_or_else(|| account::profile::PATH.to_owned());
                let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
                Reply::see(format!("{}?next={next}", login::PATH)).respond_to(req)
            }
            e => Problem::from(e).respond_to(req),
        }
    }
}

/// A page for readers who are signed in.
type Shown<V> = Result<Page<V>, PageError>;

/// What a form leads to: onward, or back to its page.
type Sent<V> = Result<Either<Reply<()>, Page<V>>, PageError>;

/// Onward, or back to the page `view`, in whose form `form` is told what was wrong.
fn answer<V: View>(
    done: Result<Reply<()>, Error>,
    form: &'static str,
    view: impl FnOnce() -> V,
) -> Sent<V> {
    match done {
        Ok(onward) => Ok(Either::Left(onward)),
        // The session has ended meanwhile.
        Err(e @ (Error::Unauthenticated | Error::TokenNotValid)) => Err(PageError(e)),
        Err(e) => Ok(Either::Right(Page::again(view(), form, e))),
    }
}
