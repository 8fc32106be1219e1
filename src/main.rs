//! The program.
use std::process::ExitCode;

fn main() -> ExitCode {
    rocket::async_main(portcullis::cli::run())
}
