//! The command line.
mod user;

use crate::{
    config,
    fairing::{self, StartError},
    flows::{Auth, Error},
};
use clap::{Parser, Subcommand};
use rocket::{Orbit, Rocket, fairing::AdHoc};
use std::{io::IsTerminal, process::ExitCode};
use tracing_subscriber::EnvFilter;

/// A self-hosted authentication backend.
#[derive(Parser)]
#[command(name = "portcullis", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Applies pending migrations and serves (what happens without a command)
    Serve,
    /// Applies pending migrations
    Migrate,
    /// Adds, shows and changes users
    #[command(subcommand)]
    User(user::Command),
    /// Signing keys
    #[command(subcommand)]
    Keys(Keys),
    /// Settings
    #[command(subcommand)]
    Config(Settings),
    /// Mail
    #[command(subcommand)]
    Mail(Mail),
}

#[derive(Subcommand)]
enum Keys {
    /// Lists the keys that sign or verify tokens
    List,
    /// Lets the next key sign and retires the current one; nobody is logged out
    Rotate {
        /// Even if verifiers may not have seen the next key yet
        #[arg(long)]
        force: bool,
    },
}

#[derive(Subcommand)]
enum Settings {
    /// Prints the settings in effect, without secrets, and everything that is wrong with them
    Check,
}

#[derive(Subcommand)]
enum Mail {
    /// Sends a mail to ADDRESS at once
    Test { address: String },
}

/// Why a command failed, in one line.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("{}", told(.0))]
    Flow(#[from] Error),
    #[error("{0}")]
    Input(String),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// It has been told already.
    #[error("")]
    Told,
}

/// An error in the words of the command line.
fn told(e: &Error) -> String {
    match e {
        Error::Fields(fields) => fields
            .iter()
            .map(|(name, why)| {
                let words = crate::web::problem::sentence(config::Language::En, *why);
                format!("{name}: {words}")
            })
            .collect::<Vec<_>>()
            .join(" "),
        Error::KeyTooYoung { retry_after } => {
            format!("{e}: wait {} s, or use --force", retry_after.as_secs() + 1)
        }
        Error::Internal(e) => e.to_string(),
        e => e.to_string(),
    }
}

/// Does what the command line asks for; 0 is done, 1 failed, 2 wrong usage.
pub async fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(u8::try_from(e.exit_code()).unwrap_or(2));
        }
    };
    let command = cli.command.unwrap_or(Command::Serve);
    log(if matches!(command, Command::Serve) { "info" } else { "warn" });
    match command.run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Told) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("portcullis: {e}");
            ExitCode::FAILURE
        }
    }
}

/// Logs to the standard error what `RUST_LOG` says, else what is of `level` or worse; but Rocket's own
/// lines name paths, which may hold tokens.
fn log(level: &str) {
    let usual = format!("{level},rocket=off,rocket_db_pools=off,hyper=warn,sqlx=warn");
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| usual.into()))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

impl Command {
    async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Serve => serve().await,
            Self::Migrate => open().await.map(drop),
            Self::User(command) => command.run(&open().await?).await,
            Self::Keys(Keys::List) => {
                for key in open().await?.list_keys().await? {
                    print(&key)?;
                }
                Ok(())
            }
            Self::Keys(Keys::Rotate { force }) => Ok(open().await?.rotate_keys(force).await?),
            Self::Config(Settings::Check) => check(),
            Self::Mail(Mail::Test { address }) => Ok(open().await?.test_mail(&address).await?),
        }
    }
}

async fn open() -> Result<Auth, Failure> {
    Ok(fairing::open(fairing::figment()).await?)
}

async fn serve() -> Result<(), Failure> {
    let told = |e: rocket::Error| {
        use rocket::error::ErrorKind as Kind;
        // Looked at, or it panics when dropped.
        Failure::Input(match e.kind() {
            Kind::Bind(e) => format!("the address cannot be listened on: {e}"),
            Kind::FailedFairings(_) => "the service does not start; the reason is above".to_owned(),
            other => other.to_string(),
        })
    };
    let greeting = AdHoc::on_liftoff("Greeting", |rocket| Box::pin(async move { greet(rocket) }));
    let rocket = fairing::rocket().attach(greeting).ignite().await.map_err(told)?;
    rocket.launch().await.map(drop).map_err(told)
}

/// Says where the service is, and where mails are shown.
fn greet(rocket: &Rocket<Orbit>) {
    let config = rocket.config();
    let scheme = if config.tls_enabled() { "https" } else { "http" };
    let address = std::net::SocketAddr::new(config.address, config.port);
    println!("Portcullis {} listens on {scheme}://{address}", env!("CARGO_PKG_VERSION"));
    if let Some(auth) = rocket.state::<Auth>() {
        println!("  people reach it at  {}", auth.config().link("/"));
        println!("  try the API at      {}", auth.config().link("/docs/"));
        if auth.mailer().kept().is_some() {
            println!("  mails are shown at  {}", auth.config().link("/dev/mail"));
        }
    }
}

fn check() -> Result<(), Failure> {
    let loaded = config::load(fairing::figment());
    print(&loaded.config)?;
    let mut database = loaded
        .figment
        .extract_inner::<String>("databases.portcullis.url")
        .ok()
        .and_then(|url| url::Url::parse(&url).ok());
    if let Some(url) = &mut database {
        if url.password().is_some() {
            let _ = url.set_password(Some("[hidden]"));
        }
        println!("{}", serde_json::json!({ "database": url.as_str() }));
    }
    for problem in &loaded.problems {
        eprintln!("{problem}");
    }
    if loaded.problems.is_empty() { Ok(()) } else { Err(Failure::Told) }
}

/// Prints a value as a line of JSON.
fn print(value: &impl serde::Serialize) -> Result<(), Failure> {
    let line = serde_json::to_string(value).map_err(|e| Failure::Input(e.to_string()))?;
    println!("{line}");
    Ok(())
}
