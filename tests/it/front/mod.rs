//! The front: limits, protocols, listeners and the end of the service. The database matters only to
//! `departures`.
mod connections;
mod departures;
mod dispatch;
mod http2;
mod limits;
mod listeners;
mod proxy_protocol;
mod stop;
mod tls;

use crate::support::{Database, config, figment};
use portcullis::{Auth, Front, config::Config};
use rocket::{
    Data, Request, Shutdown, State,
    data::ToByteUnit,
    delete, get,
    http::{CookieJar, Status},
    post,
    response::{self, Responder, Response},
    routes,
};
use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    sync::Notify,
    task::JoinHandle,
    time::timeout,
};

/// The limit of time that a test breaks.
const SHORT: Duration = Duration::from_millis(300);
/// Longer than any test waits for what has to happen.
const LONG: Duration = Duration::from_secs(30);

/// What the routes of the application tell a test.
#[derive(Default)]
struct Signs {
    /// `/app/wait` was reached, and may be answered.
    reached: Notify,
    go: Notify,
    /// How many bytes of streams were read, and that one was given up.
    read: AtomicUsize,
    given_up: Notify,
}

#[post("/size", data = "<body>")]
async fn size(body: Data<'_>) -> io::Result<String> {
    Ok(body.open(10.mebibytes()).into_bytes().await?.len().to_string())
}

/// Tells what Rocket sees of a request.
#[get("/seen")]
fn seen(req: Seen) -> String {
    req.0
}

struct Seen(String);

#[rocket::async_trait]
impl<'r> rocket::request::FromRequest<'r> for Seen {
    type Error = ();

    async fn from_request(req: &'r Request<'_>) -> rocket::request::Outcome<Self, ()> {
        let mut lines = vec![format!("from {}", req.remote().unwrap())];
        lines.push(format!("host {:?}", req.host().map(ToString::to_string)));
        for header in req.headers().iter() {
            lines.push(format!("{}: {}", header.name(), header.value()));
        }
        lines.sort();
        rocket::outcome::Outcome::Success(Self(lines.join("\n")))
    }
}

#[get("/cookies")]
fn cookies(jar: &CookieJar<'_>) -> String {
    let mut all: Vec<_> = jar.iter().map(|c| format!("{}={}", c.name(), c.value())).collect();
    all.sort();
    all.join(" ")
}

#[get("/wait")]
async fn wait(signs: &State<Arc<Signs>>) -> &'static str {
    signs.reached.notify_one();
    signs.go.notified().await;
    "waited"
}

#[get("/bytes/<count>")]
fn bytes(count: usize) -> Vec<u8> {
    vec![b'x'; count]
}

#[get("/file")]
async fn file() -> io::Result<rocket::fs::NamedFile> {
    rocket::fs::NamedFile::open("LICENSE-MIT").await
}

#[delete("/nothing")]
fn nothing() -> Status {
    Status::NoContent
}

/// A reply without a known size and, for `/app/endless`, without an end.
struct Stream {
    left: usize,
    signs: Arc<Signs>,
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let count = buffer.remaining().min(self.left);
        buffer.put_slice(&vec![b's'; count]);
        self.left -= count;
        self.signs.read.fetch_add(count, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.signs.given_up.notify_one();
    }
}

impl<'r> Responder<'r, 'static> for Stream {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        Response::build().streamed_body(self).ok()
    }
}

#[get("/endless")]
fn endless(signs: &State<Arc<Signs>>) -> Stream {
    Stream { left: usize::MAX, signs: Arc::clone(signs) }
}

#[get("/stream/<count>")]
fn stream(count: usize, signs: &State<Arc<Signs>>) -> Stream {
    Stream { left: count, signs: Arc::clone(signs) }
}

/// A running front with the application above at `/app`.
struct Running {
    address: SocketAddr,
    redirect: Option<SocketAddr>,
    signs: Arc<Signs>,
    shutdown: Shutdown,
    done: JoinHandle<()>,
    auth: Auth,
    database: Database,
}

impl Running {
    /// Starts a front on a free port, after `change` has changed the settings.
    async fn start(change: impl FnOnce(&mut Config)) -> Self {
        Self::with(change, |rocket| rocket).await
    }

    /// The same, on this database.
    async fn on(database: Database, change: impl FnOnce(&mut Config)) -> Self {
        Self::build(database, change, |rocket| rocket).await
    }

    async fn with(
        change: impl FnOnce(&mut Config),
        build: impl FnOnce(rocket::Rocket<rocket::Build>) -> rocket::Rocket<rocket::Build>,
    ) -> Self {
        Self::build(Database::sqlite(), change, build).await
    }

    async fn build(
        database: Database,
        change: impl FnOnce(&mut Config),
        build: impl FnOnce(rocket::Rocket<rocket::Build>) -> rocket::Rocket<rocket::Build>,
    ) -> Self {
        let mut config = config();
        change(&mut config);
        let signs = Arc::new(Signs::default());
        let rocket = rocket::custom(figment(&database.url).merge(("port", 0)))
            .attach(portcullis::stage().config(config))
            .manage(Arc::clone(&signs))
            .mount(
                "/app",
                routes![size, seen, cookies, wait, bytes, file, nothing, endless, stream],
            )
            .register("/", portcullis::catchers());
        let front = Front::new(build(rocket)).await.unwrap();
        let (address, redirect) = (front.addresses()[0].0, front.redirect_address());
        let shutdown = front.rocket().shutdown();
        let auth = front.rocket().state::<Auth>().unwrap().clone();
        let done = tokio::spawn(front.run());
        Self { address, redirect, signs, shutdown, done, auth, database }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes on a new connection.
    async fn send(&self, bytes: impl AsRef<[u8]>) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_ref()).await.unwrap();
        stream
    }

    /// Sends bytes, and returns everything that the front answers until it closes the connection.
    async fn ask(&self, bytes: impl AsRef<[u8]>) -> String {
        rest(&mut self.send(bytes).await).await
    }

    /// Gets a path on a connection of its own.
    async fn get(&self, path: &str) -> String {
        self.ask(get_head(path)).await
    }

    /// Stops the front and waits until it has ended.
    async fn end(self) {
        self.shutdown.notify();
        timeout(LONG, self.done).await.unwrap().unwrap();
    }
}

fn get_head(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}

/// Everything until the end of the connection, which must come.
async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut reply = Vec::new();
    // An error means that the connection was reset.
    let _ = timeout(LONG, stream.read_to_end(&mut reply)).await.expect("the connection ends");
    String::from_utf8_lossy(&reply).into_owned()
}

/// Reads the head of a reply and a body with this content.
async fn read_until(stream: &mut (impl AsyncRead + Unpin), end: &str) -> String {
    let mut reply = Vec::new();
    while !reply.ends_with(end.as_bytes()) {
        let byte = timeout(LONG, stream.read_u8()).await.expect("a reply comes");
        let told = String::from_utf8_lossy(&reply).into_owned();
        reply.push(byte.unwrap_or_else(|e| panic!("{e} after {told}")));
    }
    String::from_utf8(reply).unwrap()
}
