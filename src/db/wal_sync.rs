//! [`WalSync`]: one disk sync for all commits that wait for it.
//!
//! SQLite commits under `synchronous=NORMAL`, which leaves the sync of the write-ahead log to us. A
//! commit is acknowledged only once the log has been synced after it, so it survives a loss of power
//! as under `FULL`; concurrent commits share one sync.
//!
//! Opening the log beside SQLite is safe: its locks are on the database and the `-shm` file. The log stays
//! open, so that a process that has run out of file descriptors can still sync.

use sqlx::Result;
use std::{
    ffi::OsString,
    fs::{self, File, Metadata},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::{Mutex, watch};

/// Syncs the write-ahead log of one database. Clones share the syncs.
#[derive(Clone, Debug)]
pub struct WalSync(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    wal: PathBuf,
    committed: AtomicU64,
    log: Arc<Mutex<Log>>,
    failed: watch::Sender<bool>,
    /// The number of syncs.
    syncs: AtomicU64,
}

#[derive(Debug, Default)]
struct Log {
    file: Option<File>,
    /// Commits up to this one are on the disk.
    synced: u64,
}

/// Why the log was not synced.
enum Failure {
    /// The file could not be read or opened. The next commit tries again.
    Unopened(io::Error),
    /// The kernel may have dropped the pages.
    Lost(io::Error),
}

impl WalSync {
    /// `database`: the path of the SQLite file.
    pub fn new(database: &Path) -> Self {
        Self(Arc::new(Inner {
            wal: beside(database, "-wal"),
            committed: AtomicU64::new(0),
            log: Arc::default(),
            failed: watch::Sender::new(false),
            syncs: AtomicU64::new(0),
        }))
    }

    /// The number of syncs so far.
    pub fn syncs(&self) -> u64 {
        self.0.syncs.load(Ordering::SeqCst)
    }

    /// Whether a sync has failed for good.
    pub fn has_failed(&self) -> bool {
        *self.0.failed.borrow()
    }

    /// Returns once a sync has failed for good.
    pub async fn failed(&self) {
        let mut failed = self.0.failed.subscribe();
        // The sender lives as long as `self`.
        let _ = failed.wait_for(|failed| *failed).await;
    }

    /// Returns once everything committed before the call is on the disk.
    ///
    /// After a failed sync the kernel may have dropped the pages, so every later call fails too. Only a
    /// restart shows what is on the disk. A log that cannot be opened, for lack of a file descriptor for
    /// example, fails this call only.
    pub async fn wait(&self) -> Result<()> {
        let ticket = self.0.committed.fetch_add(1, Ordering::SeqCst) + 1;
        let mut log = Arc::clone(&self.0.log).lock_owned().await;
        if log.synced >= ticket {
            return Ok(());
        }
        if self.has_failed() {
            return Err(io::Error::other("an earlier sync of the database failed").into());
        }
        let covers = self.0.committed.load(Ordering::SeqCst);
        let inner = Arc::clone(&self.0);
        self.0.syncs.fetch_add(1, Ordering::SeqCst);
        // The task holds the lock, so that a sync whose caller is gone ends before the next begins.
        let done = tokio::task::spawn_blocking(move || match log.sync(&inner.wal) {
            Ok(()) => {
                log.synced = covers;
                Ok(())
            }
            Err(Failure::Unopened(e)) => Err(e),
            Err(Failure::Lost(e)) => {
                inner.failed.send_replace(true);
                Err(e)
            }
        });
        Ok(done.await.map_err(io::Error::other).flatten()?)
    }
}

impl Log {
    fn sync(&mut self, wal: &Path) -> Result<(), Failure> {
        // SQLite creates another log after its last connection was closed.
        let now = fs::metadata(wal).map_err(Failure::Unopened)?;
        if let Some(file) = &self.file
            && !same_file(&file.metadata().map_err(Failure::Unopened)?, &now)
        {
            self.file = None;
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::open(wal).map_err(Failure::Unopened)?),
        };
        file.sync_data().map_err(Failure::Lost)
    }
}

#[cfg(unix)]
fn same_file(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// On other systems the file is opened each time.
#[cfg(not(unix))]
fn same_file(_: &Metadata, _: &Metadata) -> bool {
    false
}

/// The path of a file that SQLite keeps beside the database.
pub(crate) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut path = OsString::from(database);
    path.push(suffix);
    path.into()
}

/// Syncs the folder of `file`. Otherwise a loss of power can remove a new file.
pub fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = match file.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
