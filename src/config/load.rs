//! Where settings come from: the defaults, then the table `portcullis` of Rocket's figment, then the
//! environment. `PORTCULLIS_A__B` sets `a.b`; `PORTCULLIS_A__B_FILE` names a file with its value.
//!
//! A message says what a value should be and never quotes it: any value may be a secret, even one that
//! was put in the wrong place.
use super::{
    Config,
    database::with_database,
    layers::Draft,
    problem::{Problem, origin},
};
use figment::{
    Error, Figment, Metadata, Profile, Provider,
    value::{Dict, Map, Value},
};
use std::{
    ffi::OsString,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// The settings as far as they can be read, and all problems with them.
pub struct Loaded {
    /// The settings. A value with a problem is replaced by its default.
    pub config: Config,
    /// Rocket's figment, with the database in it.
    pub figment: Figment,
    /// Any of these stops the start.
    pub problems: Vec<Problem>,
    /// Settings that are valid but may not do what the operator expects.
    pub warnings: Vec<Problem>,
}

/// Leaves out the figment, which contains secrets.
impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded")
            .field("config", &self.config)
            .field("problems", &self.problems)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

/// Reads the settings from `figment` and the environment of the process.
// No other code reads the environment.
pub fn load(figment: Figment) -> Loaded {
    load_from(figment, std::env::vars_os())
}

/// Like [`load`], with another environment.
pub fn load_from<K: Into<OsString>, V: Into<OsString>>(
    figment: Figment,
    environment: impl IntoIterator<Item = (K, V)>,
) -> Loaded {
    let mut draft = Draft::new();
    let figment = apply_file(&mut draft, figment);
    let mut variables: Vec<(OsString, OsString)> =
        environment.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
    // Keeps the order of messages stable.
    variables.sort();
    let database = draft.apply_environment(&variables);
    if let Some(url) = own_address(&figment) {
        draft.set_default("public_url", Value::from(url));
    }
    let (config, mut problems, mut warnings) = draft.finish();
    let figment = with_database(figment, database, &mut problems, &mut warnings);
    let is_sqlite = |url: String| url.starts_with("sqlite:");
    let url = figment.extract_inner("databases.portcullis.url");
    if config.database.pooler && url.is_ok_and(is_sqlite) {
        warnings.push(Problem::new("database.pooler", "has no effect with SQLite"));
    }
    Loaded { config, figment, problems, warnings }
}

/// The URL of Rocket's listener for a browser on the same machine. The unspecified address and loopback
/// addresses become `localhost`.
fn own_address(figment: &Figment) -> Option<String> {
    let address: IpAddr = figment.extract_inner("address").ok()?;
    let port: u16 = figment.extract_inner("port").ok().filter(|port| *port > 0)?;
    let tls = matches!(figment.find_value("tls"), Ok(Value::Dict(..)));
    let scheme = if tls { "https" } else { "http" };
    let here = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
    Some(if address.is_unspecified() || here.contains(&address) {
        format!("{scheme}://localhost:{port}")
    } else {
        format!("{scheme}://{}", SocketAddr::new(address, port))
    })
}

/// Overrides the defaults with the table `portcullis` and returns the figment. If the file is not TOML,
/// returns a figment whose only content is the error: Rocket's settings cannot be read either, and the
/// code that reads them reports it, without a quote from the file.
fn apply_file(draft: &mut Draft, figment: Figment) -> Figment {
    for table in ["portcullis", "databases"] {
        if figment.profile() != table && figment.profiles().any(|p| p == table) {
            let message = format!("has no effect: use [default.{table}] instead");
            draft.problems.push(Problem::new(format!("[{table}]"), message));
        }
    }
    match figment.find_value("portcullis") {
        Ok(Value::Dict(_, table)) => draft.apply_table(&figment, table),
        Ok(value) => {
            let name = format!("portcullis{}", origin(&figment, &value));
            draft.problems.push(Problem::new(name, "should be a table"));
        }
        Err(e) if e.missing() => {}
        Err(e) => return Figment::from(Unreadable::new(&e)),
    }
    figment
}

/// A file that is not TOML. Holds only the position of the error: the rest of the message quotes the line.
struct Unreadable(String);

impl Unreadable {
    fn new(e: &Error) -> Self {
        let file = e.metadata.as_ref().and_then(|m| m.source.as_ref());
        let file = file.map_or_else(|| "Rocket's settings".to_owned(), ToString::to_string);
        let text = e.kind.to_string();
        let place = text.lines().next().and_then(|line| line.split_once(" at line "));
        let place = place.map_or_else(String::new, |(_, place)| format!(": line {place}"));
        Self(format!("{file}: cannot be read{place}"))
    }
}

impl Provider for Unreadable {
    fn metadata(&self) -> Metadata {
        Metadata::named("settings")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Err(self.0.clone().into())
    }
}
