//! The Content-Security-Policy of a reply: what a browser may load for it. A route that needs another
//! policy than that of pages is mounted with [`with`].
use crate::config::Config;
use rocket::{
    Data, Request, Route,
    route::{Handler, Outcome},
};
use std::{borrow::Cow, sync::OnceLock};

/// Pages load our own style and script only. No other page may frame them, and their forms lead to our
/// own paths only.
const PAGE: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
const API_BROWSER: &str = "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; \
                           img-src 'self' data:; connect-src 'self'; form-action 'self'; \
                           frame-ancestors 'none'; base-uri 'none'";
const FRAMED_MAIL: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; \
                           base-uri 'none'; form-action 'none'; \
                           sandbox allow-popups allow-popups-to-escape-sandbox";

/// The policy that a route asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// The policy of pages, and of all replies that ask for no other.
    #[default]
    Page,
    /// A page that shows some of our replies in a frame.
    PageWithFrame,
    /// A mail, which one of our pages shows in a frame. It can do nothing but open its links in new
    /// windows.
    FramedMail,
    /// Swagger UI, which has inline styles.
    ApiBrowser,
}

impl Policy {
    /// Whether our pages may frame the reply.
    pub fn may_be_framed(self) -> bool {
        self == Self::FramedMail
    }

    /// The policy of the route that handles a request.
    pub fn of(req: &Request<'_>) -> Self {
        req.local_cache(OnceLock::<Self>::new).get().copied().unwrap_or_default()
    }
}

/// Gives all replies of these routes the policy `policy`.
pub fn with(policy: Policy, routes: impl Into<Vec<Route>>) -> Vec<Route> {
    let mut routes = routes.into();
    for route in &mut routes {
        route.handler = Box::new(WithPolicy(policy, route.handler.clone()));
    }
    routes
}

/// Wraps a handler. The reply to each of its requests has the policy, even if the handler fails.
#[derive(Clone)]
struct WithPolicy(Policy, Box<dyn Handler>);

#[rocket::async_trait]
impl Handler for WithPolicy {
    async fn handle<'r>(&self, req: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        let _ = req.local_cache(OnceLock::new).set(self.0);
        self.1.handle(req, data).await
    }
}

/// The header values of the policies.
pub struct Policies {
    page: String,
}

impl Policies {
    /// Builds the header values from the settings.
    pub fn new(config: &Config) -> Self {
        // Browsers also apply `form-action` to the redirect after a form: a login may lead to a listed
        // application.
        let origins: Vec<_> = ["'self'"].into_iter().chain(config.return_origins()).collect();
        let forms = format!("form-action {}", origins.join(" "));
        Self { page: PAGE.replace("form-action 'self'", &forms) }
    }

    /// The value of `Content-Security-Policy` for `policy`.
    pub fn header(&self, policy: Policy) -> Cow<'_, str> {
        match policy {
            Policy::Page => Cow::Borrowed(&self.page),
            Policy::PageWithFrame => Cow::Owned(format!("{}; frame-src 'self'", self.page)),
            Policy::FramedMail => Cow::Borrowed(FRAMED_MAIL),
            Policy::ApiBrowser => Cow::Borrowed(API_BROWSER),
        }
    }
}
