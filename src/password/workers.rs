//! The hashing threads: no more than there are cores, with a bounded queue.
//!
//! On the async threads a few concurrent logins would stall every other request. On Tokio's blocking pool
//! hundreds of them would take 19 MiB each.

use super::hasher::Scratch;
use crate::{
    config,
    password::{Error, Result},
};
use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};
use tokio::sync::oneshot;

/// After this long without work a thread frees its memory.
const IDLE: Duration = Duration::from_secs(30);

/// A pool of hashing threads. They end when it is dropped.
pub struct Pool(Arc<Shared>);

/// How many jobs a pool has had and has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Jobs {
    /// Jobs that wait for a thread, and whose callers still wait.
    pub waiting: usize,
    /// Jobs that a thread has begun.
    pub begun: u64,
    /// Jobs that were discarded because their callers had gone.
    pub discarded: u64,
}

/// The state shared by the threads and the callers.
struct Shared {
    line: Mutex<Queue>,
    moved: Condvar,
    /// How many jobs may wait in addition to those that a free thread is about to take.
    queue: usize,
}

struct Queue {
    jobs: VecDeque<Box<dyn Job>>,
    /// The number of idle threads.
    free: usize,
    open: bool,
    begun: u64,
    discarded: u64,
}

impl Queue {
    /// Removes the jobs without a caller.
    fn discard_unwanted(&mut self) {
        let before = self.jobs.len();
        self.jobs.retain(|job| job.is_wanted());
        self.discarded += (before - self.jobs.len()) as u64;
    }
}

trait Job: Send {
    /// Whether a caller still waits for the answer.
    fn is_wanted(&self) -> bool;
    fn run(self: Box<Self>, scratch: &mut Scratch);
}

struct Task<F, T> {
    task: F,
    answer: oneshot::Sender<T>,
}

impl<F: FnOnce(&mut Scratch) -> T + Send, T: Send> Job for Task<F, T> {
    fn is_wanted(&self) -> bool {
        !self.answer.is_closed()
    }

    fn run(self: Box<Self>, scratch: &mut Scratch) {
        // A caller who has gone by now needs no answer.
        let _ = self.answer.send((self.task)(scratch));
    }
}

/// The result of looking for work.
enum Next {
    Work(Box<dyn Job>),
    Nothing,
    Closed,
}

impl Pool {
    /// A pool with the configured number of threads, but no more than there are cores.
    pub fn new(config: &config::Password) -> Self {
        Self::with_idle(config, IDLE)
    }

    /// A pool whose threads free their memory after `idle` without work.
    pub fn with_idle(config: &config::Password, idle: Duration) -> Self {
        let line = Queue { jobs: VecDeque::new(), free: 0, open: false, begun: 0, discarded: 0 };
        let pool =
            Arc::new(Shared { line: Mutex::new(line), moved: Condvar::new(), queue: config.queue });
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let threads = if config.threads == 0 { cores } else { config.threads.min(cores) };
        // Locked, so that no thread looks for work before the number of threads is known.
        let mut line = pool.line();
        for n in 0..threads {
            let (shared, scratch) = (Arc::clone(&pool), Scratch::new(config));
            let named = thread::Builder::new().name(format!("password-{n}"));
            match named.spawn(move || shared.work(scratch, idle)) {
                Ok(_) => line.free += 1,
                Err(e) => tracing::error!(error = %e, "a hashing thread could not be started"),
            }
        }
        line.open = line.free > 0;
        drop(line);
        Self(pool)
    }

    /// The number of its jobs.
    pub fn jobs(&self) -> Jobs {
        let mut line = self.0.line();
        line.discard_unwanted();
        Jobs { waiting: line.jobs.len(), begun: line.begun, discarded: line.discarded }
    }

    /// Runs `task` on one of the threads, unless the caller has gone by then.
    ///
    /// # Errors
    /// [`Error::Busy`] if the queue is full; [`Error::Internal`] if the task panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut Scratch) -> T + Send + 'static,
    ) -> Result<T> {
        let (answer, outcome) = oneshot::channel();
        self.0.put(Box::new(Task { task, answer }))?;
        outcome.await.map_err(|_| Error::internal("a hash was not computed"))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.0.line().open = false;
        self.0.moved.notify_all();
    }
}

impl Shared {
    fn line(&self) -> MutexGuard<'_, Queue> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a job to the end of the queue. If the queue is full, jobs without a caller are removed first.
    fn put(&self, job: Box<dyn Job>) -> Result<()> {
        let mut line = self.line();
        if !line.open {
            return Err(Error::internal("no hashing thread is running"));
        }
        let places = self.queue.saturating_add(line.free);
        if line.jobs.len() >= places {
            line.discard_unwanted();
        }
        if line.jobs.len() >= places {
            return Err(Error::Busy);
        }
        line.jobs.push_back(job);
        drop(line);
        self.moved.notify_one();
        Ok(())
    }

    /// Takes the next job that has a caller. It waits for one, but no longer than `idle`.
    fn next(&self, idle: Duration) -> Next {
        let mut line = self.line();
        loop {
            while let Some(job) = line.jobs.pop_front() {
                if job.is_wanted() {
                    line.free -= 1;
                    line.begun += 1;
                    return Next::Work(job);
                }
                line.discarded += 1;
            }
            if !line.open {
                return Next::Closed;
            }
            let (again, waited) =
                self.moved.wait_timeout(line, idle).unwrap_or_else(PoisonError::into_inner);
            line = again;
            if waited.timed_out() && line.jobs.is_empty() && line.open {
                return Next::Nothing;
            }
        }
    }

    fn work(&self, mut scratch: Scratch, idle: Duration) {
        loop {
            match self.next(idle) {
                Next::Work(job) => {
                    if catch_unwind(AssertUnwindSafe(|| job.run(&mut scratch))).is_err() {
                        tracing::error!("hashing a password panicked");
                    }
                    self.line().free += 1;
                }
                Next::Nothing => scratch.release(),
                Next::Closed => return,
            }
        }
    }
}

#[cfg(test)]
mod tests;
