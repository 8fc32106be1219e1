//! `/account`: profile, email, password, and deletion of the account.
use super::{viewer::Reader, views::Person};
use crate::{
    config::Language,
    flows::{Auth, ProfileChange},
    pages::{Sent, Shown, answer, paths},
    view::View,
    web::{
        self,
        csrf_token::{Form, typed},
        reply::{flash::Notice, json::Reply, page::Page},
        request::language,
    },
};
use rocket::{get, post};
use serde::Serialize;

/// The page of the user's own account.
#[derive(Serialize)]
pub struct Account {
    user: Person,
    /// The supported languages: tag and name.
    tongues: Vec<(&'static str, &'static str)>,
    /// The new email, as typed.
    new_email: String,
    /// The shortest password allowed, in characters.
    min_length: usize,
}

impl View for Account {
    const TEMPLATE: &'static str = "pages/account.html";
    const PATH: &'static str = paths::ACCOUNT;
}

type Who<'r> = web::Result<Reader<'r>>;
type FormSent = web::Result<Form>;

fn view(r: &Reader<'_>) -> Account {
    Account {
        user: Person::new(r),
        tongues: Language::ALL.map(|l| (l.tag(), l.name())).into(),
        new_email: String::new(),
        min_length: r.auth.config().password.min_length,
    }
}

fn done(auth: &Auth, notice: Notice) -> Reply<()> {
    Reply::see(paths::ACCOUNT).with_notice(auth, notice)
}

#[get("/account")]
pub fn page(reader: Who<'_>) -> Shown<Account> {
    Ok(Page::ok(view(&reader?)))
}

#[post("/account/profile", data = "<form>")]
pub async fn profile(reader: Who<'_>, form: FormSent) -> Sent<Account> {
    let r = reader?;
    let mut shown = view(&r);
    if form.is_ok() {
        let [username, first_name] = ["username", "first_name"].map(|name| typed(&form, name));
        shown.user.show_input(username, first_name);
    }
    let saved = async {
        let form = form?;
        let change = form.read(|f| ProfileChange {
            username: f.nullable("username"),
            first_name: f.optional("first_name"),
            language: f.nullable("language").map(|tag| tag.filter(|t| !t.is_empty())),
            ..ProfileChange::default()
        })?;
        let user = r.auth.change_profile(r.caller, &r.by, change).await?;
        let saved = done(r.auth, Notice::ProfileSaved);
        let own = user.language.as_deref().and_then(Language::from_tag);
        // The language in the cookie would take precedence.
        let cookie = match own {
            Some(own) => language::cookie(r.auth, own),
            None if r.by.user.language.is_some() => language::no_cookie(r.auth),
            None => return Ok(saved),
        };
        Ok(saved.header("Set-Cookie", cookie.to_string()))
    };
    answer(saved.await, "profile", || shown)
}

#[post("/account/email", data = "<form>")]
pub async fn email(reader: Who<'_>, form: FormSent) -> Sent<Account> {
    let r = reader?;
    let new_email = typed(&form, "email");
    let asked = async {
        let form = form?;
        let (email, password) = form.read(|f| (f.text("email"), f.text("password")))?;
        r.auth.change_email(r.caller, &r.by, email, password).await?;
        Ok(done(r.auth, Notice::EmailChangeMailed))
    };
    answer(asked.await, "email", || Account { new_email, ..view(&r) })
}

/// Mails the link that confirms the address again.
#[post("/account/email/resend", data = "<form>")]
pub async fn resend(reader: Who<'_>, form: FormSent) -> Sent<Account> {
    let r = reader?;
    let mailed = async {
        form?;
        r.auth.resend_confirmation(r.caller, &r.by).await?;
        Ok(done(r.auth, Notice::ConfirmationResent))
    };
    answer(mailed.await, "resend", || view(&r))
}

/// Confirms an address by the code in a mail.
#[post("/account/email/code", data = "<form>")]
pub async fn code(reader: Who<'_>, form: FormSent) -> Sent<Account> {
    let r = reader?;
    let confirmed = async {
        let form = form?;
        let code = form.read(|f| f.text("code"))?;
        r.auth.confirm_by_code(r.caller, &r.by, code).await?;
        Ok(done(r.auth, Notice::EmailConfirmed))
    };
    answer(confirmed.await, "code", || view(&r))
}

#[post("/account/password", data = "<form>")]
pub async fn password(reader: Who<'_>, form: FormSent) -> Sent<Account> {
    let r = reader?;
    let changed = async {
        let form = form?;
        let (current, new) = form.read(|f| (f.text("current_password"), f.text("new_password")))?;
        r.auth.change_password(r.caller, &r.by, current, new).await?;
        Ok(done(r.auth, Notice::PasswordChanged))
    };
    answer(changed.await, "password", || view(&r))
}

#[post("/account/delete", data = "<form>")]
pub async fn delete(reader: Who<'_>, form: FormSent) -> Sent<Account> {
    let r = reader?;
    let deleted = async {
        let form = form?;
        let password = form.read(|f| f.text("password"))?;
        r.auth.delete_account(r.caller, &r.by, password).await?;
        Ok(Reply::see(paths::LOGIN)
            .without_refresh_cookie(r.auth)
            .with_notice(r.auth, Notice::AccountDeleted))
    };
    answer(deleted.await, "delete", || view(&r))
}
