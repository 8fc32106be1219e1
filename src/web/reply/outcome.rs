//! The outcome of a request. It is stored with the request, for the catchers and the log.
use super::problem::Problem;
use rocket::{Request, http::Status};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The problem of the last guard that failed.
#[derive(Default)]
struct GuardFailure(Mutex<Option<Problem>>);

/// Why a request must not reach a handler.
struct Refused(Problem);

/// The code of the problem in the reply.
struct Code(&'static str);

/// Stores the problem of a guard for the catcher, which replies if the route does not take the guard's error.
/// A later problem replaces an earlier one: the last guard that fails is the one that stops the handler.
pub fn keep(req: &Request<'_>, problem: Problem) {
    let failure = req.local_cache(GuardFailure::default);
    *failure.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
}

/// The problem of the guard that failed, if it has this status.
pub fn kept(req: &Request<'_>, status: Status) -> Option<Problem> {
    let failure = req.local_cache(GuardFailure::default);
    let kept = failure.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    kept.filter(|problem| problem.status() == status)
}

/// Stores the reason why a request must not reach a handler.
pub fn refuse(req: &Request<'_>, problem: Problem) {
    let _ = req.local_cache(OnceLock::new).set(Refused(problem));
}

/// The reason why a request must not reach a handler.
pub fn refused(req: &Request<'_>) -> Option<Problem> {
    req.local_cache(OnceLock::<Refused>::new).get().map(|refused| refused.0.clone())
}

/// Stores the code of the problem in the reply.
pub fn note(req: &Request<'_>, problem: &Problem) {
    let _ = req.local_cache(OnceLock::new).set(Code(problem.code()));
}

/// The code of the problem in the reply; `None` if the reply reports no problem.
pub fn code(req: &Request<'_>) -> Option<&'static str> {
    req.local_cache(OnceLock::<Code>::new).get().map(|code| code.0)
}
