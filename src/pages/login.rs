//! `/login` and `/logout`.
use super::{SURFACE, Sent, answer, paths};
use crate::{
    field_error::FieldError,
    flows::{Auth, Error, Login},
    view::View,
    web::{self, Client, CookieToken, Form, Notice, Page, Reply, SignedIn, reply::return_to::next},
};
use rocket::{Either, State, get, post};
use serde::Serialize;

/// The page with the form to log in.
#[derive(Serialize)]
pub struct LoginPage {
    /// An email or a username, as typed.
    login: String,
    remember: bool,
    /// Where the login leads; empty for the page of the account.
    next: String,
    /// Whether there is a link to the registration.
    open: bool,
    /// Whether there is a link to the login by mail.
    by_mail: bool,
}

impl View for LoginPage {
    const TEMPLATE: &'static str = "pages/login.html";
    const PATH: &'static str = paths::LOGIN;
}

impl LoginPage {
    fn new(auth: &Auth, login: String, remember: bool, to: &str) -> Self {
        let next = next(auth.config(), to).unwrap_or_default();
        let by_mail = auth.config().login_by_mail;
        Self { login, remember, next, open: auth.registration_open(), by_mail }
    }
}

/// The redirect after a login or a registration.
pub fn redirect_to(auth: &Auth, to: &str) -> Reply<()> {
    Reply::see(next(auth.config(), to).unwrap_or_else(|| paths::ACCOUNT.to_owned()))
}

#[get("/login?<next>")]
pub fn page(
    auth: &State<Auth>,
    by: web::Result<SignedIn>,
    next: Option<&str>,
) -> Either<Reply<()>, Page<LoginPage>> {
    let next = next.unwrap_or_default();
    match by.ok() {
        Some(_) => Either::Left(redirect_to(auth, next)),
        None => Either::Right(Page::ok(LoginPage::new(auth, String::new(), true, next))),
    }
}

#[post("/login", data = "<form>")]
pub async fn log_in(auth: &State<Auth>, client: Client<'_>, form: Form) -> Sent<LoginPage> {
    let names = ["login", "email", "username"].map(|name| form.typed(name));
    let name = names.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    let to = form.typed("next");
    let mut remember = true;
    let done = async {
        let password = form
            .body?
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
            return Err(Error::Fields(missing).into());
        }
        let login = Login::Either(&name);
        let tokens = auth.log_in(&client, &SURFACE, login, &password, remember).await?;
        Ok(redirect_to(auth, &to).with_refresh_cookie(auth, &tokens))
    };
    answer(done.await, "login", async { Ok(LoginPage::new(auth, name, remember, &to)) }).await
}

#[post("/logout", data = "<form>")]
pub async fn log_out(
    auth: &State<Auth>,
    client: Client<'_>,
    cookie: web::Result<CookieToken<'_>>,
    form: Form,
) -> Result<Reply<()>, super::PageError> {
    form.body?;
    let ended = match cookie {
        Ok(cookie) => {
            auth.log_out_by_refresh_token(&client, cookie.0).await.map_err(web::Error::from)
        }
        Err(e) => Err(e),
    };
    match ended {
        // A session that has ended already needs no logout.
        Ok(()) | Err(web::Error::Unauthenticated | web::Error::Flow(Error::TokenNotValid)) => {}
        Err(e) => return Err(e.into()),
    }
    Ok(Reply::see(paths::LOGIN).without_refresh_cookie(auth).with_notice(auth, Notice::LoggedOut))
}
