//! Which routes and replies are ours. Those of a host application stay unchanged.
use super::request::deadline::OneRequest;
use rocket::{Request, Route, http::Method};
use std::{borrow::Cow, collections::BTreeSet, sync::OnceLock};

/// The names of our routes start with this.
const OURS: &str = "portcullis::";
/// The names of our pages, and of the files that they load, start with this.
const PAGE: &str = "portcullis::page::";

/// Marks routes as ours.
pub fn ours(routes: impl Into<Vec<Route>>) -> Vec<Route> {
    named(OURS, routes)
}

/// Marks routes as our pages, which no other origin may read.
pub fn pages(routes: impl Into<Vec<Route>>) -> Vec<Route> {
    named(PAGE, routes)
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

/// Whether a route is one of our pages.
pub fn is_page(route: &Route) -> bool {
    route.name.as_deref().is_some_and(|name| name.starts_with(PAGE))
}

/// Whether a route is ours.
pub fn is_our_route(route: &Route) -> bool {
    route.name.as_deref().is_some_and(|name| name.starts_with(OURS))
}

/// Marks a reply that is ours although none of our routes made it.
struct OurReply;

/// Marks the reply to a request as ours.
pub fn mark(req: &Request<'_>) {
    let _ = req.local_cache(OnceLock::<OurReply>::new).set(OurReply);
}

/// Whether the reply to a request is ours: one of our routes made it, or it was marked.
pub fn is_ours(req: &Request<'_>) -> bool {
    req.route().is_some_and(is_our_route)
        || req.local_cache(OnceLock::<OurReply>::new).get().is_some()
}

/// Whether one of our pages has the path of a request, for any method.
pub fn is_path_of_a_page(req: &Request<'_>) -> bool {
    at_path(req).any(is_page)
}

/// Whether one of our routes has the path of a request, for any method.
pub fn is_path_of_ours(req: &Request<'_>) -> bool {
    at_path(req).any(is_our_route)
}

/// The methods for which a route has the path of a request (RFC 9110, 15.5.6). Empty if the request's own
/// method is one of them: then a handler ran and found nothing.
pub fn allowed_methods(req: &Request<'_>) -> BTreeSet<&'static str> {
    let mut methods = BTreeSet::new();
    for route in at_path(req) {
        methods.insert(route.method.as_str());
        if route.method == Method::Get {
            methods.insert(Method::Head.as_str());
        }
    }
    if methods.contains(req.method().as_str()) { BTreeSet::new() } else { methods }
}

fn at_path<'r>(req: &'r Request<'_>) -> impl Iterator<Item = &'r Route> {
    req.rocket().routes().filter(|route| {
        let parts = || route.uri.path().split('/').filter(|part| !part.is_empty());
        let path = req.uri().path();
        let segments = path.segments().filter(|s| !s.is_empty());
        // A catch-all route does not prove that this path exists.
        !parts().any(|part| part.ends_with("..>"))
            && parts().count() == path.segments().filter(|s| !s.is_empty()).count()
            && parts().zip(segments).all(|(part, s)| part.starts_with('<') || part == s)
    })
}
