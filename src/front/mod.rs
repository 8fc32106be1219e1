//! The front: accepts connections with limits of time, size and number, and hands complete requests to Rocket.
//!
//! Rocket's own server has none of these limits and takes no others. docs/decisions/0031 says why there is a
//! front, and what it does differently.
mod accept;
mod activity;
mod connection;
mod dispatch;
mod limits;
mod listeners;
pub mod proxy_protocol;
mod redirect;
mod reply;
mod request;
mod shutdown;
mod stream;
mod tls;

use crate::{config::Config, flows::Auth, workers::LAST_MAILS};
use connection::Executor;
use hyper_util::server::conn::auto::Builder;
use ipnet::IpNet;
use limits::{Limits, Slots};
use listeners::{Listener, Listeners, Purpose};
use rocket::{
    Build, Orbit, Phase, Rocket, error::ErrorKind, fairing::AdHoc, local::asynchronous::Client,
};
use rustls::ServerConfig;
use shutdown::Signals;
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tls::Certificates;
use tokio::{
    sync::{Notify, Semaphore, watch},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;

/// How long tasks that are cut off may take to end, how long background work may take to finish, and how long
/// the connections to the database to close.
const CLEANUP_TIMEOUT: Duration = Duration::from_secs(2);

/// Why the front does not start.
#[derive(Debug, thiserror::Error)]
pub enum FrontError {
    /// An address cannot be listened on: the reason.
    #[error("{0}")]
    Listen(String),
    /// The certificates cannot be used: the reason.
    #[error("the certificates (tls.certs, tls.key): {0}")]
    Certificates(String),
    /// Rocket does not start: the reason.
    #[error("{0}")]
    Rocket(String),
    /// The signals of the process cannot be received.
    #[error("signals cannot be received: {0}")]
    Signals(#[from] io::Error),
}

/// What all connections share.
struct Shared {
    client: Client,
    limits: Limits,
    protocols: Builder<Executor>,
    trusted_proxies: Vec<IpNet>,
    proxy_protocol: bool,
    public_url: Url,
    certificates: Option<watch::Receiver<Arc<ServerConfig>>>,
    /// The connections that may still be opened.
    connection_permits: Arc<Semaphore>,
    /// The requests that may still be handled at once.
    request_permits: Arc<Semaphore>,
    slots: Arc<Slots>,
    /// The memory for the bodies of all requests.
    body_memory: Arc<Semaphore>,
    tasks: TaskTracker,
    /// Cancelled when the service takes no more requests.
    stop: CancellationToken,
    /// Cancelled when the requests in progress have had their time.
    abort: CancellationToken,
}

/// The sockets and certificates of a front, before there is an application.
pub(crate) struct Prepared {
    listeners: Listeners,
    certificates: Option<Certificates>,
}

impl Prepared {
    /// Reads the certificates and listens on the addresses in the settings of Rocket and Portcullis.
    ///
    /// # Errors
    /// If one of them cannot be used.
    pub(crate) async fn new(rocket: &rocket::Config, config: &Config) -> Result<Self, FrontError> {
        let certificates = match rocket.tls.as_ref().filter(|_| rocket.tls_enabled()) {
            Some(tls) => Some(Certificates::load(tls, config.server.certificate_interval).await?),
            None => None,
        };
        let address = SocketAddr::new(rocket.address, rocket.port);
        let listeners = Listeners::bind(address, certificates.is_some(), &config.server).await?;
        Ok(Self { listeners, certificates })
    }
}

/// An application that is ready to be served.
pub struct Front {
    shared: Arc<Shared>,
    listeners: Listeners,
    certificates: Option<Certificates>,
    reload: Arc<Notify>,
}

/// Serves an application until SIGINT or SIGTERM: what `rocket.launch()` does, with the limits of
/// `portcullis.server`. After SIGTERM, `/health/ready` answers 503 for `shutdown.drain`. Then no connection is
/// accepted, and requests in progress have the seconds in Rocket's `shutdown.grace` to end.
///
/// Rocket's shutdown fairings run after the last request, and upgrades of connections (`WebSocket`) are not
/// supported.
///
/// # Errors
/// If the application cannot be started, or an address cannot be listened on.
pub async fn serve(rocket: Rocket<Build>) -> Result<(), FrontError> {
    Box::pin(Front::new(rocket).await?.run_until_signal()).await
}

impl Front {
    /// Starts an application, and listens on the addresses in its settings.
    ///
    /// # Errors
    /// If the application cannot be started, or an address cannot be listened on.
    pub async fn new(rocket: Rocket<Build>) -> Result<Self, FrontError> {
        let rocket = sized(rocket).ignite().await.map_err(|e| start_error(&e))?;
        let config = rocket.state::<Auth>().map(|auth| auth.config().clone()).unwrap_or_default();
        let prepared = Prepared::new(rocket.config(), &config).await?;
        Self::assemble(rocket, prepared).await
    }

    /// Starts an application whose sockets are open.
    ///
    /// # Errors
    /// If the application cannot be started.
    pub(crate) async fn with(
        rocket: Rocket<Build>,
        prepared: Prepared,
    ) -> Result<Self, FrontError> {
        Self::assemble(sized(rocket), prepared).await
    }

    async fn assemble<P: Phase>(rocket: Rocket<P>, prepared: Prepared) -> Result<Self, FrontError> {
        let client = Client::untracked(rocket).await.map_err(|e| start_error(&e))?;
        let config = client.rocket().state::<Auth>().map(|auth| auth.config().clone());
        let config = config.unwrap_or_default();
        let server = &config.server;
        let (limits, tasks) = (Limits::new(server), TaskTracker::new());
        let keep_alive = client.rocket().config().keep_alive > 0;
        raise_descriptors(server.max_connections);
        let shared = Shared {
            client,
            protocols: connection::protocols(&limits, keep_alive, tasks.clone()),
            limits,
            proxy_protocol: server.proxy_protocol,
            certificates: prepared.certificates.as_ref().map(Certificates::current),
            connection_permits: Arc::new(Semaphore::new(server.max_connections as usize)),
            request_permits: Arc::new(Semaphore::new(server.max_connections as usize)),
            slots: Slots::new(server.max_connections_per_address),
            body_memory: Arc::new(Semaphore::new(server.max_bodies as usize)),
            tasks,
            stop: CancellationToken::new(),
            abort: CancellationToken::new(),
            trusted_proxies: config.trusted_proxies,
            public_url: config.public_url,
        };
        let Prepared { listeners, certificates } = prepared;
        Ok(Self { shared: Arc::new(shared), listeners, certificates, reload: Arc::default() })
    }

    /// The application.
    pub fn rocket(&self) -> &Rocket<Orbit> {
        self.shared.client.rocket()
    }

    /// The addresses of the sockets that serve the application, and whether each speaks TLS.
    pub fn addresses(&self) -> Vec<(SocketAddr, bool)> {
        let all = self.listeners.addresses().into_iter();
        let served = all.filter(|(_, purpose)| *purpose != Purpose::Redirect);
        served.map(|(address, purpose)| (address, purpose == Purpose::Tls)).collect()
    }

    /// Where the application is served, for people.
    pub(crate) fn places(&self) -> Vec<String> {
        let served = self.listeners.0.iter().filter(|l| l.purpose != Purpose::Redirect);
        served.map(Listener::place).collect()
    }

    /// The address of the socket that redirects to https.
    pub fn redirect_address(&self) -> Option<SocketAddr> {
        let all = self.listeners.addresses();
        all.into_iter()
            .find(|(_, purpose)| *purpose == Purpose::Redirect)
            .map(|(address, _)| address)
    }

    /// Serves until SIGINT or SIGTERM. SIGHUP reads the certificates again.
    ///
    /// # Errors
    /// If signals cannot be received.
    pub async fn run_until_signal(self) -> Result<(), FrontError> {
        let signals = self.signals()?;
        self.run_with(signals).await;
        Ok(())
    }

    /// Starts to receive the signals.
    pub(crate) fn signals(&self) -> Result<Signals, FrontError> {
        Ok(Signals::new(Arc::clone(&self.reload))?)
    }

    /// Serves until one of `signals`.
    pub(crate) async fn run_with(self, signals: Signals) {
        let auth = self.rocket().state::<Auth>().cloned();
        let obey = tokio::spawn(signals.obey(auth, self.rocket().shutdown()));
        self.run().await;
        obey.abort();
    }

    /// Serves until `Rocket::shutdown` is notified. Then finishes the requests in progress, runs the shutdown
    /// fairings, sends the mails in progress, and closes the database.
    pub async fn run(self) {
        let Self { shared, listeners, certificates, reload } = self;
        let auth = shared.client.rocket().state::<Auth>().cloned();
        let grace = Duration::from_secs(shared.client.rocket().config().shutdown.grace.into());
        for listener in listeners.0 {
            shared.tasks.spawn(accept::accept(Arc::clone(&shared), listener));
        }
        if let Some(certificates) = certificates {
            let stop = shared.stop.clone();
            let keep =
                async move { stop.run_until_cancelled(certificates.keep_current(reload)).await };
            shared.tasks.spawn(keep);
        }
        shared.client.rocket().shutdown().await;
        shared.stop.cancel();
        shared.tasks.close();
        if timeout(grace, shared.tasks.wait()).await.is_err() {
            tracing::warn!("requests that took too long were cut off");
            shared.abort.cancel();
            let _ = timeout(CLEANUP_TIMEOUT, shared.tasks.wait()).await;
        }
        if let Some(shared) = Arc::into_inner(shared)
            && timeout(CLEANUP_TIMEOUT, shared.client.terminate()).await.is_err()
        {
            tracing::warn!("a shutdown fairing took too long");
        }
        if let Some(auth) = auth {
            auth.end_mails(LAST_MAILS).await;
            if timeout(CLEANUP_TIMEOUT, auth.settled()).await.is_err() {
                tracing::warn!("some background work was cut off");
            }
            auth.close(CLEANUP_TIMEOUT).await;
        }
    }
}

/// Adds a fairing that finds the size of each response. A response of Rocket's local client does not tell it.
fn sized(rocket: Rocket<Build>) -> Rocket<Build> {
    rocket.attach(AdHoc::on_response("Size", |_, response| {
        Box::pin(async move {
            response.body_mut().size().await;
        })
    }))
}

/// The reason in an error of Rocket. That error panics when it is dropped, unless it was inspected.
fn start_error(e: &rocket::Error) -> FrontError {
    FrontError::Rocket(match e.kind() {
        ErrorKind::FailedFairings(_) => {
            "the service does not start; the reason is above".to_owned()
        }
        other => other.to_string(),
    })
}

/// Raises the limit of open files, as far as the system allows, so that `connections` and the database fit.
fn raise_descriptors(connections: u32) {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        /// The files of the database, the listeners and the runtime.
        const OTHERS: u64 = 200;
        let wanted = u64::from(connections) + OTHERS;
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        let reachable = maximum.map_or(wanted, |most| wanted.min(most));
        if current.is_some_and(|now| now < reachable) {
            let limit = Rlimit { current: Some(reachable), maximum };
            if let Err(e) = setrlimit(Resource::Nofile, limit) {
                tracing::warn!(error = %e, "the limit of open files cannot be raised");
            }
        }
        if reachable < wanted {
            tracing::warn!(
                open_files = reachable,
                wanted,
                "the limit of open files is lower than portcullis.server.max_connections needs"
            );
        }
    }
}
