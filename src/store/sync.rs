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
    synced: Arc<Mutex<u64>>,
    failed: AtomicBool,
    /// How often the disk was asked.
    syncs: AtomicU64,
}

impl WalSync {
    /// `database`: the path of the SQLite file.
    pub fn new(database: &Path) -> Self {
        let mut wal = OsString::from(database);
        wal.push("-wal");
        Self(Arc::new(Inner {
            wal: wal.into(),
            committed: AtomicU64::new(0),
            synced: Arc::new(Mutex::new(0)),
            failed: AtomicBool::new(false),
            syncs: AtomicU64::new(0),
        }))
    }

    /// How often the disk was asked so far.
    pub fn syncs(&self) -> u64 {
        self.0.syncs.load(Ordering::SeqCst)
    }

    /// Returns once everything committed before the call is on the disk.
    ///
    /// After one failed sync the kernel may have dropped the pages, so every later call fails too:
    /// only a restart tells what is on the disk.
    pub async fn wait(&self) -> io::Result<()> {
        let ticket = self.0.committed.fetch_add(1, Ordering::SeqCst) + 1;
        let mut synced = Arc::clone(&self.0.synced).lock_owned().await;
        if *synced >= ticket {
            return Ok(());
        }
        if self.0.failed.load(Ordering::SeqCst) {
            return Err(io::Error::other("an earlier sync of the database failed"));
        }
        let covers = self.0.committed.load(Ordering::SeqCst);
        let inner = Arc::clone(&self.0);
        self.0.syncs.fetch_add(1, Ordering::SeqCst);
        // The lock goes along: a sync whose caller is gone ends before the next begins, and is heard.
        let done = tokio::task::spawn_blocking(move || {
            let done = sync(&inner.wal);
            match done {
                Ok(()) => *synced = covers,
                Err(_) => inner.failed.store(true, Ordering::SeqCst),
            }
            done
        });
        done.await.map_err(io::Error::other).flatten()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_sync_serves_all_that_wait_when_it_starts_and_none_that_come_later() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.db");
        File::create(folder.path().join("x.db-wal")).unwrap();
        let sync = WalSync::new(&file);
        sync.wait().await.unwrap();
        assert_eq!(sync.syncs(), 1);
        // In one task: the first starts a sync, all others take a ticket before it goes on.
        let all = rocket::futures::future::join_all((0..64).map(|_| sync.wait())).await;
        assert!(all.iter().all(Result::is_ok));
        assert_eq!(sync.syncs(), 3);
        sync.wait().await.unwrap();
        assert_eq!(sync.syncs(), 4);
    }

    #[tokio::test]
    async fn after_a_failed_sync_nothing_is_acknowledged_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let sync = WalSync::new(&folder.path().join("x.db"));
        sync.wait().await.unwrap_err();
        File::create(folder.path().join("x.db-wal")).unwrap();
        sync.wait().await.unwrap_err();
    }

    #[test]
    fn a_sync_that_failed_unheard_is_remembered() {
        // One blocking thread: what is asked of it comes in order.
        let runtime =
            tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let sync = WalSync::new(&folder.path().join("x.db"));
            let given_up = sync.wait();
            assert!(rocket::futures::FutureExt::now_or_never(given_up).is_none());
            tokio::task::spawn_blocking(|| ()).await.unwrap();
            File::create(folder.path().join("x.db-wal")).unwrap();
            sync.wait().await.unwrap_err();
        });
    }
}
