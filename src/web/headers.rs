//! The security headers of our replies (OWASP HTTP Headers).
use super::{
    csp::{Policies, Policy},
    reply::outcome,
    request::caller::caller,
};
use crate::flows::Auth;
use rocket::{Request, Response};

/// The query parameters of mailed links that contain a token.
const SECRET: [&str; 2] = ["token", "invite"];

/// Adds the headers to a reply.
pub fn add(policies: &Policies, req: &Request<'_>, res: &mut Response<'_>) {
    let policy = Policy::of(req);
    let secret = has_secret(req);
    let mut set = |name: &'static str, value: &str| {
        res.set_raw_header(name, value.to_owned());
    };
    set("Content-Security-Policy", &policies.header(policy));
    set("X-Content-Type-Options", "nosniff");
    set("X-Frame-Options", if policy.may_be_framed() { "SAMEORIGIN" } else { "DENY" });
    set("Referrer-Policy", if secret { "no-referrer" } else { "same-origin" });
    set("Cross-Origin-Opener-Policy", "same-origin");
    set("Cross-Origin-Resource-Policy", "same-origin");
    set("Permissions-Policy", "camera=(), geolocation=(), microphone=()");
    set("X-Request-Id", &caller(req).request_id);
    let Some(auth) = req.rocket().state::<Auth>() else { return };
    // During shutdown, a client that kept the connection would send its next request to a stopped server.
    if auth.is_draining() {
        set("Connection", "close");
    }
    let config = auth.config();
    if config.public_url.scheme() == "https" {
        let below = config.hsts.include_subdomains;
        let age = "max-age=31536000";
        let policy = if below { format!("{age}; includeSubDomains") } else { age.to_owned() };
        set("Strict-Transport-Security", &policy);
    }
}

/// Whether the URL of a request contains a token, so that no other request may send it as the referrer.
fn has_secret(req: &Request<'_>) -> bool {
    let named = |query: rocket::http::uri::Query<'_>| {
        query.segments().any(|(name, _)| SECRET.contains(&name))
    };
    // A refused query may contain a token under a name that is encoded differently.
    req.uri().query().is_some_and(named) || outcome::refused(req).is_some()
}
