//! A connection: the PROXY header, TLS, then HTTP until a limit or the end of the service.
use super::{
    Shared, activity::Activity, activity::Reason, dispatch, limits, listeners::Purpose,
    proxy_protocol, redirect, stream::Watched,
};
use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use std::{
    future::poll_fn,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep_until, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;

/// How long a client may take to close a connection that it was told to close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// How often a connection without a deadline is looked at: the requests of HTTP/2 run on other tasks.
const RECHECK_INTERVAL: Duration = Duration::from_secs(1);
/// How often a client with HTTP/2 must show that it is there, and how long it may take.
const PING_INTERVAL: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// Who is at the other end of a connection, and what happens on it.
pub struct Peer {
    pub address: SocketAddr,
    pub activity: Arc<Activity>,
    /// The memory for the bodies of its requests.
    pub body_memory: Arc<Semaphore>,
    /// The handlers that may still run for it. Those of requests that it reset count, too (CVE-2023-44487).
    handlers: Arc<Semaphore>,
    /// Its place among those of its address; `None` for a trusted proxy. It keeps its places until its last handler
    /// ends.
    slot: Option<limits::Slot>,
    _place: OwnedSemaphorePermit,
}

/// The places of a request that is handled.
pub type Places = [Option<OwnedSemaphorePermit>; 3];

impl Peer {
    /// Waits for the places of a request: on its connection, of its address, and of the service.
    pub async fn places(&self, shared: &Shared) -> Places {
        // The semaphores are never closed.
        let connection = Arc::clone(&self.handlers).acquire_owned().await.ok();
        let address = match &self.slot {
            Some(slot) => Arc::clone(&slot.requests).acquire_owned().await.ok(),
            None => None,
        };
        let service = Arc::clone(&shared.request_permits).acquire_owned().await.ok();
        [connection, address, service]
    }
}

/// Runs the tasks of hyper among those of the front.
#[derive(Clone)]
pub struct Executor(pub TaskTracker);

impl<F: Future<Output: Send> + Send + 'static> hyper::rt::Executor<F> for Executor {
    fn execute(&self, task: F) {
        self.0.spawn(task);
    }
}

/// The protocols with their limits. `keep_alive` says whether HTTP/1 allows several requests.
pub fn protocols(
    limits: &limits::Limits,
    keep_alive: bool,
    tasks: TaskTracker,
) -> Builder<Executor> {
    let mut builder = Builder::new(Executor(tasks));
    builder
        .http1()
        .timer(TokioTimer::new())
        .keep_alive(keep_alive)
        // `Activity` has the limit.
        .header_read_timeout(None)
        .max_headers(limits::MAX_HEADERS)
        .max_buf_size(limits.max_head as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT)
        .max_concurrent_streams(limits::MAX_STREAMS)
        .max_pending_accept_reset_streams(limits::MAX_PENDING_RESETS)
        .max_local_error_reset_streams(limits::MAX_PENDING_RESETS)
        .max_header_list_size(limits.max_head)
        .max_send_buf_size(limits::SEND_BUFFER)
        .initial_stream_window_size(limits::STREAM_WINDOW)
        .initial_connection_window_size(limits::CONNECTION_WINDOW);
    builder
}

/// Counts a connection that is closed because of `reason`.
fn refused(reason: &'static str) {
    metrics::counter!("portcullis_connections_refused_total", "reason" => reason).increment(1);
}

/// Serves a connection that was just accepted from the address `from`.
pub async fn serve<S>(
    shared: Arc<Shared>,
    mut socket: S,
    from: SocketAddr,
    purpose: Purpose,
    permit: OwnedSemaphorePermit,
) where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut address = from;
    if shared.proxy_protocol && shared.trusts(from.ip()) {
        let header = timeout(shared.limits.head, proxy_protocol::read(&mut socket));
        match shared.stop.run_until_cancelled(header).await {
            Some(Ok(Ok(client))) => address = client.unwrap_or(from),
            _ => return refused("proxy_header"),
        }
    }
    let slot = match shared.slots.take(address.ip()) {
        Some(slot) => Some(slot),
        None if shared.trusts(address.ip()) => None,
        None => return refused("address_limit"),
    };
    let activity = Activity::new();
    // A proxy sends requests of many clients on one connection, which must not wait for each other.
    let body_memory = shared.limits.connection_body_memory(shared.trusts(address.ip()));
    let peer = Arc::new(Peer {
        address,
        activity: Arc::clone(&activity),
        body_memory: Arc::new(Semaphore::new(body_memory)),
        handlers: Arc::new(Semaphore::new(limits::MAX_STREAMS as usize)),
        slot,
        _place: permit,
    });
    let socket = Watched::new(socket, activity);
    let certificates = shared.certificates.as_ref().filter(|_| purpose == Purpose::Tls);
    let Some(certificates) = certificates else {
        return drive(&shared, socket, peer, purpose).await;
    };
    let acceptor = TlsAcceptor::from(Arc::clone(&certificates.borrow()));
    let handshake = timeout(shared.limits.head, acceptor.accept(socket));
    match shared.stop.run_until_cancelled(handshake).await {
        Some(Ok(Ok(socket))) => drive(&shared, socket, peer, purpose).await,
        _ => refused("handshake"),
    }
}

/// Speaks HTTP until the client leaves, breaks a limit, or the service stops.
async fn drive<S>(shared: &Arc<Shared>, socket: S, peer: Arc<Peer>, purpose: Purpose)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let activity = Arc::clone(&peer.activity);
    let service = service_fn(|request| {
        let (shared, peer) = (Arc::clone(shared), Arc::clone(&peer));
        async move {
            match purpose {
                Purpose::Redirect => Ok(redirect::answer(&shared.public_url, &peer, &request)),
                Purpose::Plain | Purpose::Tls => dispatch::answer(shared, peer, request).await,
            }
        }
    });
    let mut connection = pin!(shared.protocols.serve_connection(TokioIo::new(socket), service));
    let (mut stop, mut abort) = (pin!(shared.stop.cancelled()), pin!(shared.abort.cancelled()));
    let mut timer = pin!(sleep_until(Instant::now() + RECHECK_INTERVAL));
    // Until when the client may close the connection, after it was told to.
    let mut close_by = None;
    let mut stopping = false;
    poll_fn(|cx| {
        if connection.as_mut().poll(cx).is_ready() || abort.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        if !stopping && stop.as_mut().poll(cx).is_ready() {
            stopping = true;
            connection.as_mut().graceful_shutdown();
            cx.waker().wake_by_ref();
        }
        loop {
            let now = Instant::now();
            let mut deadline = activity.deadline(&shared.limits);
            if stopping && deadline.is_none_or(|(_, reason)| reason == Reason::Idle) {
                // hyper closes an idle connection, but waits for a client that does not close HTTP/2.
                deadline =
                    deadline.map(|_| (*close_by.get_or_insert(now + CLOSE_TIMEOUT), Reason::Head));
            }
            match deadline {
                Some((at, Reason::Idle)) if at <= now => {
                    stopping = true;
                    connection.as_mut().graceful_shutdown();
                    cx.waker().wake_by_ref();
                    continue;
                }
                Some((at, reason)) if at <= now => {
                    if close_by.is_none() {
                        refused(if reason == Reason::Write {
                            "write_timeout"
                        } else {
                            "head_timeout"
                        });
                    }
                    return Poll::Ready(());
                }
                _ => {}
            }
            let look = deadline.map_or(now + RECHECK_INTERVAL, |(at, _)| at);
            if look < timer.deadline() || timer.deadline() <= now {
                timer.as_mut().reset(look);
            }
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    })
    .await;
}

/// The address as an IPv4 address if it is one.
pub fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

impl Shared {
    /// Whether an address is a trusted proxy.
    pub fn trusts(&self, ip: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|net| net.contains(&ip.to_canonical()))
    }
}
