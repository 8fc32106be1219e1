//! Accounts: registration, confirmation, profile, password, email, deletion.
mod change_email;
mod confirm_email;
mod delete;
mod password;
mod password_policy;
mod profile;
mod register;
mod setup;
mod stored_secrets;
mod wrong_passwords;

use crate::support::{PASSWORD, Person, Reply, Service};
use portcullis::{config::EmailConfirmation, flows::NewUser};
use serde_json::json;

const NEW: &str = "seven green herons";
const ANN: &str = "ann@example.com";

impl Service {
    /// A person at another browser who is logged in to the same account.
    async fn elsewhere(&self, login: &str) -> Person<'_> {
        let person = self.stranger();
        person.login_with(json!({ "login": login, "password": PASSWORD })).await.expect(200);
        person
    }
}

impl Person<'_> {
    async fn registers(&self, email: &str) {
        let reply =
            self.post("/auth/register", json!({ "email": email, "password": PASSWORD })).await;
        assert!([201, 202].contains(&reply.status), "{reply:?}");
    }

    async fn confirms(&self, body: serde_json::Value) -> Reply {
        self.post("/auth/email/confirm", body).await
    }

    /// Opens the page of a mailed link and sends one of its forms.
    async fn press(&self, path: &str, token: &str, to: &str, fields: &[(&str, &str)]) -> Reply {
        self.follow(&self.get(&format!("{path}?token={token}")).await, path).await;
        self.submit(path, to, &[&[("token", token)], fields].concat()).await
    }
}

async fn add_operator(service: &Service, email: &str) {
    let new = NewUser { email, password: PASSWORD, superuser: true, ..NewUser::default() };
    service.auth().admin(&portcullis::flows::Operator::cli()).add_user(new).await.unwrap();
}

fn confirmation_required(c: &mut portcullis::config::Config) {
    c.email_confirmation = EmailConfirmation::Required;
}
