//! [`Activity`]: what happens on a connection, and when the connection must be closed.
//!
//! hyper has one time limit, for the head of an HTTP/1 request, and applies it to idle connections as well.
//! So the limits are kept here: one deadline for each connection, whatever its protocol.
use super::limits::Limits;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// What happens on a connection.
pub struct Activity(Mutex<State>);

struct State {
    /// Requests that have arrived and whose reply is not complete.
    requests: usize,
    /// For each reply of which a part waits, which it does while the client reads nothing: since when.
    pending_since: Vec<Instant>,
    /// Since when there is no request.
    idle_since: Instant,
    /// Whether no request has arrived yet.
    no_request_yet: bool,
    /// Whether the connection speaks HTTP/2, whose clients also send frames between requests.
    is_http2: bool,
    /// When the first byte of the next head arrived.
    head_since: Option<Instant>,
    /// Since when the socket takes no more bytes.
    blocked_since: Option<Instant>,
}

/// Why a connection must be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The client sends no request. It may be told.
    Idle,
    /// The client does not complete a head.
    Head,
    /// The client does not read.
    Write,
}

impl Activity {
    /// A connection that has just been accepted.
    pub fn new() -> Arc<Self> {
        let now = Instant::now();
        Arc::new(Self(Mutex::new(State {
            requests: 0,
            pending_since: Vec::new(),
            idle_since: now,
            no_request_yet: true,
            is_http2: false,
            head_since: None,
            blocked_since: None,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that bytes were read.
    pub fn read(&self) {
        let mut state = self.state();
        if state.requests == 0 && state.head_since.is_none() && !state.is_http2 {
            state.head_since = Some(Instant::now());
        }
    }

    /// Records that bytes were written.
    pub fn wrote(&self) {
        let mut state = self.state();
        state.blocked_since = None;
    }

    /// Records that the socket takes no more bytes.
    pub fn blocked(&self) {
        self.state().blocked_since.get_or_insert_with(Instant::now);
    }

    /// Records that a request has arrived. It ends when the returned value is dropped.
    pub fn begin(self: &Arc<Self>, is_http2: bool) -> Request {
        let mut state = self.state();
        state.requests += 1;
        state.no_request_yet = false;
        state.is_http2 = is_http2;
        state.head_since = None;
        Request { activity: Arc::clone(self), is_http2, pending_since: None }
    }

    /// When the connection must be closed, unless something happens before, and why. `None` while a request
    /// is being answered.
    pub fn deadline(&self, limits: &Limits) -> Option<(Instant, Reason)> {
        let state = self.state();
        let blocked = state.blocked_since.map(|since| (since + limits.write, Reason::Write));
        // The oldest one: a reply that is taken must not hide others that are not.
        let waits = state.pending_since.iter().min().map(|at| (*at + limits.write, Reason::Write));
        let without = (state.requests == 0).then(|| match state.head_since {
            _ if state.no_request_yet => (state.idle_since + limits.head, Reason::Head),
            Some(since) => (since + limits.head, Reason::Head),
            None => (state.idle_since + limits.idle, Reason::Idle),
        });
        [blocked, waits, without].into_iter().flatten().min_by_key(|(at, _)| *at)
    }
}

/// A request that is being answered.
pub struct Request {
    activity: Arc<Activity>,
    pub is_http2: bool,
    /// Since when a part of its reply waits, if one does.
    pending_since: Option<Instant>,
}

impl Request {
    /// Records that a part of the reply waits to be passed on.
    pub fn chunk_pending(&mut self) {
        if self.pending_since.is_none() {
            let now = Instant::now();
            self.pending_since = Some(now);
            self.activity.state().pending_since.push(now);
        }
    }

    /// Records that the part was passed on.
    pub fn chunk_sent(&mut self) {
        if let Some(since) = self.pending_since.take() {
            let mut state = self.activity.state();
            if let Some(at) = state.pending_since.iter().position(|at| *at == since) {
                state.pending_since.swap_remove(at);
            }
        }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.chunk_sent();
        let mut state = self.activity.state();
        state.requests -= 1;
        if state.requests == 0 {
            state.idle_since = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn limits() -> Limits {
        let seconds = Duration::from_secs;
        Limits {
            head: seconds(10),
            body: seconds(11),
            write: seconds(20),
            idle: seconds(60),
            ..Limits::default()
        }
    }

    /// The time until the deadline, in seconds, and its reason.
    fn left(activity: &Activity) -> Option<(f64, Reason)> {
        let (at, reason) = activity.deadline(&limits())?;
        Some(((at - Instant::now()).as_secs_f64().round(), reason))
    }

    #[test]
    fn each_state_of_a_connection_has_its_limit() {
        let activity = Activity::new();
        assert_eq!(left(&activity), Some((10.0, Reason::Head)));
        let mut request = activity.begin(false);
        assert_eq!(left(&activity), None);
        request.chunk_pending();
        assert_eq!(left(&activity), Some((20.0, Reason::Write)));
        request.chunk_sent();
        activity.blocked();
        let blocked = activity.deadline(&limits());
        activity.blocked();
        assert_eq!(activity.deadline(&limits()), blocked);
        activity.wrote();
        drop(request);
        assert_eq!(left(&activity), Some((60.0, Reason::Idle)));
        activity.read();
        let head = activity.deadline(&limits());
        assert_eq!(left(&activity), Some((10.0, Reason::Head)));
        activity.read();
        assert_eq!(activity.deadline(&limits()), head);
    }

    #[test]
    fn frames_between_two_requests_of_http_2_are_no_head() {
        let activity = Activity::new();
        drop(activity.begin(true));
        activity.read();
        assert_eq!(left(&activity), Some((60.0, Reason::Idle)));
    }

    #[test]
    fn another_request_does_not_hide_a_reply_that_nobody_takes() {
        let activity = Activity::new();
        let mut one = activity.begin(true);
        one.chunk_pending();
        let waits = activity.deadline(&limits());
        let mut other = activity.begin(true);
        other.chunk_pending();
        assert_eq!(activity.deadline(&limits()), waits);
        other.chunk_sent();
        assert_eq!(activity.deadline(&limits()), waits);
        one.chunk_sent();
        assert_eq!(activity.deadline(&limits()), None);
    }
}
