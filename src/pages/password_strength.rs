//! `/password-strength`: how hard a password is to guess. Our script calls it while the user types.
use crate::{
    flows::{Auth, Strength},
    view,
    web::{Client, Form, Problem, Reply, Visitor},
};
use rocket::{State, post};
use serde::Serialize;

/// How hard the password is to guess.
#[derive(Serialize)]
pub struct Told {
    /// `weak`, `fair`, `good` or `strong`; null if the service is too busy.
    strength: Option<&'static str>,
    /// The same as a sentence.
    text: Option<String>,
}

#[post("/password-strength", data = "<form>")]
pub async fn strength(
    auth: &State<Auth>,
    client: Client<'_>,
    visitor: Visitor,
    form: Form,
) -> Result<Reply<Told>, Problem> {
    let mut own: Vec<_> = ["email", "username", "first_name"].map(|name| form.typed(name)).into();
    if let Some(user) = visitor.user {
        own.extend([user.email, user.first_name, user.username.unwrap_or_default()]);
    }
    let body = form.body?;
    let password = body.read(|f| f.text("password"))?;
    let strength = auth.password_strength(&client, password, own).await?.map(Strength::name);
    let text = strength.map(|name| view::text(visitor.language, &format!("strength-{name}"), &[]));
    Ok(Reply::ok(Told { strength, text }))
}
