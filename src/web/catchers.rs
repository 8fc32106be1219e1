//! What no handler answered.
use super::{
    headers::{Headers, is_our_route, is_page, is_unread},
    reply::problem::Problem,
};
use rocket::{
    Catcher, Request, Route, catch, catchers,
    http::{Method, Status},
    response::{self, Responder},
};
use std::collections::BTreeSet;

/// Catches everything; `register` it where our routes are mounted.
pub fn all() -> Vec<Catcher> {
    catchers![any]
}

/// A problem, and the methods that are allowed instead.
struct Caught(Problem, Option<String>);

impl<'r> Responder<'r, 'static> for Caught {
    fn respond_to(self, req: &'r Request<'_>) -> response::Result<'static> {
        let mut response = self.0.respond_to(req)?;
        if let Some(allow) = self.1 {
            response.set_raw_header("Allow", allow);
        }
        if is_unread(req) {
            Headers::of_unread(req, &mut response);
        }
        Ok(response)
    }
}

#[catch(default)]
fn any(status: Status, req: &Request<'_>) -> Caught {
    if let Some(problem) = Problem::refused(req).or_else(|| Problem::kept(req, status)) {
        return Caught(problem, None);
    }
    // Rocket reads every request but those with a method that it does not know, and CONNECT.
    if is_unread(req) && status == Status::BadRequest {
        return Caught(Problem::new(Status::NotImplemented, "not_implemented"), None);
    }
    let code = match status.code {
        404 => {
            let allowed = allowed(req);
            if !allowed.is_empty() {
                let problem = Problem::new(Status::MethodNotAllowed, "method_not_allowed");
                return Caught(problem, Some(allowed.into_iter().collect::<Vec<_>>().join(", ")));
            }
            "not_found"
        }
        401 => "unauthenticated",
        403 => "forbidden",
        408 => "request_timeout",
        413 => "body_too_large",
        415 => "unsupported_type",
        429 => "rate_limited",
        503 => "unavailable",
        500..=599 => "internal",
        400 => "malformed",
        _ => "bad_request",
    };
    // 422 is Rocket's word for a form that does not fit.
    let status = if status == Status::UnprocessableEntity { Status::BadRequest } else { status };
    Caught(Problem::new(status, code), None)
}

/// The methods with which there is something at this path (RFC 9110, 15.5.6); none if the request's own
/// is one of them, for then a handler was asked and has found nothing.
fn allowed(req: &Request<'_>) -> BTreeSet<&'static str> {
    let mut methods = BTreeSet::new();
    for route in at_path(req) {
        methods.insert(route.method.as_str());
        if route.method == Method::Get {
            methods.insert(Method::Head.as_str());
        }
    }
    if methods.contains(req.method().as_str()) { BTreeSet::new() } else { methods }
}

/// Whether a page of ours is at this path, for whatever method.
pub fn is_path_of_a_page(req: &Request<'_>) -> bool {
    at_path(req).any(is_page)
}

/// Whether a route of ours is at this path, for whatever method.
pub fn is_path_of_ours(req: &Request<'_>) -> bool {
    at_path(req).any(is_our_route)
}

fn at_path<'r>(req: &'r Request<'_>) -> impl Iterator<Item = &'r Route> {
    req.rocket().routes().filter(|route| {
        let parts = || route.uri.path().split('/').filter(|part| !part.is_empty());
        let path = req.uri().path();
        let segments = path.segments().filter(|s| !s.is_empty());
        // What takes any path at all says nothing of this one.
        !parts().any(|part| part.ends_with("..>"))
            && parts().count() == path.segments().filter(|s| !s.is_empty()).count()
            && parts().zip(segments).all(|(part, s)| part.starts_with('<') || part == s)
    })
}
