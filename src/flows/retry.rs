//! Retries of flows.
use super::{Error, Result};

/// How often a flow runs at most.
const TRIES: u32 = 3;

/// Runs a flow, and retries it if the database rolled it back in favour of another transaction (a
/// deadlock or a serialization failure). Use it only for flows that do nothing before their
/// transaction that must not happen twice.
pub(super) async fn retried<T, F>(mut flow: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let mut tries = 1;
    loop {
        match flow().await {
            Err(Error::Contended) if tries < TRIES => tries += 1,
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[tokio::test]
    async fn a_contended_flow_runs_at_most_three_times() {
        for (fails, tries, ends_well) in [(0, 1, true), (2, 3, true), (3, 3, false)] {
            let tried = Cell::new(0);
            let done = retried(async || {
                tried.set(tried.get() + 1);
                if tried.get() > fails { Ok(()) } else { Err(Error::Contended) }
            });
            assert_eq!((done.await.is_ok(), tried.get()), (ends_well, tries));
        }
        let tried = Cell::new(0);
        let done: Result<()> = retried(async || {
            tried.set(tried.get() + 1);
            Err(Error::Unavailable)
        })
        .await;
        assert_eq!((done.is_err(), tried.get()), (true, 1));
    }
}
