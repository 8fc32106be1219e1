//! `/confirm-email`: a link that is only fetched changes nothing, the button does.
use crate::{
    flows::{Auth, Error, LinkState},
    view::View,
    web::{
        body::Body,
        client::Client,
        form::{FormToken, OwnForm},
        guards::SignedIn,
        page::Page,
        problem::Problem,
    },
};
use rocket::{State, get, http::Status, post};
use serde::Serialize;

/// `state` is `usable`, `done` or `expired`.
#[derive(Serialize)]
struct Confirm<'a> {
    state: &'static str,
    token: &'a str,
    csrf_token: String,
}

impl View for Confirm<'_> {
    const TEMPLATE: &'static str = "pages/confirm_email.html";
}

/// How templates call the state of a link.
pub const fn name(state: LinkState) -> &'static str {
    match state {
        LinkState::Usable => "usable",
        LinkState::Done => "done",
        LinkState::Expired => "expired",
    }
}

#[get("/confirm-email?<token>")]
pub async fn page<'r>(
    auth: &State<Auth>,
    form: FormToken,
    token: Option<&'r str>,
) -> Result<Page<impl View + use<'r>>, Problem> {
    let token = token.unwrap_or_default();
    let state = name(auth.confirmation_state(token).await?);
    Ok(Page(Status::Ok, Confirm { state, token, csrf_token: form.0 }))
}

#[post("/confirm-email", data = "<body>")]
pub async fn confirm(
    auth: &State<Auth>,
    client: Client<'_>,
    form: Result<OwnForm, Error>,
    by: Result<SignedIn, Error>,
    body: Result<Body, Error>,
) -> Result<Page<impl View + use<>>, Problem> {
    let (form, body) = (form?, body?);
    let (token, csrf_token) = body.read(|f| (f.text("token"), f.text("csrf_token")))?;
    form.check(csrf_token)?;
    let by = by.ok().map(|by| by.0);
    let (status, state) = match auth.confirm_email(&client, token, by.as_ref()).await {
        Ok(_) => (Status::Ok, "done"),
        Err(Error::LinkNotValid) => match auth.confirmation_state(token).await? {
            LinkState::Done => (Status::Ok, "done"),
            _ => (Status::BadRequest, "expired"),
        },
        Err(e) => return Err(e.into()),
    };
    Ok(Page(status, Confirm { state, token: "", csrf_token: String::new() }))
}
