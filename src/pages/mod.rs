//! The HTML pages. A form is sent by POST and answered with 303. No page needs a script.
pub mod account;
mod admin;
mod assets;
mod confirm_email;
mod dev_mail;
mod forgot_password;
mod form_redirects;
mod index;
mod login;
mod mail_login;
mod password_strength;
mod paths;
mod register;
mod report_login;
mod reset_password;
mod restore_email;
mod setup;

use crate::{
    flows::{self, surface::Surface},
    view::View,
    web::{Error, Page, Problem, Reply},
};
use futures_util::{FutureExt as _, future::BoxFuture};
use rocket::{
    Either, Request, Route,
    http::Method,
    response::{self, Responder},
    routes,
};
use url::form_urlencoded;

/// The rules of the native API: the cookie of one is valid for the other.
const SURFACE: Surface = Surface::native("pages");

/// The routes of all pages. Those of the login by mail only if `login_by_mail` is true.
pub fn routes(login_by_mail: bool) -> Vec<Route> {
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
        report_login::page,
        report_login::report,
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
        account::security::notifications,
        password_strength::strength,
        setup::page,
        setup::set_up,
        assets::file,
    ];
    let by_mail = if login_by_mail { mail_login::routes() } else { Vec::new() };
    [pages, by_mail, dev_mail::routes(), admin::routes(), form_redirects::routes()].concat()
}

/// Why a page is not shown. Redirects to the login if the reader is not logged in, or else reports the
/// problem.
pub struct PageError(Error);

impl From<Error> for PageError {
    fn from(e: Error) -> Self {
        Self(e)
    }
}

impl From<flows::Error> for PageError {
    fn from(e: flows::Error) -> Self {
        Self(e.into())
    }
}

impl<'r> Responder<'r, 'static> for PageError {
    fn respond_to(self, req: &'r Request<'_>) -> response::Result<'static> {
        match self.0 {
            Error::Unauthenticated | Error::Flow(flows::Error::TokenNotValid) => {
                let here = Some(req.uri().to_string()).filter(|_| req.method() == Method::Get);
                let next = here.unwrap_or_else(|| paths::ACCOUNT.to_owned());
                let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
                Reply::see(format!("{}?next={next}", paths::LOGIN)).respond_to(req)
            }
            e => Problem::from(e).respond_to(req),
        }
    }
}

/// A page for readers who are logged in.
type Shown<V> = Result<Page<V>, PageError>;

/// The reply to a form: a redirect, or its page again.
type Sent<V> = Result<Either<Reply<()>, Page<V>>, PageError>;

/// The redirect, or the page `view` with the error in its form `form`.
fn answer<'a, V: View + Send + 'a>(
    done: Result<Reply<()>, Error>,
    form: &'static str,
    view: impl Future<Output = flows::Result<V>> + Send + 'a,
) -> BoxFuture<'a, Sent<V>> {
    async move {
        match done {
            Ok(redirect) => Ok(Either::Left(redirect)),
            // The session has ended since the page was opened.
            Err(e @ (Error::Unauthenticated | Error::Flow(flows::Error::TokenNotValid))) => {
                Err(PageError(e))
            }
            Err(e) => Ok(Either::Right(Page::again(view.await?, form, e))),
        }
    }
    .boxed()
}
