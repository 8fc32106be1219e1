//! `/account/sessions`: where somebody is logged in.
use super::{
    Sent, Shown, answer, login,
    person::{Device, Person},
};
use crate::{
    config::Language,
    flows::{Auth, Error, SessionId, SignedIn as Proven},
    view::View,
    web::{
        client::{Client, Reading},
        form::Form,
        guards::SignedIn,
        notice::Notice,
        page::Page,
        reply::Reply,
    },
};
use rocket::{State, get, post};
use serde::Serialize;
use uuid::Uuid;

const PATH: &str = "/account/sessions";

#[derive(Serialize)]
pub struct Sessions {
    user: Person,
    /// The last used first.
    devices: Vec<Device>,
}

impl View for Sessions {
    const TEMPLATE: &'static str = "pages/sessions.html";
    const PATH: &'static str = PATH;
}

async fn view(auth: &Auth, by: &Proven, language: Language) -> Result<Sessions, Error> {
    let now = auth.clock().now();
    let all = auth.sessions(by).await?;
    Ok(Sessions {
        user: Person::new(&by.user, language, now),
        devices: all.iter().map(|s| Device::new(s, by.session.id, language, now)).collect(),
    })
}

#[get("/account/sessions")]
pub async fn page(
    auth: &State<Auth>,
    by: Result<SignedIn, Error>,
    reading: Reading,
) -> Shown<Sessions> {
    Ok(Page::ok(view(auth, &by?.0, reading.0).await?))
}

/// Ends the session `id`.
#[post("/account/sessions", data = "<form>")]
pub async fn end(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Result<SignedIn, Error>,
    form: Result<Form, Error>,
    reading: Reading,
) -> Sent<Sessions> {
    let by = by?.0;
    let ended = async {
        let form = form?;
        let id = Uuid::try_parse(form.read(|f| f.text("id"))?).map_err(|_| Error::NotFound)?;
        if id == by.session.id.0 {
            auth.sign_out(&client, &by).await?;
            return Ok(Reply::see(login::PATH).forgetting(auth).telling(auth, Notice::LoggedOut));
        }
        match auth.end_session(&client, &by, SessionId(id)).await {
            // It may have ended since the page was made.
            Ok(()) | Err(Error::NotFound) => {}
            Err(e) => return Err(e),
        }
        Ok(Reply::see(PATH).telling(auth, Notice::SessionEnded))
    };
    let ended = ended.await;
    let shown = view(auth, &by, reading.0).await?;
    answer(ended, "sessions", || shown)
}

#[post("/account/sessions/others", data = "<form>")]
pub async fn end_others(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Result<SignedIn, Error>,
    form: Result<Form, Error>,
    reading: Reading,
) -> Sent<Sessions> {
    let by = by?.0;
    let ended = async {
        form?;
        auth.sign_out_elsewhere(&client, &by).await?;
        Ok(Reply::see(PATH).telling(auth, Notice::OthersEnded))
    };
    let ended = ended.await;
    let shown = view(auth, &by, reading.0).await?;
    answer(ended, "sessions", || shown)
}
