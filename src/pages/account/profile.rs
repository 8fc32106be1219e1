//! `/account`: profile, email, password, and deletion of the account.
use super::views::Person;
use crate::{
    config::Language,
    flows::{Auth, ProfileChange},
    pages::{Sent, Shown, answer, paths},
    view::View,
    web::{self, Form, Notice, Page, Reply, UserContext, request::language},
};
use rocket::{get, post};
use serde::Serialize;

/// The page of the user's own account.
#[derive(Serialize)]
pub struct Account {
    user: Person,
    /// The new email, as typed.
    new_email: String,
}

impl View for Account {
    const TEMPLATE: &'static str = "pages/account.html";
    const PATH: &'static str = paths::ACCOUNT;
}

type Who<'r> = web::Result<UserContext<'r>>;

fn view(r: &UserContext<'_>) -> Account {
    Account { user: Person::new(r), new_email: String::new() }
}

fn done(auth: &Auth, notice: Notice) -> Reply<()> {
    Reply::see(paths::ACCOUNT).with_notice(auth, notice)
}

#[get("/account")]
pub fn page(reader: Who<'_>) -> Shown<Account> {
    Ok(Page::ok(view(&reader?)))
}

#[post("/account/profile", data = "<form>")]
pub async fn profile(reader: Who<'_>, form: Form) -> Sent<Account> {
    let r = reader?;
    let mut shown = view(&r);
    if form.body.is_ok() {
        let [username, first_name] = ["username", "first_name"].map(|name| form.typed(name));
        shown.user.show_input(username, first_name);
    }
    let saved = async {
        let form = form.body?;
        let change = form.read(|f| ProfileChange {
            username: f.nullable("username"),
            first_name: f.optional("first_name"),
            language: f.nullable("language").map(|tag| tag.filter(|t| !t.is_empty())),
            ..ProfileChange::default()
        })?;
        let user = r.auth.change_profile(r.caller, &r.by, change).await?;
        let saved = done(r.auth, Notice::ProfileSaved);
        let own = user.language.as_deref().and_then(Language::from_tag);
        if own.is_none() && r.by.user.language.is_none() {
            return Ok(saved);
        }
        // The language in the cookie would take precedence.
        Ok(saved.header("Set-Cookie", language::cookie(r.auth, own).to_string()))
    };
    answer(saved.await, "profile", async { Ok(shown) }).await
}

#[post("/account/email", data = "<form>")]
pub async fn email(reader: Who<'_>, form: Form) -> Sent<Account> {
    let r = reader?;
    let new_email = form.typed("email");
    let asked = async {
        let form = form.body?;
        let (email, password) = form.read(|f| (f.text("email"), f.text("password")))?;
        r.auth.change_email(r.caller, &r.by, email, password).await?;
        Ok(done(r.auth, Notice::EmailChangeMailed))
    };
    answer(asked.await, "email", async { Ok(Account { new_email, ..view(&r) }) }).await
}

/// Mails the link that confirms the address again.
#[post("/account/email/resend", data = "<form>")]
pub async fn resend(reader: Who<'_>, form: Form) -> Sent<Account> {
    let r = reader?;
    let mailed = async {
        form.body?;
        r.auth.resend_confirmation(r.caller, &r.by).await?;
        Ok(done(r.auth, Notice::ConfirmationResent))
    };
    answer(mailed.await, "resend", async { Ok(view(&r)) }).await
}

/// Confirms an address by the code in a mail.
#[post("/account/email/code", data = "<form>")]
pub async fn code(reader: Who<'_>, form: Form) -> Sent<Account> {
    let r = reader?;
    let confirmed = async {
        let form = form.body?;
        let code = form.read(|f| f.text("code"))?;
        r.auth.confirm_by_code(r.caller, &r.by, code).await?;
        Ok(done(r.auth, Notice::EmailConfirmed))
    };
    answer(confirmed.await, "code", async { Ok(view(&r)) }).await
}

#[post("/account/password", data = "<form>")]
pub async fn password(reader: Who<'_>, form: Form) -> Sent<Account> {
    let r = reader?;
    let changed = async {
        let form = form.body?;
        let (current, new) = form.read(|f| (f.text("current_password"), f.text("new_password")))?;
        r.auth.change_password(r.caller, &r.by, current, new).await?;
        Ok(done(r.auth, Notice::PasswordChanged))
    };
    answer(changed.await, "password", async { Ok(view(&r)) }).await
}

#[post("/account/delete", data = "<form>")]
pub async fn delete(reader: Who<'_>, form: Form) -> Sent<Account> {
    let r = reader?;
    let deleted = async {
        let form = form.body?;
        let password = form.read(|f| f.text("password"))?;
        r.auth.delete_account(r.caller, &r.by, password).await?;
        Ok(Reply::see(paths::LOGIN)
            .without_refresh_cookie(r.auth)
            .with_notice(r.auth, Notice::AccountDeleted))
    };
    answer(deleted.await, "delete", async { Ok(view(&r)) }).await
}
