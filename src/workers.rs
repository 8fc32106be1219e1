//! The background workers: they send mails, learn of changes by other processes, purge old rows and update
//! metrics.
use crate::flows::{Auth, Figures, Result};
use futures_util::FutureExt;
use std::{
    panic::AssertUnwindSafe,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{task::JoinSet, time::sleep};

/// How often changes are polled. A logout on another replica takes effect within twice this (the contract
/// allows 1 s).
const POLL: Duration = Duration::from_millis(400);
/// How long a mail waits, at most, that another process enqueued or whose next attempt is due.
const OUTBOX_POLL: Duration = Duration::from_secs(2);
/// How long sending the last mails may take at shutdown.
pub const LAST_MAILS: Duration = Duration::from_secs(8);
/// When the first purge runs. Not at the start, when replicas start together and users log in.
const FIRST_PURGE: Duration = Duration::from_mins(1);
const PURGE: Duration = Duration::from_mins(5);
const UPKEEP: Duration = Duration::from_secs(5);
const FIGURES: Duration = Duration::from_secs(15);
/// How often the kinds of stored hashes are read again: an import may have brought others.
const IMPORTS: Duration = Duration::from_mins(1);
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// The workers of a server. They end with it, and learn of revocations until its last request is answered.
#[derive(Default)]
pub struct Workers(Mutex<JoinSet<()>>);

impl Workers {
    /// Starts the workers. `stopping` resolves when the server begins to stop, and `stop` stops it. `upkeep`
    /// is called every few seconds.
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
        start! { catch_up listen probe purge hash_kinds publish_figures }
        let lost = auth.clone();
        set.spawn(guard("end_when_lost", AFTER_FAILURE, move || {
            end_when_lost(lost.clone(), stop.clone())
        }));
        set.spawn(guard("upkeep", AFTER_FAILURE, move || run_upkeep(upkeep)));
        // Not part of the set, which is aborted: mail delivery ends by itself.
        let (sends, ends) = (auth.clone(), auth.clone());
        tokio::spawn(guard("deliver", AFTER_FAILURE, move || deliver(sends.clone())));
        tokio::spawn(async move {
            stopping.await;
            ends.end_mails(LAST_MAILS).await;
        });
    }
}

/// Runs `work`, and restarts it after a panic and a pause.
async fn guard<F: Future<Output = ()>>(name: &str, pause: Duration, work: impl Fn() -> F) {
    while AssertUnwindSafe(work()).catch_unwind().await.is_err() {
        tracing::error!(worker = name, "a worker panicked and is restarted");
        sleep(pause).await;
    }
}

async fn deliver(auth: Auth) {
    while !auth.is_ending() {
        log_failure(auth.deliver_due().await.map(drop), "mail delivery failed").await;
        tokio::select! {
            () = auth.mail_queued() => {}
            () = auth.ending() => {}
            () = sleep(OUTBOX_POLL) => {}
        }
    }
}

async fn catch_up(auth: Auth) {
    repeat(POLL, "polling for revocations failed", || auth.catch_up()).await;
}

async fn probe(auth: Auth) {
    repeat(POLL, "the database cannot commit", || auth.probe()).await;
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
            // The engine has no notifications. Polling is enough.
            Ok(false) => return,
            heard => log_failure(heard.map(drop), "listening for notifications failed").await,
        }
    }
}

/// Learns of imports by other processes.
async fn hash_kinds(auth: Auth) {
    let message = "reading the kinds of stored hashes failed";
    log_failure(auth.survey_hashes().await, message).await;
    sleep(IMPORTS).await;
    repeat(IMPORTS, message, || auth.learn_hash_kinds()).await;
}

async fn purge(auth: Auth) {
    sleep(FIRST_PURGE).await;
    repeat(PURGE, "purge failed", || auth.purge()).await;
}

async fn run_upkeep(upkeep: fn()) {
    loop {
        upkeep();
        sleep(UPKEEP).await;
    }
}

async fn publish_figures(auth: Auth) {
    repeat(FIGURES, "reading the metrics failed", || async {
        auth.forget_idle_addresses();
        auth.log_left_out_lines();
        auth.store_left_out_events().await;
        auth.figures().await.map(|figures| publish(&figures))
    })
    .await;
}

fn publish(figures: &Figures) {
    let count = |n: u64| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let mails = [("waiting", figures.mails_waiting), ("failed", figures.mails_failed)];
    for (state, n) in mails {
        metrics::gauge!("portcullis_mails", "state" => state)
            .set(count(u64::try_from(n).unwrap_or(0)));
    }
    metrics::gauge!("portcullis_oldest_mail_seconds").set(figures.oldest_mail.as_secs_f64());
    metrics::gauge!("portcullis_stuffing").set(f64::from(u8::from(figures.stuffing)));
    let passwords = figures.passwords;
    metrics::gauge!("portcullis_passwords_waiting").set(count(passwords.waiting as u64));
    for (state, n) in [("begun", passwords.begun), ("discarded", passwords.discarded)] {
        metrics::counter!("portcullis_passwords_total", "state" => state).absolute(n);
    }
    let connections = figures.connections;
    for (state, n) in [("open", connections.open), ("idle", connections.idle)] {
        metrics::gauge!("portcullis_database_connections", "state" => state).set(count(n as u64));
    }
    for (table, overdue) in figures.overdue {
        metrics::gauge!("portcullis_purge_overdue_seconds", "table" => table)
            .set(overdue.as_secs_f64());
    }
}

/// Stops the server when the database cannot be written any more until a restart.
async fn end_when_lost(auth: Auth, stop: impl Fn()) {
    auth.database_lost().await;
    tracing::error!("the write-ahead log of the database could not be synced: the service stops");
    stop();
}

/// Does `work` again and again, with a pause in between. Logs its failures as `message`.
async fn repeat<F: Future<Output = Result<()>>>(
    pause: Duration,
    message: &str,
    work: impl Fn() -> F,
) {
    loop {
        log_failure(work().await, message).await;
        sleep(pause).await;
    }
}

/// Logs a failure as `message`, and waits for [`AFTER_FAILURE`].
async fn log_failure(done: Result<()>, message: &str) {
    if let Err(e) = done {
        tracing::warn!(error = %e, "{message}");
        sleep(AFTER_FAILURE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn a_panicking_worker_is_restarted_until_it_returns() {
        let starts = &AtomicU32::new(0);
        guard("test", Duration::ZERO, || async move {
            assert!(starts.fetch_add(1, Ordering::SeqCst) >= 3, "not yet");
        })
        .await;
        assert_eq!(starts.load(Ordering::SeqCst), 4);
    }

    #[tokio::test]
    async fn metrics_upkeep_runs_without_scrapes() {
        static CALLS: AtomicU32 = AtomicU32::new(0);
        let worker = tokio::spawn(run_upkeep(|| {
            CALLS.fetch_add(1, Ordering::SeqCst);
        }));
        while CALLS.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        worker.abort();
    }
}
