//! `/register`.
use super::{
    POLICY, Sent, answer,
    login::{self, onward},
};
use crate::{
    flows::{Auth, Error, Login, NewAccount, SignedUp},
    view::View,
    web::{
        client::Client,
        cookie,
        form::{Form, typed},
        guards::SignedIn,
        next::next,
        notice::Notice,
        page::Page,
        reply::Reply,
    },
};
use rocket::{Either, State, get, post};
use serde::Serialize;

#[derive(Serialize)]
pub struct RegisterPage {
    /// Whether there is a form at all.
    open: bool,
    email: String,
    username: String,
    first_name: String,
    /// What came with the invitation; empty for none.
    invite: String,
    next: String,
    /// In characters.
    min_length: usize,
}

impl View for RegisterPage {
    const TEMPLATE: &'static str = "pages/register.html";
    const PATH: &'static str = "/register";
}

impl RegisterPage {
    fn new(auth: &Auth, to: &str) -> Self {
        Self {
            open: auth.registration_open(),
            email: String::new(),
            username: String::new(),
            first_name: String::new(),
            invite: String::new(),
            next: next(auth.config(), to).unwrap_or_default(),
            min_length: auth.config().password.min_length,
        }
    }
}

#[get("/register?<next>")]
pub fn page(
    auth: &State<Auth>,
    by: Result<SignedIn, Error>,
    next: Option<&str>,
) -> Either<Reply<()>, Page<RegisterPage>> {
    let next = next.unwrap_or_default();
    match by.ok() {
        Some(_) => Either::Left(onward(auth, next)),
        None => Either::Right(Page::ok(RegisterPage::new(auth, next))),
    }
}

#[post("/register", data = "<form>")]
pub async fn register(
    auth: &State<Auth>,
    client: Client<'_>,
    form: Result<Form, Error>,
) -> Sent<RegisterPage> {
    let [email, username, first_name, invite, to] =
        ["email", "username", "first_name", "invite", "next"].map(|name| typed(&form, name));
    let done = async {
        let form = form?;
        let password = form.read(|f| f.text("password"))?;
        let new = NewAccount {
            email: &email,
            password,
            username: Some(&username),
            first_name: Some(&first_name),
            invite: Some(invite.as_str()).filter(|i| !i.is_empty()),
        };
        let reply = match auth.sign_up(&client, new).await? {
            SignedUp::Created(user) => {
                let login = Login::Id(user.id);
                let tokens = auth.sign_in(&client, &POLICY, login, password, true).await?;
                onward(auth, &to).keeping(auth, &tokens).telling(auth, Notice::Registered)
            }
            SignedUp::Pending => Reply::see(login::PATH).telling(auth, Notice::CheckMail),
        };
        Ok(match auth.browser_mark(&email) {
            Some(mark) => reply.header("Set-Cookie", cookie::registrant(auth.config(), mark)),
            None => reply,
        })
    };
    let done = done.await;
    answer(done, "register", || RegisterPage {
        email: email.clone(),
        username: username.clone(),
        first_name: first_name.clone(),
        invite: invite.clone(),
        ..RegisterPage::new(auth, &to)
    })
}
