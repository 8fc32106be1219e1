//! What goes on beside the requests: mails are sent, other processes are heard, old rows are purged,
//! figures are taken.
use crate::flows::{Auth, Figures, Result};
use futures_util::FutureExt;
use std::{
    panic::AssertUnwindSafe,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{task::JoinSet, time::sleep};

/// A logout on another replica takes effect within twice this (the contract allows 1 s).
const POLL: Duration = Duration::from_millis(400);
/// Mails that another process put, or whose next attempt is due, wait at most this long.
const POST: Duration = Duration::from_secs(2);
/// How long the last mails may take when the service stops.
pub const LAST_MAILS: Duration = Duration::from_secs(8);
/// Not at once, when all replicas start and people log in.
const FIRST_PURGE: Duration = Duration::from_mins(1);
const PURGE: Duration = Duration::from_mins(5);
const UPKEEP: Duration = Duration::from_secs(5);
const FIGURES: Duration = Duration::from_secs(15);
/// How often it is looked whether an import brought hashes of other kinds.
const IMPORTS: Duration = Duration::from_mins(1);
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// The workers of a server, which end with it. They still hear of logouts while its last requests are
/// answered.
#[derive(Default)]
pub struct Workers(Mutex<JoinSet<()>>);

impl Workers {
    /// Starts them. `stopping` resolves when the server begins to stop, and `stop` makes it begin.
    /// `upkeep` is called every few seconds.
    pub fn start(
        &self,
        auth: &Auth,
        stopping: impl Future<Output = ()> + Send + 'static,
        stop: impl Fn() + Clone + Send + Sync + 'static,
        upkeep: fn(),
    ) {
        let mut set = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        macro_rules! start {
            ($($work:ident)*) => { $({
                let auth = auth.clone();
                set.spawn(guard(stringify!($work), AFTER_FAILURE, move || $work(auth.clone())));
            })* };
        }
        start! { catch_up listen probe purge hash_kinds tell_figures }
        let lost = auth.clone();
        set.spawn(guard("end_when_lost", AFTER_FAILURE, move || {
            end_when_lost(lost.clone(), stop.clone())
        }));
        set.spawn(guard("upkeep", AFTER_FAILURE, move || keep_up(upkeep)));
        // Not one of the set, with which it would be cut off: it ends by itself.
        let (sends, ends) = (auth.clone(), auth.clone());
        tokio::spawn(guard("deliver", AFTER_FAILURE, move || deliver(sends.clone())));
        tokio::spawn(async move {
            stopping.await;
            ends.end_mails(LAST_MAILS).await;
        });
    }
}

/// Does `work`, and starts it again whenever it panics.
async fn guard<F: Future<Output = ()>>(name: &str, pause: Duration, work: impl Fn() -> F) {
    while AssertUnwindSafe(work()).catch_unwind().await.is_err() {
        tracing::error!(worker = name, "a worker panicked and is started again");
        sleep(pause).await;
    }
}

async fn deliver(auth: Auth) {
    while !auth.is_ending() {
        note(auth.deliver_due().await.map(drop), "mails wait").await;
        tokio::select! {
            () = auth.mail_queued() => {}
            () = auth.ending() => {}
            () = sleep(POST) => {}
        }
    }
}

async fn catch_up(auth: Auth) {
    loop {
        note(auth.catch_up().await, "logouts elsewhere are not heard of").await;
        sleep(POLL).await;
    }
}

async fn probe(auth: Auth) {
    loop {
        note(auth.probe().await, "nothing can be committed").await;
        sleep(POLL).await;
    }
}

async fn listen(auth: Auth) {
    loop {
        let heard = async {
            let Some(mut listener) = auth.listen().await? else { return Ok(false) };
            loop {
                let channel = listener.next().await?;
                auth.hear(channel).await?;
            }
        };
        match heard.await {
            // There is nothing to listen to: polling does it.
            Ok(false) => return,
            heard => note(heard.map(drop), "notifications are not heard").await,
        }
    }
}

/// Learns of imports that happened elsewhere.
async fn hash_kinds(auth: Auth) {
    note(auth.survey_hashes().await, "the kinds of stored hashes are not known").await;
    loop {
        sleep(IMPORTS).await;
        note(auth.learn_hash_kinds().await, "the kinds of stored hashes are not known").await;
    }
}

async fn purge(auth: Auth) {
    sleep(FIRST_PURGE).await;
    loop {
        note(auth.purge().await, "old rows are not purged").await;
        sleep(PURGE).await;
    }
}

async fn keep_up(upkeep: fn()) {
    loop {
        upkeep();
        sleep(UPKEEP).await;
    }
}

async fn tell_figures(auth: Auth) {
    loop {
        note(auth.figures().await.map(|figures| tell(&figures)), "no figures can be taken").await;
        sleep(FIGURES).await;
    }
}

fn tell(figures: &Figures) {
    let count = |n: u64| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let mails = [("waiting", figures.mails_waiting), ("failed", figures.mails_failed)];
    for (state, n) in mails {
        metrics::gauge!("portcullis_mails", "state" => state)
            .set(count(u64::try_from(n).unwrap_or(0)));
    }
    metrics::gauge!("portcullis_oldest_mail_seconds").set(figures.oldest_mail.as_secs_f64());
    metrics::gauge!("portcullis_passwords_waiting").set(count(figures.passwords_waiting as u64));
    let connections = figures.connections;
    for (state, n) in [("open", connections.open), ("idle", connections.idle)] {
        metrics::gauge!("portcullis_database_connections", "state" => state).set(count(n as u64));
    }
    for (table, overdue) in figures.overdue {
        metrics::gauge!("portcullis_purge_overdue_seconds", "table" => table)
            .set(overdue.as_secs_f64());
    }
}

/// Ends the server when the database can take no more writes until a restart.
async fn end_when_lost(auth: Auth, stop: impl Fn()) {
    auth.database_lost().await;
    tracing::error!("the log of the database could not be synced: the service ends");
    stop();
}

async fn note(done: Result<()>, otherwise: &str) {
    if let Err(e) = done {
        tracing::warn!(error = %e, "{otherwise}");
        sleep(AFTER_FAILURE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn a_worker_that_panics_is_started_again_until_it_returns() {
        let starts = &AtomicU32::new(0);
        guard("test", Duration::ZERO, || async move {
            assert!(starts.fetch_add(1, Ordering::SeqCst) >= 3, "not yet");
        })
        .await;
        assert_eq!(starts.load(Ordering::SeqCst), 4);
    }

    #[tokio::test]
    async fn upkeep_needs_nobody_to_ask_for_figures() {
        static CALLS: AtomicU32 = AtomicU32::new(0);
        let worker = tokio::spawn(keep_up(|| {
            CALLS.fetch_add(1, Ordering::SeqCst);
        }));
        while CALLS.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        worker.abort();
    }
}
