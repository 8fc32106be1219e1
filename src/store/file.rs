//! The file of an SQLite database, before it is open.
use super::{Result, pool::PATIENCE};
use std::{fs::OpenOptions, path::Path, time::Duration};
use tokio::time::{Instant, sleep};

/// Makes an empty file that only its owner may read, unless there is one already.
pub(super) fn create_private(file: &Path) -> Result<()> {
    create(OpenOptions::new().create(true).append(true), file)
}

/// Makes an empty file that only its owner may read; there must be none.
pub(super) fn create_new_private(file: &Path) -> Result<()> {
    create(OpenOptions::new().create_new(true).append(true), file)
}

fn create(options: &mut OpenOptions, file: &Path) -> Result<()> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.open(file)?;
    Ok(())
}

/// Tries `open` again while another process opens the same new file: SQLite's switch to a write-ahead
/// log does not wait for its lock.
pub(super) async fn once_free<T, F: Future<Output = Result<T>>>(open: impl Fn() -> F) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match open().await {
            Err(sqlx::Error::Database(e)) if is_busy(&*e) && Instant::now() < deadline => {
                sleep(Duration::from_millis(20)).await;
            }
            opened => return opened,
        }
    }
}

fn is_busy(e: &dyn sqlx::error::DatabaseError) -> bool {
    e.code().and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == 5)
}
