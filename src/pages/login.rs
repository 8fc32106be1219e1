//! `/login` and `/logout`.
use super::{SURFACE, Sent, account::profile, answer};
use crate::{
    field_error::FieldError,
    flows::{Auth, Error, Login},
    view::View,
    web::{
        csrf_token::{Form, typed},
        guards::{CookieToken, SignedIn},
        reply::{flash::Notice, json::Reply, page::Page, return_to::next},
        request::client::Client,
    },
};
use rocket::{Either, State, get, post};
use serde::Serialize;

pub const PATH: &str = "/login";

#[derive(Serialize)]
pub struct LoginPage {
    /// An address or a username.
    login: String,
    remember: bool,
    /// Where the login leads to; empty for the account.
    next: String,
    /// Whether there is a link to the registration.
    open: bool,
}

impl View for LoginPage {
    const TEMPLATE: &'static str = "pages/login.html";
    const PATH: &'static str = PATH;
}

impl LoginPage {
    fn new(auth: &Auth, login: String, remember: bool, to: &str) -> Self {
        let next = next(auth.config(), to).unwrap_or_default();
        Self { login, remember, next, open: auth.registration_open() }
    }
}

/// Where a login or a registration leads to.
pub fn onward(auth: &Auth, to: &str) -> Reply<()> {
    Reply::see(next(auth.config(), to).unwrap_or_else(|| profile::PATH.to_owned()))
}

#[get("/login?<next>")]
pub fn page(
    auth: &State<Auth>,
    by: Result<SignedIn, Error>,
    next: Option<&str>,
) -> Either<Reply<()>, Page<LoginPage>> {
    let next = next.unwrap_or_default();
    match by.ok() {
        Some(_) => Either::Left(onward(auth, next)),
        None => Either::Right(Page::ok(LoginPage::new(auth, String::new(), true, next))),
    }
}

#[post("/login", data = "<form>")]
pub async fn log_in(
    auth: &State<Auth>,
    client: Client<'_>,
    form: Result<Form, Error>,
) -> Sent<LoginPage> {
    let names = ["login", "email", "username"].map(|name| typed(&form, name));
    let name = names.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    let to = typed(&form, "next");
    let mut remember = true;
    let done = async {
        let password = form?
            .read(|f| {
                remember = f.flag("remember", false);
                f.text("password")
            })?
            .to_owned();
        let missing: Vec<_> = [("login", &name), ("password", &password)]
            .into_iter()
            .filter(|(_, text)| text.trim().is_empty())
            .map(|(field, _)| (field, FieldError::Missing))
            .collect();
        if !missing.is_empty() {
            return Err(Error::Fields(missing));
        }
        let login = Login::Either(&name);
        let tokens = auth.log_in(&client, &SURFACE, login, &password, remember).await?;
        Ok(onward(auth, &to).keeping(auth, &tokens))
    };
    answer(done.await, "login", || LoginPage::new(auth, name.clone(), remember, &to))
}

#[post("/logout", data = "<form>")]
pub async fn log_out(
    auth: &State<Auth>,
    client: Client<'_>,
    cookie: Result<CookieToken<'_>, Error>,
    form: Result<Form, Error>,
) -> Result<Reply<()>, super::PageError> {
    form?;
    let ended = match cookie {
        Ok(cookie) => auth.log_out_by_refresh_token(&client, cookie.0).await,
        Err(e) => Err(e),
    };
    match ended {
        // Whoever logs out of a session that is gone has got what they want.
        Ok(()) | Err(Error::Unauthenticated | Error::TokenNotValid) => {}
        Err(e) => return Err(e.into()),
    }
    Ok(Reply::see(PATH).forgetting(auth).telling(auth, Notice::LoggedOut))
}
