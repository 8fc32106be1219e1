//! `/forgot-password`: requests the link that resets a password.
use super::{Sent, answer, paths};
use crate::{
    view::View,
    web::{Client, Form, Notice, Page, Reply},
};
use rocket::{get, post};
use serde::Serialize;

/// The page with the form to request the link.
#[derive(Default, Serialize)]
pub struct Forgot {
    email: String,
}

impl View for Forgot {
    const TEMPLATE: &'static str = "pages/forgot_password.html";
    const PATH: &'static str = "/forgot-password";
}

#[get("/forgot-password")]
pub fn page() -> Page<Forgot> {
    Page::ok(Forgot::default())
}

#[post("/forgot-password", data = "<form>")]
pub async fn forgot(client: Client<'_>, form: Form) -> Sent<Forgot> {
    let email = form.typed("email");
    let done = async {
        form.body?;
        client.auth.forgot_password(&client, &email).await?;
        Ok(Reply::see(paths::LOGIN).with_notice(client.auth, Notice::ResetMailed))
    };
    answer(done.await, "forgot", async { Ok(Forgot { email }) }).await
}
