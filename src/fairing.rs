//! [`stage`]: everything, attached to a Rocket application. The only file that sees all of it.
pub use crate::workers::LAST_MAILS;
use crate::{
    api,
    config::{self, Config},
    db::{AuthDb, Db},
    dialects,
    flows::{Auth, Error},
    openapi::{self, browser},
    pages,
    time::Clock,
    web::{
        catchers,
        cors::Cors,
        endpoints::Endpoints,
        headers::{self, Headers},
        metrics,
    },
    workers::Workers,
};
use rocket::{
    Build, Orbit, Rocket,
    config::{Ident, Shutdown},
    fairing::{self, AdHoc, Fairing, Info, Kind},
    figment::{
        Figment, Profile,
        providers::{Env, Format, Toml},
    },
};
use rocket_db_pools::Database;

/// The service as a fairing: `rocket::build().attach(portcullis::stage())`.
///
/// It reads its settings from Rocket's own figment (the table `portcullis`) and the environment,
/// brings its tables up to date and mounts its routes at `/`; their names start with `portcullis::`.
/// It catches errors below `/auth` only, so that a host application keeps its own pages.
#[must_use]
pub fn stage() -> Stage {
    Stage { config: None, clock: Clock::system() }
}

/// The service alone.
pub fn rocket() -> Rocket<Build> {
    custom(figment())
}

/// The service alone, with Rocket's settings in `figment`.
pub fn custom(figment: Figment) -> Rocket<Build> {
    rocket::custom(figment).attach(stage()).register("/", catchers::all())
}

/// Rocket's settings as it reads them itself, but its name is not told to clients, and requests have
/// 10 s to end when it is told to stop: as long as the last of a full queue of logins takes.
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
}

impl Stage {
    /// Takes these settings instead of reading the file and the environment.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = Some(config);
        self
    }

    /// Tells the time by `clock`; for tests.
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
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Config(Vec<config::Problem>),
    #[error("the database: {0}")]
    Database(String),
    #[error("the database is not up to date: run `portcullis migrate`")]
    Outdated,
    #[error("the target: {0}")]
    Target(String),
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

/// The service without its server; brings the tables up to date and makes the keys that are missing.
///
/// # Errors
/// Whatever keeps it from starting.
pub async fn open(figment: Figment) -> Result<Auth, StartError> {
    let (config, url) = settings(figment)?;
    let db = Db::open(&url, 2).await.map_err(|e| told(&e))?;
    start(db, config, Clock::system()).await
}

/// The service for a command beside it: the database has to be there and up to date, and stays as it
/// is but for what the command is there to change.
///
/// # Errors
/// If there is none, or an older one.
pub async fn beside(figment: Figment) -> Result<Auth, StartError> {
    let (config, url) = settings(figment)?;
    let db = existing(&url).await.map_err(StartError::Database)?;
    if !db.is_up_to_date().await.map_err(|e| told(&e))? {
        return Err(StartError::Outdated);
    }
    Auth::beside(config, db, Clock::system()).await.map_err(StartError::Service)
}

/// The database as it is, without bringing it up to date.
///
/// # Errors
/// If there is none.
pub async fn database(figment: Figment) -> Result<Db, StartError> {
    let (_, url) = settings(figment)?;
    existing(&url).await.map_err(StartError::Database)
}

/// The database at `url`, which was given to a command.
///
/// # Errors
/// If there is none.
pub async fn target(url: &str) -> Result<Db, StartError> {
    let checked = config::check_database(url).map_err(|e| format!("its URL {e}"));
    let db = match checked {
        Ok(()) => existing(url).await,
        Err(e) => Err(e),
    };
    db.map_err(StartError::Target)
}

async fn existing(url: &str) -> Result<Db, String> {
    Db::open_existing(url, 2).await.map_err(|e| e.to_string())
}

fn settings(figment: Figment) -> Result<(Config, String), StartError> {
    let loaded = config::load(figment);
    if !loaded.problems.is_empty() {
        return Err(StartError::Config(loaded.problems));
    }
    let url = loaded.figment.extract_inner("databases.portcullis.url").map_err(|e| told(&e))?;
    Ok((loaded.config, url))
}

fn told(e: &dyn std::fmt::Display) -> StartError {
    StartError::Database(e.to_string())
}

fn mount(rocket: Rocket<Build>, auth: Auth) -> Rocket<Build> {
    metrics::start();
    let config = auth.config().clone();
    let mut endpoints = api::endpoints(config.metrics);
    endpoints.extend(dialects::endpoints(&config.dialects));
    let browser = if config.docs { browser(&endpoints) } else { Vec::new() };
    let endpoints: Vec<_> = endpoints.into_iter().flat_map(|group| group.routes).collect();
    rocket
        .manage(auth)
        .manage(Workers::default())
        .attach(Headers::new(&config))
        .attach(Cors)
        .mount("/", headers::ours(endpoints))
        .mount("/", headers::pages(pages::routes()))
        .mount("/", headers::ours(browser))
        .register("/auth", catchers::all())
        .attach(AdHoc::on_liftoff("Portcullis workers", |rocket| {
            Box::pin(async move { work(rocket) })
        }))
}

/// The API's description and the page to browse it.
fn browser(endpoints: &[Endpoints]) -> Vec<rocket::Route> {
    match openapi::document_of(endpoints).to_json() {
        Ok(document) => browser::routes(document),
        Err(e) => {
            tracing::error!(error = %e, "the API document cannot be written");
            Vec::new()
        }
    }
}

fn work(rocket: &Rocket<Orbit>) {
    if let (Some(auth), Some(workers)) = (rocket.state::<Auth>(), rocket.state::<Workers>()) {
        workers.start(auth, rocket.shutdown(), metrics::upkeep);
    }
}
