//! The program.
use std::{io::IsTerminal, process::ExitCode};
use tracing_subscriber::EnvFilter;

/// What is logged unless `RUST_LOG` says else. Rocket's own lines name paths, which may hold tokens.
const LOG: &str = "info,rocket=off,rocket_db_pools=off,hyper=warn,sqlx=warn";

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOG)))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    rocket::async_main(portcullis::cli::run())
}
