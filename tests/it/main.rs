//! Everything from outside, on both engines: people are clients, each test has a database and a clock
//! of its own.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[macro_use]
mod support;

mod account;
mod admin;
mod admin_log;
mod admin_pages;
mod admission;
mod attacks;
mod body;
mod browser_rules;
mod chain;
mod cli;
#[cfg(postgres)]
mod clocks;
mod confirming;
mod dialects;
mod docs;
mod families;
mod faults;
mod health;
mod host;
mod invitations;
mod keys;
mod layers;
mod legacy;
mod login;
mod lost_answers;
mod mails;
mod moving;
mod outage;
mod pages;
mod passwords;
#[cfg(postgres)]
mod pooler;
mod protocol;
mod purge;
mod refresh;
mod refusals;
mod replicas;
mod revocations;
mod schema;
mod service;
mod settings;
mod setup;
mod shutdown;
#[cfg(postgres)]
mod silence;
mod store;
mod storm;
mod upgrade;
mod web;
mod wire;

#[cfg(not(postgres))]
#[test]
fn only_sqlite_is_tested_here_and_both_engines_by_scripts_test() {
    use std::io::Write;
    // Past the capture of the test runner, so that it is seen.
    if let Ok(mut terminal) = std::fs::OpenOptions::new().append(true).open("/dev/stderr") {
        let _ =
            writeln!(terminal, "note: SQLite only; scripts/test runs the PostgreSQL half as well");
    }
}
