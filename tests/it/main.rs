//! Tests from outside, on both engines: people are clients, and each test has its own database and clock. The
//! directories mirror the rooms of `src`; the tests of the tables are in `src/store/tests`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[macro_use]
mod support;

mod account;
mod admin;
mod api;
mod cli;
mod db;
mod dialects;
mod front;
mod host;
mod limits;
mod mail;
mod maintenance;
mod pages;
mod rules;
mod session;
mod transfer;
mod upgrade;
mod web;

#[cfg(not(postgres))]
#[test]
fn this_run_tests_sqlite_only_and_scripts_test_both_engines() {
    use std::io::Write;
    // Write past the test runner, which captures standard error, so that the note is seen.
    if let Ok(mut terminal) = std::fs::OpenOptions::new().append(true).open("/dev/stderr") {
        let _ =
            writeln!(terminal, "note: SQLite only; scripts/test runs the PostgreSQL half as well");
    }
}
