//! Time limits for the database.
//!
//! Every connection has a deadline. All connections of a request share one [`REQUEST_TIMEOUT`], so that a
//! request that needs several connections waits no longer than one that needs a single connection.
use sqlx::Result;
use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    task_local,
    time::{Instant, timeout_at},
};

/// The longest that a request waits for the database before it fails because the database cannot be reached.
/// Includes the wait for a connection.
pub const REQUEST_TIMEOUT: Duration = Duration::from_millis(2_500);

/// The longest that an operator's list or count, or a purge, may take.
pub const LONG_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest wait for a write that the reply does not depend on.
pub const SHORT_TIMEOUT: Duration = Duration::from_millis(500);

/// How long a request may still wait.
#[derive(Clone)]
struct Budget(Arc<Mutex<Duration>>);

task_local! {
    static BUDGET: Budget;
}

/// Runs `request`, whose connections wait for the database no longer than `REQUEST_TIMEOUT` in total. Other
/// work, such as hashing a password, does not count.
pub async fn as_one_request<T>(request: impl Future<Output = T>) -> T {
    BUDGET.scope(Budget(Arc::new(Mutex::new(REQUEST_TIMEOUT))), request).await
}

impl Budget {
    fn left(&self) -> Duration {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spend(&self, spent: Duration) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *left = left.saturating_sub(spent);
    }
}

/// When to stop waiting.
pub(crate) struct Deadline {
    start: Instant,
    end: Instant,
    budget: Option<Budget>,
}

impl Deadline {
    /// `limit` from now on, or less if the request has used up some of its own.
    pub(crate) fn within(limit: Duration) -> Self {
        let start = Instant::now();
        let budget = BUDGET.try_with(Clone::clone).ok();
        let left = budget.as_ref().map_or(limit, |budget| budget.left().min(limit));
        Self { start, end: start + left, budget }
    }

    /// [`LONG_TIMEOUT`], whatever the request has used up.
    pub(crate) fn long() -> Self {
        let start = Instant::now();
        Self { start, end: start + LONG_TIMEOUT, budget: None }
    }

    /// Whether a failure to begin shows an outage of the database. A timeout after a short wait does not: the
    /// limit itself was short, or the request had already used up its time.
    pub(crate) fn proves_outage(&self, e: &sqlx::Error) -> bool {
        !matches!(e, sqlx::Error::PoolTimedOut) || self.start.elapsed() > 2 * SHORT_TIMEOUT
    }

    /// The outcome of `work`, or the same error as for a timeout of the pool.
    pub(crate) async fn over<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        timeout_at(self.end, work).await.map_err(|_| sqlx::Error::PoolTimedOut)?
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        if let Some(budget) = &self.budget {
            budget.spend(self.start.elapsed());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(deadline: &Deadline) -> Duration {
        deadline.end - deadline.start
    }

    fn spend(mut deadline: Deadline, spent: Duration) {
        deadline.start -= spent;
    }

    #[tokio::test]
    async fn connections_of_one_request_share_its_deadline() {
        let second = Duration::from_secs(1);
        as_one_request(async {
            assert_eq!(time(&Deadline::within(SHORT_TIMEOUT)), SHORT_TIMEOUT);
            spend(Deadline::within(REQUEST_TIMEOUT), second);
            spend(Deadline::within(REQUEST_TIMEOUT), second);
            let left = Deadline::within(REQUEST_TIMEOUT);
            assert!(time(&left) <= Duration::from_millis(500), "{:?}", time(&left));
            spend(left, second);
            let none = Deadline::within(REQUEST_TIMEOUT);
            assert_eq!(time(&none), Duration::ZERO);
            none.over(std::future::pending::<Result<()>>()).await.unwrap_err();
            // An operator's request may take longer.
            assert_eq!(time(&Deadline::long()), LONG_TIMEOUT);
        })
        .await;
        let late = sqlx::Error::PoolTimedOut;
        assert!(!Deadline::within(REQUEST_TIMEOUT).proves_outage(&late));
        assert!(Deadline::within(REQUEST_TIMEOUT).proves_outage(&sqlx::Error::WorkerCrashed));
        let mut long = Deadline::within(REQUEST_TIMEOUT);
        long.start -= REQUEST_TIMEOUT;
        assert!(long.proves_outage(&late));
        // Outside of requests each connection has its own time limit.
        spend(Deadline::within(REQUEST_TIMEOUT), second);
        assert_eq!(time(&Deadline::within(REQUEST_TIMEOUT)), REQUEST_TIMEOUT);
    }
}
