//! The database: `DATABASE_URL`, else `url` in `[default.databases.portcullis]`, else an SQLite file in
//! the working directory. The pool uses `url` and `max_connections` of that table.
use super::{
    private::{self, Others},
    problem::{Problem, origin},
};
use figment::{
    Figment,
    value::{Dict, Value},
};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::{net::IpAddr, path::PathBuf};
use url::{Url, form_urlencoded};

/// The connection to the database.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(documented::DocumentedFields))]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// Whether a pooler in transaction mode, such as pgbouncer with `pool_mode = transaction`, is between the
    /// service and PostgreSQL. Then nothing is kept in a session of the database: statements have no name,
    /// and servers poll instead of `LISTEN`.
    pub pooler: bool,
}

const TABLE: &str = "databases.portcullis";
/// Created at the first start.
const DEFAULT_URL: &str = "sqlite://portcullis.db";
/// Replaces an invalid URL. Nothing opens it.
const UNUSABLE: &str = "unusable:";
const IN_CLEAR: &str = "may connect to another machine without encryption: set \
                        sslmode=verify-full, or sslmode=disable if the network is trusted";
const UNKNOWN_PARAMETER: &str = "has an unknown parameter after the ?";
/// Keys that Rocket's table may contain, without effect on our pool.
const IDLE: [&str; 4] = ["min_connections", "connect_timeout", "idle_timeout", "extensions"];
/// The parameters of a PostgreSQL URL that sqlx knows. It would log the value of any other.
const PARAMETERS: [&str; 18] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

/// Returns `figment` with `databases.portcullis.url` set. `url` comes from the environment.
pub(super) fn with_database(
    figment: Figment,
    url: Option<String>,
    problems: &mut Vec<Problem>,
    warnings: &mut Vec<Problem>,
) -> Figment {
    let table = match figment.find_value(TABLE) {
        Ok(Value::Dict(_, table)) => table,
        Ok(value) => {
            let name = format!("{TABLE}{}", origin(&figment, &value));
            problems.push(Problem::new(name, "should be a table"));
            return figment.merge((format!("{TABLE}.url"), UNUSABLE));
        }
        Err(_) => Dict::new(),
    };
    for (key, value) in &table {
        let named =
            |message| Problem::new(format!("{TABLE}.{key}{}", origin(&figment, value)), message);
        match key.as_str() {
            "url" => {}
            // rocket_db_pools refuses a value that is not a number.
            "max_connections" if count(value).is_none_or(|n| (1..=10_000).contains(&n)) => {}
            "max_connections" => problems.push(named("should be between 1 and 10000")),
            key if IDLE.contains(&key) => warnings.push(named("has no effect")),
            _ => problems.push(named("unknown key, expected one of url, max_connections")),
        }
    }
    let (name, url) = match (url, table.get("url")) {
        (Some(url), _) => ("DATABASE_URL".to_owned(), Some(url)),
        (None, None) => ("DATABASE_URL".to_owned(), Some(DEFAULT_URL.to_owned())),
        (None, Some(url)) => {
            (format!("{TABLE}.url{}", origin(&figment, url)), url.as_str().map(str::to_owned))
        }
    };
    let wrong = url.as_deref().map_or(Err("should be text, in quotes"), check);
    if let Err(message) = wrong {
        problems.push(Problem::new(name, message));
    } else if let Some(file) = url.as_deref().and_then(sqlite_file)
        && private::others(&file) != Others::None
    {
        let message = format!("the file {} can be accessed by others: chmod 600", file.display());
        warnings.push(Problem::new(name, message));
    } else if url.as_deref().is_some_and(may_be_in_clear) {
        warnings.push(Problem::new(name, IN_CLEAR));
    }
    let url = url.filter(|_| wrong.is_ok()).unwrap_or_else(|| UNUSABLE.to_owned());
    figment.merge((format!("{TABLE}.url"), url))
}

/// A number that is not negative.
fn count(value: &Value) -> Option<u128> {
    value.to_u128().or_else(|| u128::try_from(value.to_i128()?).ok())
}

/// What is wrong with a database URL, without a quote from it.
pub fn check(url: &str) -> Result<(), &'static str> {
    match url.split_once(':') {
        Some(("sqlite", rest)) => check_sqlite(rest),
        Some(("postgres" | "postgresql", _)) => check_postgres(url),
        _ => Err("should start with sqlite: or postgres:"),
    }
}

fn check_sqlite(rest: &str) -> Result<(), &'static str> {
    const SHOULD: &str = "should be sqlite://PATH, with ? and # in the path percent-encoded";
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = percent_decode_str(path).decode_utf8().map_err(|_| SHOULD)?;
    let mut parameters = form_urlencoded::parse(query.as_bytes());
    if path.contains(":memory:")
        || parameters.clone().any(|(k, v)| (k == "mode" && v == "memory") || v == "memdb")
    {
        return Err("an in-memory database does not persist and cannot be shared: name a file");
    }
    if !parameters.all(|(key, _)| ["mode", "cache", "immutable", "vfs"].contains(&&*key)) {
        return Err(UNKNOWN_PARAMETER);
    }
    // SQLite would look for parameters in a path that starts with `file:`.
    if path.is_empty() || path.starts_with("file:") { Err(SHOULD) } else { Ok(()) }
}

/// The file of a valid `sqlite:` URL.
fn sqlite_file(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("sqlite:")?;
    let path = rest.split_once('?').map_or(rest, |(path, _)| path);
    let path = path.strip_prefix("//").unwrap_or(path);
    Some(percent_decode_str(path).decode_utf8().ok()?.into_owned().into())
}

fn check_postgres(url: &str) -> Result<(), &'static str> {
    const SHOULD: &str = "should be postgres://USER:PASSWORD@HOST:PORT/NAME, with special \
                          characters in the user or password percent-encoded";
    let parsed = Url::parse(url).map_err(|_| SHOULD)?;
    if is_torn(&parsed) || !has_authority(&parsed) {
        return Err(SHOULD);
    }
    let known = |key: &str| PARAMETERS.contains(&key) || key.starts_with("options[");
    if !parsed.query_pairs().all(|(key, _)| known(&key)) {
        return Err(UNKNOWN_PARAMETER);
    }
    Ok(())
}

/// Whether a connection to another machine is encrypted only if that machine offers it. An attacker
/// between the two can prevent that.
fn may_be_in_clear(url: &str) -> bool {
    if !url.starts_with("postgres") {
        return false;
    }
    // Parsed as sqlx does it, with PGHOST and PGSSLMODE.
    let Ok(options) = url.parse::<PgConnectOptions>() else { return false };
    let host = options.get_host().trim_matches(['[', ']']);
    let is_here = options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    !is_here && matches!(options.get_ssl_mode(), PgSslMode::Prefer | PgSslMode::Allow)
}

/// Whether the user or password contains a character that ends it, so that its rest was parsed as another
/// part of the URL.
pub(super) fn is_torn(url: &Url) -> bool {
    let after = [Some(url.path()), url.query(), url.fragment()];
    after.into_iter().flatten().any(|part| part.contains('@')) || url.fragment().is_some()
}

/// Whether the URL has a `//`. A host may follow it, or nothing for a socket.
pub(super) fn has_authority(url: &Url) -> bool {
    url.as_str().strip_prefix(url.scheme()).is_some_and(|rest| rest.starts_with("://"))
}
