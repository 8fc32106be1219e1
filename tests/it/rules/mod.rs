//! Rules for the whole repository.
mod docs;
mod layers;
mod limits;
mod schema;
mod sql;
