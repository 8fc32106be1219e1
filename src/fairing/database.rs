//! [`AuthDb`]: the database as a pool of `rocket_db_pools`.
use crate::db::{self, Conn, Db, OpenError};
use rocket::figment::{Figment, providers::Serialized};
use rocket_db_pools::{Config, Database, Error, Pool};

/// The pool. Configured with `[default.databases.portcullis] url = "sqlite://portcullis.db"` or
/// `"postgres://…"`.
#[derive(Database)]
#[database("portcullis")]
pub struct AuthDb(pub Db);

/// Opens the database in Rocket's settings as `rocket_db_pools` does, and tells what is wrong if it fails.
pub async fn open(figment: &Figment) -> Result<Db, String> {
    let workers = rocket::Config::from(figment).workers;
    let config: Config = figment
        .focus("databases.portcullis")
        .join(Serialized::default("max_connections", workers * 4))
        .join(Serialized::default("connect_timeout", 5))
        .extract()
        .map_err(|e| e.to_string())?;
    Db::open(&config.url, connections(&config)).await.map_err(|e| e.to_string())
}

fn connections(config: &Config) -> u32 {
    u32::try_from(config.max_connections).unwrap_or(u32::MAX)
}

#[rocket::async_trait]
impl Pool for Db {
    type Connection = Conn;
    type Error = Error<OpenError, db::Error>;

    async fn init(figment: &Figment) -> Result<Self, Self::Error> {
        let config: Config = figment.extract()?;
        Self::open(&config.url, connections(&config)).await.map_err(Error::Init)
    }

    async fn get(&self) -> Result<Conn, Self::Error> {
        self.read().await.map_err(Error::Get)
    }

    /// Does nothing: Rocket calls it when the shutdown begins, while requests are still running. The
    /// program closes the pool itself after the last request, and a host application drops it.
    async fn close(&self) {}
}
