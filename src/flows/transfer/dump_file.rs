//! A file of users: our own export, or a dump from Django.
use super::{
    django::{Dump, Entry, Survey},
    fields::{Fields, Refusal},
    json_records::{Record, Records},
};
use std::{io, path::PathBuf};

/// A file of users that was opened and read once.
pub struct Source {
    file: PathBuf,
    dump: Dump,
    pub(crate) survey: Survey,
    /// How many users the file has.
    pub rows: u64,
}

/// Why a file cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file cannot be opened or read.
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
    /// The file has no users.
    #[error("the file contains no users")]
    Empty,
    /// The dump has no objects of the wanted `model`; `others` lists the models that it has.
    #[error("the dump contains no {model}; --model can be one of: {others}")]
    NoModel {
        /// The model that was asked for.
        model: String,
        /// The models in the dump, separated by commas.
        others: String,
    },
    /// Fields or roles are mapped, but the file is not a dump of Django's.
    #[error("--map and --role require a Django dump")]
    NoDump,
}

/// A user's place in the file, and their fields.
pub type Row = (u64, Result<Fields, Refusal>);

impl Source {
    /// Opens a file and reads all of it once: the end may have objects that users at the start refer to.
    ///
    /// # Errors
    /// If the file cannot be read, has no users, or is not a dump although `dump` has mappings.
    pub fn open(file: PathBuf, mut dump: Dump) -> Result<Self, SourceError> {
        dump.model.make_ascii_lowercase();
        let adjusted = !dump.fields.is_empty() || !dump.roles.is_empty();
        let mut source = Self { file, dump, survey: Survey::default(), rows: 0 };
        let mut entries = 0;
        for record in Records::open(&source.file)? {
            match record?.1.map(Entry::read) {
                Some(Ok(entry)) => {
                    entries += 1;
                    source.rows += u64::from(entry.model == source.dump.model);
                    source.survey.see(&entry);
                }
                Some(Err(_)) | None => source.rows += 1,
            }
        }
        if entries == 0 && adjusted {
            return Err(SourceError::NoDump);
        }
        if source.rows > 0 {
            return Ok(source);
        }
        if entries == 0 {
            return Err(SourceError::Empty);
        }
        let others = source.survey.models.into_iter().collect::<Vec<_>>().join(", ");
        Err(SourceError::NoModel { model: source.dump.model, others })
    }

    /// Reads the users one by one.
    pub(crate) fn users(&self) -> io::Result<impl Iterator<Item = io::Result<Row>>> {
        let records = Records::open(&self.file)?;
        Ok(records
            .filter_map(|record| record.map(|r| user(&self.dump, &self.survey, r)).transpose()))
    }
}

/// The user in a record; `None` if it is another object of a dump.
pub fn user(dump: &Dump, survey: &Survey, (at, object): Record) -> Option<Row> {
    let fields = match object.map(Entry::read) {
        None => Err(Refusal::NotAnObject),
        Some(Err(object)) => Ok(Fields(object)),
        Some(Ok(entry)) if entry.model == dump.model => dump.translate(&entry, survey),
        Some(Ok(_)) => return None,
    };
    Some((at, fields))
}
