//! `portcullis config check`, and the check of the settings before every other command.
use super::{Failure, rocket_settings};
use crate::{
    config::{self, Config, Loaded, Problem},
    fairing::{self, StartError},
    password,
    view::Templates,
};
use ::rocket::figment::Provider as _;
use std::io::{Write, stderr, stdout};

/// Checks the settings.
///
/// # Errors
/// All problems with the settings.
pub fn require_valid() -> Result<(), Failure> {
    let (_, problems) = load();
    if problems.is_empty() { Ok(()) } else { Err(StartError::Config(problems).into()) }
}

/// Prints the settings in effect as they would be written in `Rocket.toml`, and a line for each
/// warning and problem.
pub fn check() -> Result<(), Failure> {
    let (loaded, problems) = load();
    stdout().write_all(loaded.shown().as_bytes())?;
    for warning in &loaded.warnings {
        writeln!(stderr(), "warning: {warning}")?;
    }
    for problem in &problems {
        writeln!(stderr(), "{problem}")?;
    }
    if problems.is_empty() { Ok(()) } else { Err(Failure::Reported) }
}

fn load() -> (Loaded, Vec<Problem>) {
    let figment = fairing::figment();
    let mut problems = rocket_settings::problems(&figment);
    let warnings = rocket_settings::warnings(&figment);
    let mut loaded = config::load(figment);
    loaded.warnings.extend(warnings);
    if loaded.figment.data().is_ok() {
        problems.extend(rocket_settings::problems_of_pool(&loaded.figment));
    }
    problems.extend(password::Policy::new(&loaded.config).err());
    problems.extend(appearance_problems(&loaded.config));
    problems.append(&mut loaded.problems);
    (loaded, problems)
}

/// The problems with the templates and the logo, one line for each.
fn appearance_problems(config: &Config) -> Vec<Problem> {
    // A path that is not a directory is already reported.
    let folder = config.templates.as_deref().filter(|folder| folder.is_dir());
    let Err(e) = Templates::load(folder, &config.brand) else { return Vec::new() };
    let problem = |what: String| match what.strip_prefix("brand.logo: ") {
        Some(what) => Problem::new("portcullis.brand.logo", what),
        None => Problem::new("portcullis.templates", what),
    };
    e.lines().into_iter().map(problem).collect()
}
