//! The file of an SQLite database before it is opened.
use super::{
    deadline::REQUEST_TIMEOUT,
    error::{code, primary},
    wal_sync::beside,
};
use sqlx::{
    ConnectOptions as _, Connection as _, Result,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};
use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind},
    path::Path,
    time::Duration,
};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

const EMPTY: &str = "the file is empty and not a database: restore a backup, or delete the file to \
                     start with a new database";
const LOG_ALONE: &str = "there is a write-ahead log (-wal) but no database: restore a backup, or \
                         delete the log to start with a new database";

/// Creates the file of a new database. Refuses the remains of an old one.
pub(crate) async fn prepare(file: &Path) -> io::Result<()> {
    let refused = |why| Err(io::Error::new(ErrorKind::InvalidData, why));
    // Checked first: another process that creates the database creates the log after it.
    let logged = fs::metadata(beside(file, "-wal")).is_ok_and(|log| log.len() > 0);
    match fs::metadata(file) {
        Err(e) if e.kind() == ErrorKind::NotFound && logged => return refused(LOG_ALONE),
        Err(e) if e.kind() == ErrorKind::NotFound => return create_database(file).await,
        found => {
            found?;
        }
    }
    // Another process may be creating the database where links are not possible.
    let deadline = Instant::now() + REQUEST_TIMEOUT;
    while fs::metadata(file)?.len() == 0 {
        if Instant::now() >= deadline {
            return refused(EMPTY);
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Creates a database without tables that only its owner may read, unless the file exists. The file appears
/// when it is complete: a process that is killed before leaves no empty file, which would be refused.
async fn create_database(file: &Path) -> io::Result<()> {
    let new = beside(file, &format!(".{}.new", Uuid::new_v4()));
    create_new_private(&new)?;
    let options = SqliteConnectOptions::new().filename(&new).disable_statement_logging();
    let made = async {
        // Switching to the log writes the first page.
        let conn = options.journal_mode(SqliteJournalMode::Wal).connect().await?;
        conn.close().await
    };
    let linked = made.await.map_err(io::Error::other).and_then(|()| fs::hard_link(&new, file));
    for rest in [beside(&new, "-wal"), beside(&new, "-shm"), new] {
        let _ = fs::remove_file(rest);
    }
    match linked {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
        // Not every file system has links. Another process may create the file meanwhile.
        Err(_) => create(OpenOptions::new().create(true).append(true), file),
    }
}

/// Creates an empty file that only its owner may read. It must not exist.
pub(crate) fn create_new_private(file: &Path) -> io::Result<()> {
    create(OpenOptions::new().create_new(true).append(true), file)
}

fn create(options: &mut OpenOptions, file: &Path) -> io::Result<()> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.open(file)?;
    Ok(())
}

/// Repeats `open` while another process opens the same new file: SQLite does not wait for the lock when it
/// switches to a write-ahead log.
pub(crate) async fn retry_while_locked<T, F: Future<Output = Result<T>>>(
    open: impl Fn() -> F,
) -> Result<T> {
    let deadline = Instant::now() + REQUEST_TIMEOUT;
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
