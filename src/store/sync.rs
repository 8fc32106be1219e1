//! One disk sync for all the commits that wait for it.
//!
//! SQLite commits under `synchronous=NORMAL`, which leaves the sync of the write-ahead log to us. A
//! commit is acknowledged only once the log has been synced after it, so it survives a loss of power
//! as under `FULL`; concurrent commits share one sync.
//!
//! Opening the log beside SQLite is safe: its locks are on the database and the `-shm` file.
use std::{
    ffi::OsString,
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use tokio::sync::Mutex;

#[derive(Clone, Debug)]
pub struct WalSync(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    wal: PathBuf,
    committed: AtomicU64,
    synced: Mutex<u64>,
    failed: AtomicBool,
}

impl WalSync {
    /// `database`: the path of the SQLite file.
    pub fn new(database: &Path) -> Self {
        let mut wal = OsString::from(database);
        wal.push("-wal");
        Self(Arc::new(Inner {
            wal: wal.into(),
            committed: AtomicU64::new(0),
            synced: Mutex::new(0),
            failed: AtomicBool::new(false),
        }))
    }

    /// Returns once everything committed before the call is on the disk.
    ///
    /// After one failed sync the kernel may have dropped the pages, so every later call fails too:
    /// only a restart tells what is on the disk.
    pub async fn wait(&self) -> io::Result<()> {
        let ticket = self.0.committed.fetch_add(1, Ordering::SeqCst) + 1;
        let mut synced = self.0.synced.lock().await;
        if *synced >= ticket {
            return Ok(());
        }
        if self.0.failed.load(Ordering::SeqCst) {
            return Err(io::Error::other("an earlier sync of the database failed"));
        }
        let covers = self.0.committed.load(Ordering::SeqCst);
        let inner = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || sync(&inner.wal)).await;
        if let Err(e) = done.map_err(io::Error::other).flatten() {
            self.0.failed.store(true, Ordering::SeqCst);
            return Err(e);
        }
        *synced = covers;
        Ok(())
    }
}

fn sync(wal: &Path) -> io::Result<()> {
    File::open(wal)?.sync_data()
}

/// Makes the names in the folder of `file` last (a new file is lost with the power otherwise).
pub fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = match file.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}
