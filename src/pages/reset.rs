//! `/reset-password`: where the mailed link leads.
use super::confirm::name;
use crate::{
    flows::{Auth, Error},
    view::View,
    web::{
        body::Body,
        client::Client,
        form::{FormToken, OwnForm},
        page::Page,
        problem::{Problem, sentence},
    },
};
use rocket::{State, get, http::Status, post};
use serde::Serialize;

/// `state` is `usable`, `done` or `expired`.
#[derive(Serialize)]
struct Reset {
    state: &'static str,
    token: String,
    csrf_token: String,
    min_length: usize,
    /// What is wrong with the new password.
    error: Option<String>,
}

impl View for Reset {
    const TEMPLATE: &'static str = "pages/reset_password.html";
}

#[get("/reset-password?<token>")]
pub async fn page(
    auth: &State<Auth>,
    form: FormToken,
    token: Option<&str>,
) -> Result<Page<impl View + use<>>, Problem> {
    let token = token.unwrap_or_default();
    let state = name(auth.reset_state(token).await?);
    Ok(Page(Status::Ok, view(auth, state, token, form.0)))
}

fn view(auth: &Auth, state: &'static str, token: &str, csrf_token: String) -> Reset {
    let min_length = auth.config().password.min_length;
    Reset { state, token: token.to_owned(), csrf_token, min_length, error: None }
}

#[post("/reset-password", data = "<body>")]
pub async fn reset(
    auth: &State<Auth>,
    client: Client<'_>,
    form: Result<OwnForm, Error>,
    body: Result<Body, Error>,
) -> Result<Page<impl View + use<>>, Problem> {
    let (form, body) = (form?, body?);
    let (token, new, csrf_token) =
        body.read(|f| (f.text("token"), f.text("new_password"), f.text("csrf_token")))?;
    form.check(csrf_token)?;
    match auth.reset_password(&client, token, new).await {
        Ok(()) => Ok(Page(Status::Ok, view(auth, "done", "", String::new()))),
        Err(Error::LinkNotValid) => {
            Ok(Page(Status::BadRequest, view(auth, "expired", "", String::new())))
        }
        Err(Error::Fields(fields)) => {
            let mut again = view(auth, "usable", token, csrf_token.to_owned());
            again.error = fields.first().map(|(_, why)| sentence(client.language, *why));
            Ok(Page(Status::BadRequest, again))
        }
        Err(e) => Err(e.into()),
    }
}
