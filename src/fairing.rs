//! [`stage`]: the fairing that attaches everything to a Rocket application.
mod database;

use crate::{
    api,
    config::{self, Config},
    db::Db,
    dialects,
    flows::{Auth, Error},
    openapi::{self, swagger_ui},
    pages,
    time::Clock,
    web::{catchers, cors::Cors, endpoints::Endpoints, hooks::Hooks, metrics, routes},
    workers::Workers,
};
use database::{AuthDb, pooler, with_pooler};
use rocket::{
    Build, Orbit, Rocket,
    config::{Ident, Shutdown},
    fairing::{self, AdHoc, Fairing, Info, Kind},
    figment::{
        Figment, Profile,
        providers::{Env, Format, Toml},
    },
};
use rocket_db_pools::Database as _;

/// The service as a fairing: `rocket::build().attach(portcullis::stage())`.
///
/// It reads its settings from Rocket's figment (the table `portcullis`) and the environment, migrates its
/// tables and mounts its routes at `/`. The names of the routes start with `portcullis::`. It catches
/// errors below `/auth` only, so that a host application keeps its own error pages.
#[must_use]
pub fn stage() -> Stage {
    Stage { config: None, clock: Clock::system(), opened: None }
}

/// The service without a host application.
pub fn rocket() -> Rocket<Build> {
    custom(figment())
}

/// The service without a host application, with Rocket's settings in `figment`.
pub fn custom(figment: Figment) -> Rocket<Build> {
    rocket::custom(figment).attach(stage()).register("/", catchers::all())
}

/// The service without a host application, opened before Rocket starts: a fairing that fails inside Rocket
/// cannot say why. Migrates the tables and creates missing keys.
///
/// # Errors
/// If the settings are invalid, the database cannot be opened or migrated, or the service cannot start.
pub async fn opened(figment: Figment) -> Result<Rocket<Build>, StartError> {
    let loaded = config::load(figment);
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    if !loaded.problems.is_empty() {
        return Err(StartError::Config(loaded.problems));
    }
    let pooler = pooler(loaded.config.database.pooler);
    let db = database::open(&loaded.figment, pooler).await.map_err(StartError::Database)?;
    let auth = start(db, loaded.config, Clock::system()).await?;
    let stage = Stage { opened: Some(auth), ..stage() };
    Ok(rocket::custom(loaded.figment).attach(stage).register("/", catchers::all()))
}

/// Rocket's settings as Rocket reads them, with two different defaults: replies do not name the server, and
/// at shutdown requests have 10 s to end, which is how long the last login of a full queue takes.
pub fn figment() -> Figment {
    let shutdown = Shutdown { grace: 10, mercy: 1, ..Shutdown::default() };
    let ours = rocket::Config { ident: Ident::none(), shutdown, ..rocket::Config::default() };
    Figment::from(ours)
        .merge(Toml::file(Env::var_or("ROCKET_CONFIG", "Rocket.toml")).nested())
        .merge(Env::prefixed("ROCKET_").ignore(&["PROFILE"]).global())
        .select(Profile::from_env_or("ROCKET_PROFILE", rocket::Config::DEFAULT_PROFILE))
}

/// See [`stage`].
pub struct Stage {
    config: Option<Config>,
    clock: Clock,
    /// The service, if it is already open.
    opened: Option<Auth>,
}

impl Stage {
    /// Uses these settings instead of those of the file and the environment.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = Some(config);
        self
    }

    /// Uses this clock. For tests.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}

#[rocket::async_trait]
impl Fairing for Stage {
    fn info(&self) -> Info {
        Info { name: "Portcullis", kind: Kind::Ignite | Kind::Singleton }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        if let Some(auth) = &self.opened {
            return Ok(mount(rocket, auth.clone()));
        }
        let figment = rocket.figment().clone();
        let (config, figment) = if let Some(config) = &self.config {
            (config.clone(), figment)
        } else {
            let loaded = config::load(figment);
            for warning in &loaded.warnings {
                tracing::warn!("{warning}");
            }
            for problem in &loaded.problems {
                tracing::error!("{problem}");
            }
            if !loaded.problems.is_empty() {
                return Err(rocket);
            }
            (loaded.config, loaded.figment)
        };
        let figment = with_pooler(figment, config.database.pooler);
        let clock = self.clock.clone();
        let assemble =
            AdHoc::try_on_ignite("Portcullis", move |rocket| assemble(rocket, config, clock));
        Ok(rocket.configure(figment).attach(AuthDb::init()).attach(assemble))
    }
}

async fn assemble(rocket: Rocket<Build>, config: Config, clock: Clock) -> fairing::Result {
    let Some(db) = AuthDb::fetch(&rocket) else { return Err(rocket) };
    match start(db.0.clone(), config, clock).await {
        Ok(auth) => Ok(mount(rocket, auth)),
        Err(e) => {
            tracing::error!(error = %e, "portcullis cannot start");
            Err(rocket)
        }
    }
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Settings are invalid: all problems that were found.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Config(Vec<config::Problem>),
    /// The service's database cannot be opened or migrated: the reason.
    #[error("the database: {0}")]
    Database(String),
    /// Migrations are missing, and the command does not run them.
    #[error("the database is not up to date: run `portcullis migrate`")]
    Outdated,
    /// The database that a command got as an argument cannot be opened: the reason.
    #[error("the target: {0}")]
    Target(String),
    /// The database is open, but the service on top of it cannot start.
    #[error("{}", reason(.0))]
    Service(Error),
}

fn reason(e: &Error) -> String {
    match e {
        Error::Internal(e) => e.to_string(),
        e => e.to_string(),
    }
}

async fn start(db: Db, config: Config, clock: Clock) -> Result<Auth, StartError> {
    db.migrate().await.map_err(|e| StartError::Database(e.to_string()))?;
    Auth::open(config, db, clock).await.map_err(StartError::Service)
}

/// Opens the service without a server. Migrates the tables and creates missing keys.
///
/// # Errors
/// If the settings are invalid, the database cannot be opened or migrated, or the service cannot start.
pub async fn open(figment: Figment) -> Result<Auth, StartError> {
    let (config, url) = settings(figment)?;
    let db = Db::open_through(pooler(config.database.pooler), &url, 2)
        .await
        .map_err(|e| database_error(&e))?;
    start(db, config, Clock::system()).await
}

/// Opens the service for a command that runs beside a server. The database must exist and be up to date. Only
/// the command itself changes it.
///
/// # Errors
/// If the database does not exist or is not up to date.
pub async fn open_beside_server(figment: Figment) -> Result<Auth, StartError> {
    let (config, url) = settings(figment)?;
    let db = existing(&config, &url).await.map_err(StartError::Database)?;
    if !db.is_up_to_date().await.map_err(|e| database_error(&e))? {
        return Err(StartError::Outdated);
    }
    Auth::beside(config, db, Clock::system()).await.map_err(StartError::Service)
}

/// Opens the database without a migration.
///
/// # Errors
/// If it does not exist.
pub async fn database(figment: Figment) -> Result<Db, StartError> {
    let (config, url) = settings(figment)?;
    existing(&config, &url).await.map_err(StartError::Database)
}

/// Opens the database at `url`, which is an argument of a command.
///
/// # Errors
/// If the URL is invalid or the database does not exist.
pub async fn target(url: &str) -> Result<Db, StartError> {
    let checked = config::check_database(url).map_err(|e| format!("its URL {e}"));
    let db = match checked {
        // Statements of a copy have names, so it does not go through a pooler in transaction mode.
        Ok(()) => existing(&Config::default(), url).await,
        Err(e) => Err(e),
    };
    db.map_err(StartError::Target)
}

async fn existing(config: &Config, url: &str) -> Result<Db, String> {
    let pooler = pooler(config.database.pooler);
    Db::open_existing(pooler, url, 2).await.map_err(|e| e.to_string())
}

fn settings(figment: Figment) -> Result<(Config, String), StartError> {
    let loaded = config::load(figment);
    if !loaded.problems.is_empty() {
        return Err(StartError::Config(loaded.problems));
    }
    let url =
        loaded.figment.extract_inner("databases.portcullis.url").map_err(|e| database_error(&e))?;
    Ok((loaded.config, url))
}

fn database_error(e: &dyn std::fmt::Display) -> StartError {
    StartError::Database(e.to_string())
}

fn mount(rocket: Rocket<Build>, auth: Auth) -> Rocket<Build> {
    metrics::start();
    let config = auth.config().clone();
    let mut endpoints = api::endpoints(config.metrics, config.login_by_mail);
    endpoints.extend(dialects::endpoints(&config.dialects));
    let browser = if config.docs { browser(&endpoints) } else { Vec::new() };
    let endpoints: Vec<_> = endpoints.into_iter().flat_map(|group| group.routes).collect();
    rocket
        .manage(auth)
        .manage(Workers::default())
        .attach(Hooks::new(&config))
        .attach(Cors)
        .mount("/", routes::ours(endpoints))
        .mount("/", routes::pages(pages::routes(config.login_by_mail)))
        .mount("/", routes::ours(browser))
        .register("/auth", catchers::all())
        .attach(AdHoc::on_liftoff("Portcullis workers", |rocket| {
            Box::pin(async move { work(rocket) })
        }))
}

/// The API's description and the page to browse it.
fn browser(endpoints: &[Endpoints]) -> Vec<rocket::Route> {
    match openapi::document_of(endpoints).to_json() {
        Ok(document) => swagger_ui::routes(document),
        Err(e) => {
            tracing::error!(error = %e, "the OpenAPI document cannot be serialized");
            Vec::new()
        }
    }
}

fn work(rocket: &Rocket<Orbit>) {
    if let (Some(auth), Some(workers)) = (rocket.state::<Auth>(), rocket.state::<Workers>()) {
        let (stopping, stop) = (rocket.shutdown(), rocket.shutdown());
        workers.start(auth, stopping, move || stop.clone().notify(), metrics::upkeep);
    }
}

#[cfg(test)]
mod tests;
