//! Headers that every reply of ours has, and the one line that is logged of it. The replies of a host
//! application are its own.
use super::{
    guards::known,
    metrics,
    reply::problem::Problem,
    request::{admission, client::caller, deadline::OneRequest},
};
use crate::{config::Config, flows::Auth};
use rocket::{
    Data, Request, Response, Route,
    fairing::{Fairing, Info, Kind},
    http::{Method, Status, uri::Origin},
    uri,
};
use std::{
    borrow::Cow,
    sync::OnceLock,
    time::{Duration, Instant},
};

/// Begins the names of our routes.
const OURS: &str = "portcullis::";

/// Pages load our own style and script and nothing else, nobody frames them, and their forms go
/// nowhere else.
const PAGES: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
/// The API browser brings styles of its own.
const DOCS: &str = "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; \
                    img-src 'self' data:; connect-src 'self'; form-action 'self'; \
                    frame-ancestors 'none'; base-uri 'none'";

/// A mail is shown in a frame of a page of ours, and does nothing but open its links as pages of their own.
const MAIL: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; \
                    base-uri 'none'; form-action 'none'; \
                    sandbox allow-popups allow-popups-to-escape-sandbox";

/// What holds a token in the address of a mailed link.
const SECRET: [&str; 2] = ["token", "invite"];

/// Marks routes as ours.
pub fn ours(routes: impl Into<Vec<Route>>) -> Vec<Route> {
    named(OURS, routes)
}

fn named(prefix: &str, routes: impl Into<Vec<Route>>) -> Vec<Route> {
    let mut routes = routes.into();
    for route in &mut routes {
        let name = route.name.take().unwrap_or_default();
        route.name = Some(Cow::Owned(format!("{prefix}{name}")));
        route.handler = Box::new(OneRequest(route.handler.clone()));
    }
    routes
}

/// Begins the names of those that are pages, or belong to them.
const PAGE: &str = "portcullis::page::";

/// Marks routes as our pages, which no other origin may read.
pub fn pages(routes: impl Into<Vec<Route>>) -> Vec<Route> {
    named(PAGE, routes)
}

/// Whether a route is a page of ours.
pub fn is_page(route: &Route) -> bool {
    route.name.as_deref().is_some_and(|name| name.starts_with(PAGE))
}

/// Whether a route is ours.
pub fn is_our_route(route: &Route) -> bool {
    route.name.as_deref().is_some_and(|name| name.starts_with(OURS))
}

/// Whether the reply to a request is ours: that of a route, or of a catcher.
pub fn is_ours(req: &Request<'_>) -> bool {
    req.route().is_some_and(is_our_route)
        || req.local_cache(OnceLock::<Caught>::new).get().is_some()
}

/// Marks the reply to a request as ours.
pub fn mark(req: &Request<'_>) {
    let _ = req.local_cache(OnceLock::<Caught>::new).set(Caught);
}

struct Caught;

pub struct Headers(String);

impl Headers {
    pub fn new(config: &Config) -> Self {
        // What a form leads to counts as well: a login may lead to an application on the list.
        let places: Vec<_> = ["'self'"].into_iter().chain(config.return_origins()).collect();
        let forms = format!("form-action {}", places.join(" "));
        Self(PAGES.replace("form-action 'self'", &forms))
    }
}

/// When a request came, and by which method: Rocket hands a HEAD on as a GET.
struct Started(Instant, Method);

fn started<'r>(req: &'r Request<'_>) -> Option<&'r Started> {
    req.local_cache(OnceLock::<Started>::new).get()
}

/// Whether a request was made that Rocket could not read: none of its fairings sees that.
pub fn is_unread(req: &Request<'_>) -> bool {
    started(req).is_none() && req.rocket().state::<Auth>().is_some()
}

/// Whether a request asks for the headers alone.
pub fn is_head(req: &Request<'_>) -> bool {
    started(req).is_some_and(|started| started.1 == Method::Head)
}

#[rocket::async_trait]
impl Fairing for Headers {
    fn info(&self) -> Info {
        Info { name: "Portcullis headers", kind: Kind::Request | Kind::Response }
    }

    async fn on_request(&self, req: &mut Request<'_>, _: &mut Data<'_>) {
        let method = req.method();
        let _ = req.local_cache(OnceLock::new).set(Started(Instant::now(), method));
        if let Some(problem) = admission::refusal(req) {
            problem.refuse(req);
            // No handler is there: our catcher tells it, in a host application too.
            let query = req.uri().query().map_or_else(String::new, |q| format!("?{q}"));
            let there = Origin::parse_owned(format!("/auth/refused{query}"));
            req.set_uri(there.unwrap_or_else(|_| uri!("/auth/refused")));
            // Rocket looks at `Accept` while it routes and logs a GET, but not a POST.
            req.set_method(Method::Post);
        }
    }

    async fn on_response<'r>(&self, req: &'r Request<'_>, res: &mut Response<'r>) {
        if is_ours(req) {
            self.dress(req, res);
            log(req, res.status());
        }
    }
}

impl Headers {
    /// Adds the headers to the reply of a request that no fairing has seen, and logs it.
    pub fn of_unread(req: &Request<'_>, res: &mut Response<'_>) {
        if let Some(auth) = req.rocket().state::<Auth>() {
            Self::new(auth.config()).dress(req, res);
            log(req, res.status());
        }
    }

    fn dress(&self, req: &Request<'_>, res: &mut Response<'_>) {
        let path = req.route().map(|route| route.uri.path().to_string()).unwrap_or_default();
        let framed = format!("{}; frame-src 'self'", self.0);
        let policy = match path.as_str() {
            "/dev/mail" => &framed,
            "/dev/mail/<id>" => MAIL,
            path if ["/docs", "/api-doc"].iter().any(|p| path.starts_with(p)) => DOCS,
            _ => &self.0,
        };
        // Where a token stands in the address, nothing that the page loads is told the address.
        let secret =
            req.uri().query().is_some_and(|q| q.segments().any(|(name, _)| SECRET.contains(&name)));
        // A query that was refused may hold one under a name that is written otherwise.
        let secret = secret || Problem::refused(req).is_some();
        let caller = caller(req);
        let mut set = |name: &'static str, value: &str| {
            res.set_raw_header(name, value.to_owned());
        };
        set("Content-Security-Policy", policy);
        set("X-Content-Type-Options", "nosniff");
        set("X-Frame-Options", if policy == MAIL { "SAMEORIGIN" } else { "DENY" });
        set("Referrer-Policy", if secret { "no-referrer" } else { "same-origin" });
        set("Cross-Origin-Opener-Policy", "same-origin");
        set("Cross-Origin-Resource-Policy", "same-origin");
        set("Permissions-Policy", "camera=(), geolocation=(), microphone=()");
        set("X-Request-Id", &caller.request_id);
        // Whoever keeps the connection would send the next request to a server that is gone.
        if req.rocket().state::<Auth>().is_some_and(Auth::is_draining) {
            set("Connection", "close");
        }
        let config = req.rocket().state::<Auth>().map(Auth::config);
        if config.is_some_and(|c| c.public_url.scheme() == "https") {
            let below = config.is_some_and(|c| c.hsts.include_subdomains);
            let age = "max-age=31536000";
            let policy = if below { format!("{age}; includeSubDomains") } else { age.to_owned() };
            set("Strict-Transport-Security", &policy);
        }
    }
}

/// One line for a request, and one more if it was refused (OWASP ASVS 5, 16.3.2).
fn log(req: &Request<'_>, status: Status) {
    let caller = caller(req);
    let started = started(req);
    let elapsed = started.map_or(Duration::ZERO, |started| started.0.elapsed());
    let method = started.map_or("-", |started| started.1.as_str());
    // The route, not the path: that may hold a token.
    let route = req.route().map_or("-", |r| r.uri.as_str());
    metrics::count(method, route, status.code, elapsed.as_secs_f64());
    tracing::info!(
        target: "portcullis::request",
        method,
        route,
        status = status.code,
        micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        ip = caller.ip.map(tracing::field::display),
        id = caller.request_id,
    );
    if status == Status::Forbidden {
        tracing::info!(
            target: "portcullis::security",
            act = "refused",
            actor_id = known(req).map(|id| id.0),
            code = Problem::noted(req),
            method,
            route,
            ip = caller.ip.map(tracing::field::display),
            request = caller.request_id,
        );
    }
}
