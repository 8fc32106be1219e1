//! Importing users of another service, and exporting ours.
pub mod django;
pub mod dump_file;
pub mod export;
pub mod fields;
pub mod import;
pub mod imported_user;
pub mod json_records;

pub use django::Dump;
pub use dump_file::{Source, SourceError};
pub use export::Exported;
pub use fields::Refusal;
pub use import::{Import, Outcome};
