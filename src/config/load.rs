//! Where settings come from: the defaults, the table `portcullis` of Rocket's own figment, then the
//! environment, `PORTCULLIS_A__B` for `a.b`, or `PORTCULLIS_A__B_FILE` for a file that holds it.
use super::Config;
use rocket::figment::{
    Figment,
    providers::Serialized,
    value::{Dict, Value},
};
use std::{fmt, fs};

const PREFIX: &str = "PORTCULLIS_";
const DATABASE: &str = "databases.portcullis.url";
/// Beside the program, made at the first start.
const DEFAULT_DATABASE: &str = "sqlite://portcullis.db";

/// Something wrong with a setting, by the name under which the operator wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub key: String,
    pub message: String,
}

impl Problem {
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.message)
    }
}

/// The settings as far as they can be read, and all that is wrong with them.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    /// Rocket's figment, with the database in it.
    pub figment: Figment,
    pub problems: Vec<Problem>,
}

/// Reads the settings from `figment` and the process's environment.
// The one place that reads the environment.
pub fn load(figment: Figment) -> Loaded {
    let text = |s: std::ffi::OsString| s.into_string().ok();
    let environment = std::env::vars_os().filter_map(|(k, v)| Some((text(k)?, text(v)?)));
    load_from(figment, environment)
}

/// The same with another environment.
pub fn load_from(
    figment: Figment,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Loaded {
    let mut problems = Vec::new();
    let defaults = defaults();
    let mut tree = defaults.clone();
    if let Ok(Value::Dict(_, table)) = figment.find_value("portcullis") {
        lay(&mut tree, table, "portcullis", &mut problems);
    }
    let mut set = Vec::new();
    let mut database = None;
    for (name, value) in environment {
        if name == "DATABASE_URL" {
            database = Some(value);
        } else if let Some(key) = name.strip_prefix(PREFIX) {
            let key = key.to_ascii_lowercase().replace("__", ".");
            if let Err(problem) = lay_one(&mut tree, &defaults, &name, &key, &value, &mut set) {
                problems.push(problem);
            }
        }
    }
    let config = extract(tree, &defaults, &set, &mut problems);
    problems.extend(config.check().into_iter().map(|p| by_written_name(p, &set)));
    let figment = with_database(figment, database, &mut problems);
    Loaded { config, figment, problems }
}

fn defaults() -> Dict {
    let config = Config::default();
    let mut tree = Value::serialize(&config).ok().and_then(Value::into_dict).unwrap_or_default();
    // Secrets do not serialize; this one has a default.
    put(&mut tree, "mail.url", Value::from(config.mail.url.0));
    tree
}

/// Lays a table of the file over `tree`; both have the same shape.
fn lay(tree: &mut Dict, table: Dict, at: &str, problems: &mut Vec<Problem>) {
    for (key, value) in table {
        let path = format!("{at}.{key}");
        match (tree.get_mut(&key), value) {
            (None, _) => problems.push(Problem::new(path, "unknown key")),
            (Some(Value::Dict(_, below)), Value::Dict(_, table)) => {
                lay(below, table, &path, problems);
            }
            (Some(Value::Dict(..)), _) => problems.push(Problem::new(path, "should be a table")),
            (Some(slot), value) => *slot = value,
        }
    }
}

/// Lays one variable over `tree`; `set` gains its key and name.
fn lay_one(
    tree: &mut Dict,
    defaults: &Dict,
    name: &str,
    key: &str,
    value: &str,
    set: &mut Vec<(String, String)>,
) -> Result<(), Problem> {
    let (key, value) = match (find(defaults, key), key.strip_suffix("_file")) {
        (None, Some(key)) if find(defaults, key).is_some() => {
            let text = fs::read_to_string(value).map_err(|e| {
                Problem::new(name, format!("the file cannot be read: {}", e.kind()))
            })?;
            (key, text.trim_end_matches(['\r', '\n']).to_owned())
        }
        _ => (key, value.to_owned()),
    };
    let shape = match find(defaults, key) {
        None | Some(Value::Dict(..)) => return Err(Problem::new(name, "unknown key")),
        Some(shape) => shape,
    };
    if set.iter().any(|(known, _)| known == key) {
        return Err(Problem::new(name, "set twice"));
    }
    let value = match shape {
        Value::Bool(..) => Value::from(
            value.parse::<bool>().map_err(|_| Problem::new(name, "should be true or false"))?,
        ),
        Value::Num(..) => Value::from(
            value.parse::<u64>().map_err(|_| Problem::new(name, "should be a whole number"))?,
        ),
        Value::Array(..) => {
            let list = value.trim().trim_start_matches('[').trim_end_matches(']');
            let items =
                list.split(',').map(|item| item.trim().trim_matches('"')).filter(|i| !i.is_empty());
            Value::from(items.map(str::to_owned).collect::<Vec<_>>())
        }
        _ => Value::from(value),
    };
    put(tree, key, value);
    set.push((key.to_owned(), name.to_owned()));
    Ok(())
}

fn find<'t>(tree: &'t Dict, key: &str) -> Option<&'t Value> {
    match key.split_once('.') {
        None => tree.get(key),
        Some((table, rest)) => find(tree.get(table)?.as_dict()?, rest),
    }
}

fn put(tree: &mut Dict, key: &str, value: Value) {
    match key.split_once('.') {
        None => drop(tree.insert(key.to_owned(), value)),
        Some((table, rest)) => {
            if let Some(Value::Dict(_, below)) = tree.get_mut(table) {
                put(below, rest, value);
            }
        }
    }
}

/// Reads the tree; what cannot be read is named and falls back to its default.
fn extract(
    mut tree: Dict,
    defaults: &Dict,
    set: &[(String, String)],
    problems: &mut Vec<Problem>,
) -> Config {
    loop {
        match Figment::from(Serialized::defaults(&tree)).extract::<Config>() {
            Ok(config) => return config,
            Err(e) => {
                let path = e.path.iter().take_while(|p| p.parse::<usize>().is_err());
                let key = path.cloned().collect::<Vec<_>>().join(".");
                let Some(default) = find(defaults, &key).filter(|d| find(&tree, &key) != Some(d))
                else {
                    problems.push(Problem::new("portcullis", "cannot be read"));
                    return Config::default();
                };
                let secret =
                    ["secret", "encryption_key", "mail.url"].iter().any(|s| key.ends_with(s));
                let message = if secret { "bad value".to_owned() } else { e.kind.to_string() };
                problems.push(by_written_name(Problem::new(key.clone(), message), set));
                put(&mut tree, &key, default.clone());
            }
        }
    }
}

fn by_written_name(problem: Problem, set: &[(String, String)]) -> Problem {
    let name = set.iter().find(|(key, _)| *key == problem.key).map(|(_, name)| name.clone());
    let key = name.unwrap_or_else(|| format!("portcullis.{}", problem.key));
    Problem { key, ..problem }
}

fn with_database(figment: Figment, url: Option<String>, problems: &mut Vec<Problem>) -> Figment {
    let name = if url.is_some() { "DATABASE_URL" } else { DATABASE };
    let url = url.or_else(|| figment.extract_inner::<String>(DATABASE).ok());
    let url = url.unwrap_or_else(|| DEFAULT_DATABASE.to_owned());
    let scheme = url.split(':').next().unwrap_or_default();
    if !["sqlite", "postgres", "postgresql"].contains(&scheme) {
        problems.push(Problem::new(name, "should start with sqlite: or postgres:"));
    } else if scheme == "sqlite" && (url.contains(":memory:") || url.contains("mode=memory")) {
        problems.push(Problem::new(
            name,
            "a database in memory is lost and cannot be shared: name a file",
        ));
    }
    figment.merge((DATABASE, url))
}
