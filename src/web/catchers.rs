//! The replies to requests that no handler answered.
use super::{
    hooks::Hooks,
    reply::{outcome, problem::Problem},
    request::arrival::is_unread,
    routes::allowed_methods,
};
use rocket::{
    Catcher, Request, catch, catchers,
    http::Status,
    response::{self, Responder},
};

/// The catcher of Portcullis for every status. Register it for the paths whose errors Portcullis reports.
pub fn all() -> Vec<Catcher> {
    catchers![any]
}

/// A problem, and the value of its header `Allow`.
struct Caught(Problem, Option<String>);

impl<'r> Responder<'r, 'static> for Caught {
    fn respond_to(self, req: &'r Request<'_>) -> response::Result<'static> {
        let mut response = self.0.respond_to(req)?;
        if let Some(allow) = self.1 {
            response.set_raw_header("Allow", allow);
        }
        if is_unread(req) {
            Hooks::complete_unread(req, &mut response);
        }
        Ok(response)
    }
}

#[catch(default)]
fn any(status: Status, req: &Request<'_>) -> Caught {
    if let Some(problem) = outcome::refused(req).or_else(|| outcome::kept(req, status)) {
        return Caught(problem, None);
    }
    // Rocket cannot read a request with an unknown method, or with CONNECT.
    if is_unread(req) && status == Status::BadRequest {
        return Caught(Problem::new(Status::NotImplemented, "not_implemented"), None);
    }
    let code = match status.code {
        404 => {
            let allowed = allowed_methods(req);
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
    // Rocket answers a form that it cannot parse with 422.
    let status = if status == Status::UnprocessableEntity { Status::BadRequest } else { status };
    Caught(Problem::new(status, code), None)
}
