//! The command line.
mod backup;
mod error;
mod prompt;
#[cfg(test)]
mod reference;
mod rocket_settings;
mod serve;
mod settings;
mod transfer;
mod user;

use crate::{
    fairing,
    flows::{Auth, Error, Operator},
};
use clap::{Parser, Subcommand};
use error::Failure;
use std::{
    collections::BTreeMap,
    io::{ErrorKind, IsTerminal, Write, stderr, stdout},
    path::PathBuf,
    process::ExitCode,
};
use tracing_subscriber::EnvFilter;

/// A self-hosted authentication backend.
#[derive(Parser)]
#[command(
    name = "portcullis",
    version,
    max_term_width = 100,
    after_help = "Settings come from Rocket.toml and the environment; `portcullis config check` prints \
                  them. Exit codes: 0 success, 1 failure (standard error has the reason), 2 wrong usage."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Applies pending migrations and starts the service (the default without a command)
    Serve,
    /// Applies pending migrations
    Migrate,
    /// Manages users
    #[command(subcommand)]
    User(user::Command),
    /// Manages signing keys
    #[command(subcommand)]
    Keys(Keys),
    /// Checks the settings
    #[command(subcommand)]
    Config(Settings),
    /// Tests the mail transport
    #[command(subcommand)]
    Mail(Mail),
    /// Writes a consistent copy of the SQLite database, also while the service runs
    Backup {
        /// The new file; it must not exist yet
        file: PathBuf,
    },
    /// Copies everything from SQLite to PostgreSQL, with ids, sessions and keys; nobody is logged out
    Copy {
        /// An empty PostgreSQL database; give its password in PGPASSWORD or ~/.pgpass, because other users
        /// of the machine can read arguments
        #[arg(long, value_name = "URL")]
        to: String,
    },
}

#[derive(Subcommand)]
enum Keys {
    /// Lists the keys that sign or verify tokens, one JSON object per line
    List,
    /// Starts signing with the next key and retires the current one; nobody is logged out
    Rotate {
        /// Rotates even if verifiers may not have fetched the next key yet
        #[arg(long)]
        force: bool,
    },
    /// Removes stolen keys from every server at once; tokens that they signed are refused
    Drop {
        /// Key ids, as `keys list` shows them
        #[arg(required = true, allow_hyphen_values = true)]
        kid: Vec<String>,
    },
    /// Encrypts keys and secrets again after a change of `encryption_key`; set the old one as
    /// `previous_encryption_key`
    Reseal,
}

#[derive(Subcommand)]
enum Settings {
    /// Prints the settings in effect, without secrets, and all problems with them
    Check,
}

#[derive(Subcommand)]
enum Mail {
    /// Sends a test mail immediately
    Test {
        /// The recipient
        address: String,
    },
}

/// Runs the command line. Exit codes: 0 success, 1 failure, 2 wrong usage.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(u8::try_from(e.exit_code()).unwrap_or(2));
        }
    };
    let command = cli.command.unwrap_or(Command::Serve);
    log(if matches!(command, Command::Serve) { "info" } else { "off" });
    match command.run() {
        Ok(()) => ExitCode::SUCCESS,
        // The program that reads the output, such as `head`, has closed it. That is not a failure.
        Err(Failure::Io(e)) if e.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Failure::Reported) => ExitCode::FAILURE,
        Err(e) => {
            let _ = writeln!(stderr(), "portcullis: {}", e.line());
            ExitCode::FAILURE
        }
    }
}

/// Logs to standard error what `RUST_LOG` selects, or else messages of `level` and above. Rocket's own lines
/// contain paths, which may contain tokens, so they are logged only if `RUST_LOG` names `rocket`.
fn log(level: &str) {
    let usual = || format!("{level},rocket_db_pools=off,hyper=warn,sqlx=warn").into();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| usual());
    let asked = filter.to_string().split(',').any(|d| d.split(['=', ':']).next() == Some("rocket"));
    let filter = match "rocket=off".parse() {
        Ok(off) if !asked => filter.add_directive(off),
        _ => filter,
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        // Otherwise a failed write is reported with `eprintln!`, which panics if standard error cannot be
        // written to, and every request would panic with it.
        .log_internal_errors(false)
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        .init();
}

impl Command {
    fn run(self) -> Result<(), Failure> {
        if let Self::Config(Settings::Check) = self {
            return settings::check();
        }
        // Check the settings before Rocket's runtime reads them: it panics if they are invalid.
        settings::require_valid()?;
        ::rocket::async_main(Box::pin(self.work()))
    }

    async fn work(self) -> Result<(), Failure> {
        match self {
            Self::Config(Settings::Check) => settings::check(),
            Self::Serve => Box::pin(serve::serve()).await,
            Self::Migrate => Ok(fairing::open(fairing::figment()).await.map(drop)?),
            Self::User(command) => command.run(&open_beside_server().await?).await,
            Self::Keys(command) => command.run(&open_beside_server().await?).await,
            Self::Mail(Mail::Test { address }) => {
                test_mail(&open_beside_server().await?, &address).await
            }
            Self::Backup { file } => {
                let db = fairing::database(fairing::figment()).await?;
                backup::backup(&db, &file).await.map_err(|e| {
                    let why = Failure::from(e).line();
                    Failure::Input(format!("{}: {why}", file.display()))
                })
            }
            Self::Copy { to } => {
                let from = fairing::database(fairing::figment()).await?;
                let copied = backup::copy(&from, &fairing::target(&to).await?).await?;
                print(&copied.into_iter().collect::<BTreeMap<_, _>>())
            }
        }
    }
}

/// The service for a command that may run beside a server. It changes only what the command asks for: `serve`
/// and `migrate` alone create or migrate a database.
async fn open_beside_server() -> Result<Auth, Failure> {
    Ok(fairing::open_beside_server(fairing::figment()).await?)
}

impl Keys {
    async fn run(self, auth: &Auth) -> Result<(), Failure> {
        let op = Operator::cli();
        match self {
            Self::List => {}
            Self::Rotate { force } => auth.admin(&op).rotate_keys(force).await?,
            Self::Drop { mut kid } => {
                kid.sort();
                kid.dedup();
                auth.admin(&op).drop_keys(&kid).await.map_err(|e| match e {
                    Error::NotFound => {
                        Failure::Input("there is no key of that name; none was removed".to_owned())
                    }
                    e => e.into(),
                })?;
            }
            Self::Reseal => {
                let count = auth.admin(&op).reseal_keys().await?;
                return print(&serde_json::json!({ "resealed": count }));
            }
        }
        auth.admin(&op).list_keys().await?.iter().try_for_each(print)
    }
}

async fn test_mail(auth: &Auth, address: &str) -> Result<(), Failure> {
    auth.test_mail(address).await?;
    Ok(if auth.mailer().kept().is_some() {
        writeln!(stdout(), "written, but not sent: mail.url is dev:")
    } else {
        writeln!(stdout(), "sent to {address}")
    }?)
}

/// Prints a value as a line of JSON.
fn print(value: &impl serde::Serialize) -> Result<(), Failure> {
    let mut line = serde_json::to_string(value).map_err(|e| Failure::Input(e.to_string()))?;
    line.push('\n');
    Ok(stdout().write_all(line.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_of_the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_and_argument_says_what_it_is_for() {
        fn look(command: &clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            assert!(command.get_about().is_some(), "{path}");
            for argument in command.get_arguments() {
                let name = argument.get_id();
                assert!(argument.get_help().is_some(), "{path} {name}");
                // Every user of the machine can read command lines.
                assert!(name != "password", "{path} takes a password");
            }
            command.get_subcommands().for_each(|c| look(c, &path));
        }
        look(&Cli::command(), "");
    }

    #[test]
    fn unknown_commands_and_arguments_are_usage_errors() {
        for wrong in [
            &["nonsense"][..],
            &["user"],
            &["user", "add"],
            &["user", "add", "a@example.com", "secret"],
            &["user", "add", "a@example.com", "--password", "secret"],
            &["user", "list", "--limit", "x"],
            &["user", "show"],
            &["user", "grant", "ann"],
            &["user", "import"],
            &["user", "import", "dump.json", "--map", "nonsense=x"],
            &["user", "import", "dump.json", "--map", "email"],
            &["user", "import", "dump.json", "--role", "Editors=the editors"],
            &["user", "export", "users.jsonl"],
            &["keys"],
            &["keys", "drop"],
            &["user", "grant-superuser"],
            &["config"],
            &["mail", "test"],
            &["backup"],
            &["copy", "postgres://x"],
            &["serve", "now"],
        ] {
            let told = Cli::try_parse_from([&["portcullis"], wrong].concat()).err();
            assert_eq!(told.map(|e| e.exit_code()), Some(2), "{wrong:?}");
        }
    }
}
