//! A file with users in it.
use super::{
    fields::{Fields, Refusal},
    records::{Record, Records},
};
use std::{io, path::PathBuf};

pub struct Source {
    file: PathBuf,
    /// How many users there are.
    pub rows: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("there is no user in the file")]
    Empty,
}

impl Source {
    /// Looks through the file.
    ///
    /// # Errors
    /// If there is nothing to import.
    pub fn open(file: PathBuf) -> Result<Self, SourceError> {
        let mut source = Self { file, rows: 0 };
        for record in Records::open(&source.file)? {
            record?;
            source.rows += 1;
        }
        if source.rows == 0 { Err(SourceError::Empty) } else { Ok(source) }
    }

    /// The users, each with its place.
    pub(super) fn users(
        &self,
    ) -> io::Result<impl Iterator<Item = io::Result<(u64, Result<Fields, Refusal>)>>> {
        let read = |(at, object): Record| (at, object.map(Fields).ok_or(Refusal::NotAnObject));
        Ok(Records::open(&self.file)?.map(move |record| record.map(read)))
    }
}
