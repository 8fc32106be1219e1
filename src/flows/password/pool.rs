//! The threads that hash: no more than there are cores, before a queue that does not grow.
//!
//! On the async workers a few logins at once would stall every other request; on Tokio's blocking
//! pool hundreds would take 19 MiB each.
use super::{
    super::{Error, Result},
    stored::Bench,
};
use crate::config;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError},
    },
    thread,
    time::Duration,
};
use tokio::sync::oneshot;

/// After this long without work a thread gives its memory back.
const IDLE: Duration = Duration::from_secs(30);

type Job = Box<dyn FnOnce(&mut Bench) + Send>;

pub struct Pool(SyncSender<Job>);

impl Pool {
    pub fn new(config: &config::Password) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let threads = if config.threads == 0 { cores } else { config.threads.min(cores) };
        let (sender, jobs) = mpsc::sync_channel(config.queue);
        let jobs = Arc::new(Mutex::new(jobs));
        for n in 0..threads {
            let (jobs, bench) = (Arc::clone(&jobs), Bench::new(config));
            let named = thread::Builder::new().name(format!("password-{n}"));
            if let Err(e) = named.spawn(move || work(&jobs, bench)) {
                tracing::error!(error = %e, "a hashing thread did not start");
            }
        }
        Self(sender)
    }

    /// Does `task` on one of the threads, unless whoever asked has gone by then.
    pub async fn run<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut Bench) -> T + Send + 'static,
    ) -> Result<T> {
        let (answer, outcome) = oneshot::channel();
        let job: Job = Box::new(move |bench| {
            if !answer.is_closed() {
                let _ = answer.send(task(bench));
            }
        });
        match self.0.try_send(job) {
            Ok(()) => outcome.await.map_err(|_| Error::internal("a hash was not computed")),
            Err(TrySendError::Full(_)) => Err(Error::Busy),
            Err(TrySendError::Disconnected(_)) => Err(Error::internal("no thread hashes")),
        }
    }
}

fn work(jobs: &Mutex<Receiver<Job>>, mut bench: Bench) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(IDLE);
        match job {
            Ok(job) => {
                if catch_unwind(AssertUnwindSafe(|| job(&mut bench))).is_err() {
                    tracing::error!("hashing a password panicked");
                }
            }
            Err(RecvTimeoutError::Timeout) => bench.release(),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
