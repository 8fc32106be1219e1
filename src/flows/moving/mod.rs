//! Moving in and out: users of another service, and ours for another.
mod django;
mod export;
mod fields;
mod house;
mod import;
mod newcomer;
mod records;
mod source;

pub use django::Dump;
pub use export::Exported;
pub use fields::Refusal;
pub use house::{backup, copy};
pub use import::{Import, Outcome};
pub use source::{Source, SourceError};
