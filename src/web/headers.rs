//! Headers that every reply of ours has, and the one line that is logged of it. The replies of a host
//! application are its own.
use super::{
    catchers::is_path_of_ours, client::caller, metrics, one_request::OneRequest, problem::Problem,
};
use crate::{config::Config, flows::Auth};
use rocket::{
    Data, Request, Response, Route,
    fairing::{Fairing, Info, Kind},
    http::{Method, Status, uri::Authority},
    uri,
};
use std::{borrow::Cow, sync::OnceLock, time::Instant};

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
    let mut routes = routes.into();
    for route in &mut routes {
        let name = route.name.take().unwrap_or_default();
        route.name = Some(Cow::Owned(format!("{OURS}{name}")));
        route.handler = Box::new(OneRequest(route.handler.clone()));
    }
    routes
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

/// Whether a request names one host, as it has to (RFC 9112, 3.2): caches and proxies before us may go
/// by another one.
fn has_one_host(req: &Request<'_>) -> bool {
    let mut headers = req.headers().get("host");
    match (headers.next(), headers.next()) {
        (Some(host), None) => {
            Authority::parse(host).is_ok_and(|a| a.user_info().is_none() && !a.host().is_empty())
        }
        // HTTP/2 has it elsewhere.
        (None, _) => req.host().is_some(),
        _ => false,
    }
}

pub struct Headers(String);

impl Headers {
    pub fn new(config: &Config) -> Self {
        // What a form leads to counts as well: a login may lead to an application on the list.
        let forms = format!(
            "form-action {}",
            [&["'self'".to_owned()][..], &config.cors.origins].concat().join(" ")
        );
        Self(PAGES.replace("form-action 'self'", &forms))
    }
}

/// When a request came, and whether it asks for the headers alone: Rocket hands it on as a GET.
#[derive(Clone, Copy)]
struct Started(Instant, bool);

fn started(req: &Request<'_>) -> Started {
    *req.local_cache(|| Started(Instant::now(), req.method() == Method::Head))
}

/// Whether a request asks for the headers alone.
pub fn is_head(req: &Request<'_>) -> bool {
    started(req).1
}

#[rocket::async_trait]
impl Fairing for Headers {
    fn info(&self) -> Info {
        Info { name: "Portcullis headers", kind: Kind::Request | Kind::Response }
    }

    async fn on_request(&self, req: &mut Request<'_>, _: &mut Data<'_>) {
        started(req);
        if !has_one_host(req) && is_path_of_ours(req) {
            Problem::new(Status::BadRequest, "malformed").refuse(req);
            // No handler is there: the catcher tells it.
            req.set_uri(uri!("/portcullis/refused"));
        }
    }

    async fn on_response<'r>(&self, req: &'r Request<'_>, res: &mut Response<'r>) {
        if !is_ours(req) {
            return;
        }
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
        let config = req.rocket().state::<Auth>().map(Auth::config);
        if config.is_some_and(|c| c.public_url.scheme() == "https") {
            set("Strict-Transport-Security", "max-age=31536000");
        }
        let elapsed = started(req).0.elapsed();
        // The route, not the path: that may hold a token.
        let route = req.route().map_or("-", |r| r.uri.as_str());
        metrics::count(req.method().as_str(), route, res.status().code, elapsed.as_secs_f64());
        tracing::info!(
            target: "portcullis::request",
            method = req.method().as_str(),
            route,
            status = res.status().code,
            micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
            ip = caller.ip.map(tracing::field::display),
            id = caller.request_id,
        );
    }
}
