//! The file of an SQLite database, before it is open.
use super::{
    deadline::PATIENCE,
    error::{code, primary},
    wal_sync::beside,
};
use sqlx::Result;
use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind},
    path::Path,
    time::Duration,
};
use tokio::time::{Instant, sleep};

const EMPTY: &str = "the file is empty, which no database is: restore a backup, or delete the file to \
                     begin with a new database";
const LOG_ALONE: &str = "there is its write-ahead log (-wal) but no database: restore a backup, or \
                         delete the log to begin with a new database";

/// Makes an empty file for a new database. What was a database once is not taken for a new one.
pub(crate) async fn prepare(file: &Path) -> io::Result<()> {
    let refused = |why| Err(io::Error::new(ErrorKind::InvalidData, why));
    // Looked at first: another process that makes the database makes the log after it.
    let logged = fs::metadata(beside(file, "-wal")).is_ok_and(|log| log.len() > 0);
    match fs::metadata(file) {
        Err(e) if e.kind() == ErrorKind::NotFound && logged => return refused(LOG_ALONE),
        Err(e) if e.kind() == ErrorKind::NotFound => return create_private(file),
        found => {
            found?;
        }
    }
    // Another process may be about to fill a new one.
    let deadline = Instant::now() + PATIENCE;
    while fs::metadata(file)?.len() == 0 {
        if Instant::now() >= deadline {
            return refused(EMPTY);
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Makes an empty file that only its owner may read, unless there is one already.
fn create_private(file: &Path) -> io::Result<()> {
    create(OpenOptions::new().create(true).append(true), file)
}

/// Makes an empty file that only its owner may read; there must be none.
pub(crate) fn create_new_private(file: &Path) -> io::Result<()> {
    create(OpenOptions::new().create_new(true).append(true), file)
}

fn create(options: &mut OpenOptions, file: &Path) -> io::Result<()> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.open(file)?;
    Ok(())
}

/// Tries `open` again while another process opens the same new file: SQLite's switch to a write-ahead
/// log does not wait for its lock.
pub(crate) async fn once_free<T, F: Future<Output = Result<T>>>(open: impl Fn() -> F) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match open().await {
            Err(e) if is_busy(&e) && Instant::now() < deadline => {
                sleep(Duration::from_millis(20)).await;
            }
            opened => return opened,
        }
    }
}

fn is_busy(e: &sqlx::Error) -> bool {
    code(e).is_some_and(|code| primary(&code) == Some(5))
}
