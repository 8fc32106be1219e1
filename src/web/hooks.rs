//! [`Hooks`]: what is done with every request before it is routed, and with each of our replies.
use super::{
    access_log,
    csp::Policies,
    headers,
    reply::outcome,
    request::{admission, arrival::Arrival},
    routes::is_ours,
};
use crate::{config::Config, flows::Auth};
use rocket::{
    Data, Request, Response,
    fairing::{Fairing, Info, Kind},
    http::{Method, uri::Origin},
    uri,
};

/// Refuses requests that are not admissible, and adds headers and log lines to our replies. The replies of
/// a host application stay as they are.
pub struct Hooks {
    policies: Policies,
}

impl Hooks {
    /// The hooks for the settings `config`.
    pub fn new(config: &Config) -> Self {
        Self { policies: Policies::new(config) }
    }

    /// Completes the reply to a request that Rocket could not read. No fairing sees such a request.
    pub fn complete_unread(req: &Request<'_>, res: &mut Response<'_>) {
        if let Some(auth) = req.rocket().state::<Auth>() {
            Self::new(auth.config()).complete(req, res);
        }
    }

    fn complete(&self, req: &Request<'_>, res: &mut Response<'_>) {
        headers::add(&self.policies, req, res);
        access_log::write(req, res.status());
    }
}

#[rocket::async_trait]
impl Fairing for Hooks {
    fn info(&self) -> Info {
        Info { name: "Portcullis headers", kind: Kind::Request | Kind::Response }
    }

    async fn on_request(&self, req: &mut Request<'_>, _: &mut Data<'_>) {
        Arrival::record(req);
        if let Some(problem) = admission::refusal(req) {
            outcome::refuse(req, problem);
            // No route has this path, so our catcher replies, even in a host application.
            let query = req.uri().query().map_or_else(String::new, |q| format!("?{q}"));
            let there = Origin::parse_owned(format!("/auth/refused{query}"));
            req.set_uri(there.unwrap_or_else(|_| uri!("/auth/refused")));
            // Rocket parses `Accept` while it routes and logs a GET, but not a POST.
            req.set_method(Method::Post);
        }
    }

    async fn on_response<'r>(&self, req: &'r Request<'_>, res: &mut Response<'r>) {
        if is_ours(req) {
            self.complete(req, res);
        }
    }
}
