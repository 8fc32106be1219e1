//! `portcullis backup` and `portcullis copy`: a copy of the whole database.
use crate::{
    db::{self, Copied, Db},
    flows::{Error, Result},
};
use std::{io::ErrorKind, path::Path};

/// Writes a consistent copy of a running SQLite database to `file`.
///
/// # Errors
/// [`Error::Internal`], with a message for the operator.
pub async fn backup(db: &Db, file: &Path) -> Result<()> {
    if db.backup(file).await.map_err(file_error)? {
        return Ok(());
    }
    let advice = "this command is for SQLite; for PostgreSQL, use pg_dump \"$DATABASE_URL\" -Fc -f \
                  FILE";
    Err(Error::internal(advice))
}

/// Copies everything from SQLite into an empty PostgreSQL database. Returns the number of rows of each table.
///
/// # Errors
/// [`Error::Internal`], with a message for the operator.
pub async fn copy(from: &Db, to: &Db) -> Result<Vec<(&'static str, u64)>> {
    if !from.ready().await.unwrap_or_default() {
        return Err(Error::internal("the database is not up to date: run `portcullis migrate`"));
    }
    // The source has no pending migrations. This fails if a newer version of the program has migrated it.
    from.migrate().await.map_err(|e| Error::internal(format!("the database: {e}")))?;
    to.migrate().await.map_err(|e| Error::internal(format!("the target: {e}")))?;
    match from.copy(to).await.map_err(file_error)? {
        Copied::Rows(rows) => Ok(rows),
        Copied::NotEmpty(table) => {
            Err(Error::internal(format!("the target is not empty: the table {table} has rows")))
        }
        Copied::OtherEngine => Err(Error::internal(
            "this command copies from SQLite to PostgreSQL; to copy from PostgreSQL, use pg_dump \
             and pg_restore",
        )),
    }
}

fn file_error(e: db::Error) -> Error {
    match e.io_kind() {
        Some(ErrorKind::AlreadyExists) => Error::internal("the file already exists"),
        Some(kind) => Error::internal(format!("the file: {kind}")),
        None => Error::internal(e),
    }
}
