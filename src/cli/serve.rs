//! `portcullis serve`: starts the service, and lets it finish its work before it stops.
use super::{Failure, shutdown::Signals};
use crate::{
    fairing::{self, LAST_MAILS},
    flows::Auth,
};
use rocket::{Orbit, Rocket, error::ErrorKind, fairing::AdHoc, figment::Figment};
use std::{
    convert::Infallible,
    io::{self, Write, stdout},
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{Notify, oneshot},
    time::timeout,
};

/// How long background work may take to finish, and how long the connections to the database to close.
const LAST_STATEMENTS: Duration = Duration::from_secs(2);

/// Rocket holds this value as long as it handles requests. Its drop reports that the last one has ended.
struct Presence(
    #[expect(dead_code, reason = "it tells by being dropped")] oneshot::Sender<Infallible>,
);

/// Serves until a signal (SIGINT, SIGTERM) stops it. Then requests and mails in progress finish first.
///
/// When Rocket 0.5 is told to stop, it waits for its whole grace period if any connection is open, and
/// sometimes it does not wait at all. So this function stops waiting for Rocket as soon as Rocket accepts no
/// more connections. Requests in progress continue, and the last one drops the state that Rocket manages.
pub async fn serve() -> Result<(), Failure> {
    // Report here, in one line, what keeps the service from starting: a fairing that fails inside Rocket
    // cannot say why. Checks that need no database come first, because there may be none yet.
    demand_port(&fairing::figment())?;
    drop(fairing::open(fairing::figment()).await?);
    let greeting = AdHoc::on_liftoff("Greeting", |rocket| Box::pin(greet(rocket)));
    let stopped = Arc::new(Notify::new());
    let tell = Arc::clone(&stopped);
    let stops = AdHoc::on_shutdown("Stop", |_| Box::pin(async move { tell.notify_one() }));
    // Our own code handles signals.
    let figment = fairing::figment()
        .merge(("shutdown.ctrlc", false))
        .merge(("shutdown.signals", Vec::<String>::new()));
    let (presence, left) = oneshot::channel();
    let rocket = fairing::custom(figment).manage(Presence(presence)).attach(greeting).attach(stops);
    let rocket = rocket.ignite().await.map_err(|e| told(&e))?;
    let auth = rocket.state::<Auth>().cloned();
    let patience = Duration::from_secs(
        u64::from(rocket.config().shutdown.grace) + u64::from(rocket.config().shutdown.mercy) + 1,
    );
    if let Some(auth) = &auth {
        tokio::spawn(Signals::new()?.obey(auth.clone(), rocket.shutdown()));
    }
    let launch = Box::pin(rocket.launch());
    tokio::select! {
        ended = launch => match ended {
            Err(e) if !matches!(e.kind(), ErrorKind::Shutdown(..)) => return Err(told(&e)),
            ended => drop(ended),
        },
        () = stopped.notified() => {}
    }
    if timeout(patience, left).await.is_err() {
        tracing::warn!("requests that took too long were cut off");
    }
    if let Some(auth) = auth {
        auth.end_mails(LAST_MAILS).await;
        if timeout(LAST_STATEMENTS, auth.settled()).await.is_err() {
            tracing::warn!("some of what goes on after an answer was cut off");
        }
        auth.close(LAST_STATEMENTS).await;
        if auth.is_database_lost() {
            let why =
                "the log of the database could not be synced: look at the disk, then start again";
            return Err(Failure::Input(why.to_owned()));
        }
    }
    Ok(())
}

/// Checks that the service can listen on its address.
///
/// # Errors
/// If it cannot. The message names the settings of the address.
fn demand_port(figment: &Figment) -> Result<(), Failure> {
    let Ok(config) = rocket::Config::try_from(figment) else { return Ok(()) };
    let address = SocketAddr::new(config.address, config.port);
    TcpListener::bind(address).map(drop).map_err(|e| unbound(address, &e))
}

fn unbound(address: SocketAddr, e: &io::Error) -> Failure {
    let why = match e.kind() {
        io::ErrorKind::AddrInUse => "another program listens there".to_owned(),
        io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        kind => kind.to_string(),
    };
    Failure::Input(format!(
        "{address} cannot be listened on: {why}; it is set by address and port, or ROCKET_ADDRESS and \
         ROCKET_PORT"
    ))
}

/// The reason in an error of Rocket. That error panics when it is dropped, unless it was inspected.
fn told(e: &rocket::Error) -> Failure {
    Failure::Input(match e.kind() {
        ErrorKind::Bind(e) => format!("the address cannot be listened on: {e}"),
        ErrorKind::FailedFairings(_) => {
            "the service does not start; the reason is above".to_owned()
        }
        other => other.to_string(),
    })
}

/// Prints the address of the service, the link that creates the first superuser, and where mails are shown.
async fn greet(rocket: &Rocket<Orbit>) {
    let config = rocket.config();
    let scheme = if config.tls_enabled() { "https" } else { "http" };
    let address = SocketAddr::new(config.address, config.port);
    let version = env!("CARGO_PKG_VERSION");
    let mut lines = vec![format!("Portcullis {version} listens on {scheme}://{address}")];
    if let Some(auth) = rocket.state::<Auth>() {
        let ours = auth.config();
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
        if ours.is_local() && ours.public_url.port_or_known_default() != Some(config.port) {
            tracing::warn!(
                public_url = %ours.public_url, port = config.port,
                "links lead to another port than the one listened on"
            );
        }
    }
    // A failed write does not matter: the service may run where nobody reads its output.
    let _ = writeln!(stdout(), "{}", lines.join("\n"));
}
