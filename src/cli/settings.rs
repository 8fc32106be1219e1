//! `portcullis config check`, and what is demanded of the settings before anything else is done.
use super::{Failure, print};
use crate::{
    config::{self, Config, Loaded, Problem},
    fairing::{self, StartError},
    flows::password,
    view::Templates,
};
use rocket::figment::{self, Figment, Metadata, Provider as _, providers::Serialized};
use std::io::{Write, stderr};

/// # Errors
/// Everything that is wrong with the settings.
pub fn demand() -> Result<(), Failure> {
    let (_, problems) = load();
    if problems.is_empty() { Ok(()) } else { Err(StartError::Config(problems).into()) }
}

/// Prints the settings in effect as JSON, and a line for each problem.
pub fn check() -> Result<(), Failure> {
    let (loaded, problems) = load();
    print(&loaded.config)?;
    print(&serde_json::json!({ "database": loaded.shown_database() }))?;
    for warning in &loaded.warnings {
        writeln!(stderr(), "warning: {warning}")?;
    }
    for problem in &problems {
        writeln!(stderr(), "{problem}")?;
    }
    if problems.is_empty() { Ok(()) } else { Err(Failure::Told) }
}

fn load() -> (Loaded, Vec<Problem>) {
    let figment = fairing::figment();
    let mut problems = of_rocket(&figment);
    let mut loaded = config::load(figment);
    if loaded.figment.data().is_ok() {
        problems.extend(of_pool(&loaded.figment));
    }
    problems.extend(password::Policy::new(&loaded.config).err());
    problems.extend(of_look(&loaded.config));
    problems.append(&mut loaded.problems);
    (loaded, problems)
}

/// What is wrong with the templates and the logo.
fn of_look(config: &Config) -> Option<Problem> {
    // One that is no folder is told already.
    let folder = config.templates.as_deref().filter(|folder| folder.is_dir());
    let e = Templates::load(folder, &config.brand).err()?;
    // In one line, as all are.
    let what = e.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    Some(match what.strip_prefix("brand.logo: ") {
        Some(what) => Problem::new("portcullis.brand.logo", what),
        None => Problem::new("portcullis.templates", what),
    })
}

/// What is wrong with Rocket's own settings, or with a file that cannot be read at all.
fn of_rocket(figment: &Figment) -> Vec<Problem> {
    let config = match rocket::Config::try_from(figment) {
        Ok(config) => config,
        Err(e) => return e.into_iter().map(|e| problem(&e, "")).collect(),
    };
    [("workers", config.workers), ("max_blocking", config.max_blocking)]
        .into_iter()
        .filter(|(_, n)| *n == 0)
        .map(|(key, _)| {
            let from = figment.find_metadata(key);
            Problem::new(written(from, &[key.to_owned()]), "should be 1 or more")
        })
        .collect()
}

/// What is wrong with `databases.portcullis`.
fn of_pool(figment: &Figment) -> Vec<Problem> {
    let pool = figment
        .focus("databases.portcullis")
        .join(Serialized::default("max_connections", 1))
        .join(Serialized::default("connect_timeout", 1));
    let Err(e) = pool.extract::<rocket_db_pools::Config>() else { return Vec::new() };
    e.into_iter().map(|e| problem(&e, "databases.portcullis.")).collect()
}

fn problem(e: &figment::Error, table: &str) -> Problem {
    let key = written(e.metadata.as_ref(), &e.path);
    // Below the first line a parser quotes the file, in which there may be secrets.
    let what = e.kind.to_string();
    Problem::new(format!("{table}{key}"), what.lines().next().unwrap_or_default())
}

/// The name under which the operator wrote a setting, or the file if it is unreadable.
fn written(from: Option<&Metadata>, path: &[String]) -> String {
    let file = || from?.source.as_ref().map(ToString::to_string);
    match path.first() {
        Some(key) if from.is_some_and(|m| m.name.contains("environment")) => {
            format!("ROCKET_{}", key.to_uppercase())
        }
        Some(_) => path.join("."),
        None => file().unwrap_or_else(|| "settings".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rocket::figment::providers::{Format, Toml};

    fn told(toml: &str) -> Vec<String> {
        let figment = Figment::from(rocket::Config::default())
            .merge(Toml::string(toml))
            .join(Serialized::default("databases.portcullis.url", "sqlite://x"));
        let problems = of_rocket(&figment).into_iter().chain(of_pool(&figment));
        problems.map(|p| p.to_string()).collect()
    }

    #[test]
    fn good_settings_are_no_problem() {
        assert!(told("").is_empty(), "{:?}", told(""));
        assert!(told("port = 1\n[databases.portcullis]\nmax_connections = 3").is_empty());
    }

    #[test]
    fn what_rocket_would_panic_at_is_told_by_name() {
        for (toml, key) in [
            ("port = 'x'", "port: "),
            ("address = 'nowhere'", "address: "),
            ("workers = 0", "workers: "),
            ("max_blocking = 0", "max_blocking: "),
            ("[shutdown]\ngrace = 'long'", "shutdown.grace: "),
            ("[databases.portcullis]\nmax_connections = 'x'", "databases.portcullis.max_connec"),
        ] {
            let told = told(toml);
            assert!(told.len() == 1 && told[0].starts_with(key), "{toml}: {told:?}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_parsed_is_not_quoted() {
        let told = told("[portcullis.jwt]\nsecret = 'hunter2").join("");
        assert!(told.contains("TOML") && !told.contains("hunter2"), "{told}");
    }
}
