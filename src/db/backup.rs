//! A backup of a database while it is in use.
use super::{
    Db, Error, OpenError, Pooler, Result,
    sqlite_file::create_new_private,
    wal_sync::{beside, sync_folder},
};
use sqlx::sqlite::SqliteConnectOptions;
use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    path::Path,
    str::FromStr,
};

impl Db {
    /// Opens a database that exists.
    pub async fn open_existing(
        pooler: Pooler,
        url: &str,
        connections: u32,
    ) -> Result<Self, OpenError> {
        if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url).map_err(|e| OpenError::new(&e))?;
            let file = options.get_filename();
            fs::metadata(file).map_err(|e| {
                let why = match e.kind() {
                    ErrorKind::NotFound => {
                        "there is no such file; `portcullis migrate` creates one".to_owned()
                    }
                    _ => e.to_string(),
                };
                OpenError::with_message(format!("{}: {why}", file.display()))
            })?;
        }
        Self::open_through(pooler, url, connections).await
    }

    /// Writes a consistent copy to `file`, readable by its owner only. Never overwrites a file. Until the
    /// copy is complete its name ends in `.partial`. `false`: PostgreSQL has its own tool.
    pub async fn backup(&self, file: &Path) -> Result<bool> {
        let Db::Sqlite { read, .. } = self else { return Ok(false) };
        if fs::exists(file)? {
            return Err(already_exists());
        }
        let partial = beside(file, ".partial");
        let path = partial.to_str().ok_or(io::Error::from(ErrorKind::InvalidFilename))?;
        // Left by a backup that was killed.
        let _ = fs::remove_file(&partial);
        create_new_private(&partial)?;
        // Not on a `Conn`, which has a time limit.
        let copied = sqlx::query("VACUUM INTO $1").bind(path).execute(read).await;
        let written = copied.map_err(Error::from).and_then(|_| {
            File::open(&partial)?.sync_all()?;
            Ok(name(&partial, file)?)
        });
        if written.is_err() {
            let _ = fs::remove_file(&partial);
        }
        written?;
        sync_folder(file)?;
        Ok(true)
    }
}

fn already_exists() -> Error {
    io::Error::from(ErrorKind::AlreadyExists).into()
}

/// Renames a complete copy, unless the name has been taken meanwhile.
fn name(partial: &Path, file: &Path) -> io::Result<()> {
    match fs::hard_link(partial, file) {
        Ok(()) => fs::remove_file(partial),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Err(e),
        // The file system has no hard links.
        Err(_) => fs::rename(partial, file),
    }
}
