//! The outbox, with real SMTP.

/// Runs `async fn name(service: &Service, server: &MailServer)` on both engines.
macro_rules! with_mail_server {
    ($name:ident) => {
        on_both_databases!($name, |database| {
            let (server, url) = $crate::support::MailServer::start().await;
            let mut config = $crate::support::config();
            config.mail.url = portcullis::config::Secret(url);
            let service = $crate::support::Service::start(&database, config, None).await;
            $name(&service, &server).await;
            service.end().await;
            database.end().await;
        });
    };
}

mod delivery;
mod limits;
mod obsolete;
mod shutdown;

use crate::support::{PASSWORD, Service, rows};
use serde_json::json;

async fn register(service: &Service, email: &str) {
    let body = json!({ "email": email, "password": PASSWORD });
    service.stranger().post("/auth/register", body).await.expect(201);
}

async fn states(service: &Service) -> Vec<String> {
    rows(service, "SELECT state FROM auth_outbox ORDER BY id").await
}

fn header(text: &str, name: &str) -> String {
    text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": ")).unwrap().to_owned()
}
