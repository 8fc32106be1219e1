//! `/account`: profile, address, password, and the end of it all.
use super::{Sent, Shown, answer, login, person::Person};
use crate::{
    config::Language,
    flows::{Auth, Error, ProfileChange, SignedIn as Proven},
    view::View,
    web::{
        client::{Client, Reading, language_cookie},
        form::{Form, typed},
        guards::SignedIn,
        notice::Notice,
        page::Page,
        reply::Reply,
    },
};
use rocket::{State, get, post};
use serde::Serialize;

pub const PATH: &str = "/account";

#[derive(Serialize)]
pub struct Account {
    user: Person,
    /// The languages there are: tag and name.
    tongues: Vec<(&'static str, &'static str)>,
    /// The new address, as typed.
    new_email: String,
    /// In characters.
    min_length: usize,
}

impl View for Account {
    const TEMPLATE: &'static str = "pages/account.html";
    const PATH: &'static str = PATH;
}

type Signed = Result<SignedIn, Error>;
type FormSent = Result<Form, Error>;

fn view(auth: &Auth, by: &Proven, language: Language) -> Account {
    Account {
        user: Person::new(&by.user, language, auth.clock().now()),
        tongues: Language::ALL.map(|l| (l.tag(), l.name())).into(),
        new_email: String::new(),
        min_length: auth.config().password.min_length,
    }
}

fn done(auth: &Auth, notice: Notice) -> Reply<()> {
    Reply::see(PATH).telling(auth, notice)
}

#[get("/account")]
pub fn page(auth: &State<Auth>, by: Signed, reading: Reading) -> Shown<Account> {
    Ok(Page::ok(view(auth, &by?.0, reading.0)))
}

#[post("/account/profile", data = "<form>")]
pub async fn profile(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Signed,
    form: FormSent,
    reading: Reading,
) -> Sent<Account> {
    let by = by?.0;
    let mut shown = view(auth, &by, reading.0);
    if form.is_ok() {
        let [username, first_name] = ["username", "first_name"].map(|name| typed(&form, name));
        shown.user.retype(username, first_name);
    }
    let saved = async {
        let form = form?;
        let change = form.read(|f| ProfileChange {
            username: f.nullable("username"),
            first_name: f.optional("first_name"),
            language: f.nullable("language").map(|tag| tag.filter(|t| !t.is_empty())),
        })?;
        let user = auth.change_profile(&client, &by, change).await?;
        let saved = done(auth, Notice::ProfileSaved);
        let own = user.language.as_deref().and_then(Language::from_tag);
        Ok(match own {
            Some(own) => saved.header("Set-Cookie", language_cookie(auth, own).to_string()),
            None => saved,
        })
    };
    answer(saved.await, "profile", || shown)
}

#[post("/account/email", data = "<form>")]
pub async fn email(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Signed,
    form: FormSent,
    reading: Reading,
) -> Sent<Account> {
    let by = by?.0;
    let new_email = typed(&form, "email");
    let asked = async {
        let form = form?;
        let (email, password) = form.read(|f| (f.text("email"), f.text("password")))?;
        auth.change_email(&client, &by, email, password).await?;
        Ok(done(auth, Notice::EmailChangeMailed))
    };
    answer(asked.await, "email", || Account { new_email, ..view(auth, &by, reading.0) })
}

/// Mails the link that confirms the address again.
#[post("/account/email/resend", data = "<form>")]
pub async fn resend(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Signed,
    form: FormSent,
    reading: Reading,
) -> Sent<Account> {
    let by = by?.0;
    let mailed = async {
        form?;
        auth.resend_confirmation(&client, &by).await?;
        Ok(done(auth, Notice::ConfirmationMailed))
    };
    answer(mailed.await, "resend", || view(auth, &by, reading.0))
}

#[post("/account/password", data = "<form>")]
pub async fn password(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Signed,
    form: FormSent,
    reading: Reading,
) -> Sent<Account> {
    let by = by?.0;
    let changed = async {
        let form = form?;
        let (current, new) = form.read(|f| (f.text("current_password"), f.text("new_password")))?;
        auth.change_password(&client, &by, current, new).await?;
        Ok(done(auth, Notice::PasswordChanged))
    };
    answer(changed.await, "password", || view(auth, &by, reading.0))
}

#[post("/account/delete", data = "<form>")]
pub async fn delete(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Signed,
    form: FormSent,
    reading: Reading,
) -> Sent<Account> {
    let by = by?.0;
    let deleted = async {
        let form = form?;
        let password = form.read(|f| f.text("password"))?;
        auth.delete_account(&client, &by, password).await?;
        Ok(Reply::see(login::PATH).forgetting(auth).telling(auth, Notice::AccountDeleted))
    };
    answer(deleted.await, "delete", || view(auth, &by, reading.0))
}
