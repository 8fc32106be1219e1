//! What holds for the whole repository.
mod docs;
mod layers;
mod schema;
