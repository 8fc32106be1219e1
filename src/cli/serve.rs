//! `portcullis serve`
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

/// How long the connections to the database may take to end.
const LAST_STATEMENTS: Duration = Duration::from_secs(2);

/// Rocket keeps it as long as it answers requests.
struct Presence(
    #[expect(dead_code, reason = "it tells by being dropped")] oneshot::Sender<Infallible>,
);

/// Serves until it is told to stop (SIGINT, SIGTERM); then requests and mails under way end first.
///
/// Rocket 0.5 waits for the whole of its grace as soon as one connection is open when it is told to
/// stop, and sometimes not at all. So it is left once it takes no connection any more; what it has begun
/// goes on, and the last that ends drops what Rocket manages.
pub async fn serve() -> Result<(), Failure> {
    // Whatever keeps the service from starting is told here in one line; a fairing that fails inside
    // of Rocket cannot tell why. First what needs no database: there may be none yet.
    demand_port(&fairing::figment())?;
    drop(fairing::open(fairing::figment()).await?);
    let greeting = AdHoc::on_liftoff("Greeting", |rocket| Box::pin(greet(rocket)));
    let stopped = Arc::new(Notify::new());
    let tell = Arc::clone(&stopped);
    let stops = AdHoc::on_shutdown("Stop", |_| Box::pin(async move { tell.notify_one() }));
    // Signals are ours to handle.
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

/// # Errors
/// If the address cannot be listened on, with the settings that name it.
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
        if ours.docs {
            lines.push(format!("  try the API at      {}", ours.link("/docs/")));
        }
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
