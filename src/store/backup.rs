//! A copy of a database that goes on being used.
use super::{Db, Error, Result, file::create_new_private, sync::sync_folder};
use sqlx::sqlite::SqliteConnectOptions;
use std::{
    fs::{self, File},
    io::ErrorKind,
    path::Path,
    str::FromStr,
};

impl Db {
    /// Opens a database that is there already.
    pub async fn open_existing(url: &str, connections: u32) -> Result<Self> {
        if url.starts_with("sqlite:") {
            fs::metadata(SqliteConnectOptions::from_str(url)?.get_filename())?;
        }
        Self::open(url, connections).await
    }

    /// Writes a consistent copy to `file`, readable by its owner only; one that is there already is left
    /// alone. `false`: PostgreSQL has its own way.
    pub async fn backup(&self, file: &Path) -> Result<bool> {
        let Db::Sqlite { read, .. } = self else { return Ok(false) };
        let path = file.to_str().ok_or(Error::Io(ErrorKind::InvalidFilename.into()))?;
        create_new_private(file)?;
        // Not on a `Conn`: it takes as long as it takes.
        let copied = sqlx::query("VACUUM INTO $1").bind(path).execute(read).await;
        let written = copied.and_then(|_| Ok(File::open(file)?.sync_all()?));
        if written.is_err() {
            let _ = fs::remove_file(file);
        }
        written?;
        sync_folder(file)?;
        Ok(true)
    }
}
