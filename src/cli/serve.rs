//! `portcullis serve`: starts the service, and lets it finish its work before it stops.
use super::Failure;
use crate::{
    config,
    fairing::{self, StartError},
    flows::Auth,
    front::{Front, Prepared},
};
use std::io::{Write, stdout};

/// Serves until a signal (SIGINT, SIGTERM) stops it. Then requests and mails in progress finish first.
pub async fn serve() -> Result<(), Failure> {
    let figment = fairing::figment();
    let loaded = config::load(figment.clone());
    // The checks that need no database come first, because there may be none yet.
    let rocket = rocket::Config::try_from(&figment);
    let rocket = rocket.map_err(|_| StartError::Config(loaded.problems))?;
    let prepared = Prepared::new(&rocket, &loaded.config).await?;
    let front = Front::with(fairing::opened(figment).await?, prepared).await?;
    // Whoever reads the greeting may send a signal.
    let signals = front.signals()?;
    let auth = front.rocket().state::<Auth>().cloned();
    if let Some(auth) = &auth {
        greet(&front, auth).await;
    }
    front.run_with(signals).await;
    if auth.is_some_and(|auth| auth.is_database_lost()) {
        let why = "the log of the database could not be synced: look at the disk, then start again";
        return Err(Failure::Input(why.to_owned()));
    }
    Ok(())
}

/// Prints the addresses of the service, the link that creates the first superuser, and where mails are shown.
async fn greet(front: &Front, auth: &Auth) {
    let (ours, places) = (auth.config(), front.places().join(", "));
    let version = env!("CARGO_PKG_VERSION");
    let mut lines = vec![format!("Portcullis {version} listens on {places}")];
    lines.push(format!("  people reach it at  {}", ours.link("/")));
    if ours.docs {
        lines.push(format!("  try the API at      {}", ours.link("/docs/")));
    }
    match auth.offer_setup().await {
        // Only on the terminal: the link gives control of the service.
        Ok(Some(link)) => lines.push(format!("  set it up, once, at {link}")),
        Ok(None) => {}
        Err(e) => tracing::warn!(error = %e, "no setup link can be made"),
    }
    if auth.mailer().kept().is_some() {
        lines.push(format!("  mails are shown at  {}", ours.link("/dev/mail")));
    }
    let port = ours.public_url.port_or_known_default();
    let mut ports = front.addresses().into_iter().map(|(address, _)| address.port());
    if ours.is_local() && !ports.any(|p| Some(p) == port) {
        tracing::warn!(
            public_url = %ours.public_url, listens_on = places,
            "links lead to another port than the one listened on"
        );
    }
    // A failed write does not matter: the service may run where nobody reads its output.
    let _ = writeln!(stdout(), "{}", lines.join("\n"));
}
