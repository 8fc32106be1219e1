//! Routes that are neither about accounts nor sessions.
mod health;
mod openapi;
