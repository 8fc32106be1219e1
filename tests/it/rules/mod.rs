//! Rules for the whole repository.
mod docs;
mod layers;
mod schema;
mod sql;
