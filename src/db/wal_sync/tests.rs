use super::*;
use futures_util::{FutureExt, future::join_all};

fn logged(folder: &tempfile::TempDir) -> (WalSync, PathBuf) {
    let wal = folder.path().join("x.db-wal");
    File::create(&wal).unwrap();
    (WalSync::new(&folder.path().join("x.db")), wal)
}

/// Replaces the log with something that can be opened, but not synced (`EINVAL`).
#[cfg(unix)]
fn make_unsyncable(wal: &Path) {
    fs::remove_file(wal).unwrap();
    std::os::unix::fs::symlink("/dev/null", wal).unwrap();
}

#[tokio::test]
async fn one_sync_serves_all_waiting_commits_and_no_later_ones() {
    let folder = tempfile::tempdir().unwrap();
    let (sync, _) = logged(&folder);
    sync.wait().await.unwrap();
    assert_eq!(sync.syncs(), 1);
    // In one task: the first call starts a sync, and all others take a ticket before it continues.
    let all = join_all((0..64).map(|_| sync.wait())).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(sync.syncs(), 3);
    sync.wait().await.unwrap();
    assert_eq!(sync.syncs(), 4);
}

#[tokio::test]
async fn opening_the_log_is_retried_by_the_next_commit() {
    let folder = tempfile::tempdir().unwrap();
    let sync = WalSync::new(&folder.path().join("x.db"));
    sync.wait().await.unwrap_err();
    assert!(!sync.has_failed() && sync.failed().now_or_never().is_none());
    File::create(folder.path().join("x.db-wal")).unwrap();
    sync.wait().await.unwrap();
}

#[tokio::test]
async fn the_file_descriptor_is_kept_until_the_log_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (sync, wal) = logged(&folder);
    sync.wait().await.unwrap();
    let kept = async || sync.0.log.lock().await.file.as_ref().map(|f| f.metadata().unwrap());
    let first = kept().await.unwrap();
    // The log is not opened again, which could fail for lack of file descriptors.
    #[cfg(unix)]
    {
        use std::os::{fd::AsRawFd, unix::fs::PermissionsExt};
        let descriptor = async || sync.0.log.lock().await.file.as_ref().map(AsRawFd::as_raw_fd);
        let before = descriptor().await;
        fs::set_permissions(&wal, fs::Permissions::from_mode(0o000)).unwrap();
        sync.wait().await.unwrap();
        assert_eq!(descriptor().await, before);
    }
    let other = folder.path().join("other");
    File::create(&other).unwrap();
    fs::rename(&other, &wal).unwrap();
    sync.wait().await.unwrap();
    assert!(!same_file(&kept().await.unwrap(), &first));
}

#[cfg(unix)]
#[tokio::test]
async fn no_commit_is_acknowledged_after_a_failed_sync() {
    let folder = tempfile::tempdir().unwrap();
    let (sync, wal) = logged(&folder);
    make_unsyncable(&wal);
    sync.wait().await.unwrap_err();
    assert!(sync.has_failed());
    sync.failed().await;
    fs::remove_file(&wal).unwrap();
    File::create(&wal).unwrap();
    sync.wait().await.unwrap_err();
}

#[cfg(unix)]
#[test]
fn a_failed_sync_of_a_cancelled_caller_is_remembered() {
    // One blocking thread, which runs its tasks in order.
    let runtime =
        tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let (sync, wal) = logged(&folder);
        make_unsyncable(&wal);
        let given_up = sync.wait();
        assert!(given_up.now_or_never().is_none());
        tokio::task::spawn_blocking(|| ()).await.unwrap();
        fs::remove_file(&wal).unwrap();
        File::create(&wal).unwrap();
        sync.wait().await.unwrap_err();
    });
}
