//! `portcullis serve`
use super::{Failure, open};
use crate::{fairing, flows::Auth};
use rocket::{Orbit, Rocket, error::ErrorKind, fairing::AdHoc};
use std::{
    io::{Write, stdout},
    net::SocketAddr,
};

/// Serves until it is told to stop (SIGINT, SIGTERM).
pub async fn serve() -> Result<(), Failure> {
    // Whatever keeps the service from starting is told here in one line; a fairing that fails inside
    // of Rocket cannot tell why.
    drop(open().await?);
    let greeting = AdHoc::on_liftoff("Greeting", |rocket| Box::pin(greet(rocket)));
    let rocket = fairing::rocket().attach(greeting).ignite().await.map_err(|e| told(&e))?;
    let rocket = rocket.launch().await.map_err(|e| told(&e))?;
    if rocket.state::<Auth>().is_some_and(Auth::is_database_lost) {
        let why = "the log of the database could not be synced: look at the disk, then start again";
        return Err(Failure::Input(why.to_owned()));
    }
    Ok(())
}

/// Rocket's error has to be looked at, or it panics when it is dropped.
fn told(e: &rocket::Error) -> Failure {
    Failure::Input(match e.kind() {
        ErrorKind::Bind(e) => format!("the address cannot be listened on: {e}"),
        ErrorKind::FailedFairings(_) => {
            "the service does not start; the reason is above".to_owned()
        }
        other => other.to_string(),
    })
}

/// Says where the service is, how the first superuser is made, and where mails are shown.
async fn greet(rocket: &Rocket<Orbit>) {
    let config = rocket.config();
    let scheme = if config.tls_enabled() { "https" } else { "http" };
    let address = SocketAddr::new(config.address, config.port);
    let version = env!("CARGO_PKG_VERSION");
    let mut lines = vec![format!("Portcullis {version} listens on {scheme}://{address}")];
    if let Some(auth) = rocket.state::<Auth>() {
        let ours = auth.config();
        lines.push(format!("  people reach it at  {}", ours.link("/")));
        lines.push(format!("  try the API at      {}", ours.link("/docs/")));
        match auth.offer_setup().await {
            // On the terminal and nowhere else: whoever has it has the service.
            Ok(Some(link)) => lines.push(format!("  set it up, once, at {link}")),
            Ok(None) => {}
            Err(e) => tracing::warn!(error = %e, "no setup link can be made"),
        }
        if auth.mailer().kept().is_some() {
            lines.push(format!("  mails are shown at  {}", ours.link("/dev/mail")));
        }
        if ours.is_local() && ours.public_url.port_or_known_default() != Some(config.port) {
            tracing::warn!(
                public_url = %ours.public_url, port = config.port,
                "links lead to another port than the one listened on"
            );
        }
    }
    // Served is also where nobody reads this.
    let _ = writeln!(stdout(), "{}", lines.join("\n"));
}
