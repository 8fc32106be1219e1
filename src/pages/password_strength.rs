//! `/password-strength`: how hard a password is to guess, asked by our script while it is typed.
use crate::{
    flows::{Auth, Error},
    password::Strength,
    view,
    web::{
        csrf_token::{Form, typed},
        guards::SignedIn,
        reply::{json::Reply, problem::Problem},
        request::client::Reading,
    },
};
use rocket::{State, post};
use serde::Serialize;

#[derive(Serialize)]
pub struct Told {
    /// `weak`, `fair`, `good` or `strong`; null if there is too much to do.
    strength: Option<&'static str>,
    /// The same as a sentence.
    text: Option<String>,
}

#[post("/password-strength", data = "<form>")]
pub async fn strength(
    auth: &State<Auth>,
    by: Result<SignedIn, Error>,
    form: Result<Form, Error>,
    reading: Reading,
) -> Result<Reply<Told>, Problem> {
    let mut own: Vec<_> = ["email", "username", "first_name"].map(|name| typed(&form, name)).into();
    if let Ok(by) = by {
        let user = by.0.user;
        own.extend([user.email, user.first_name, user.username.unwrap_or_default()]);
    }
    let form = form?;
    let password = form.read(|f| f.text("password"))?;
    let strength = auth.password_strength(password, own).await?.map(Strength::name);
    let text = strength.map(|name| view::text(reading.0, &format!("strength-{name}"), &[]));
    Ok(Reply::ok(Told { strength, text }))
}
