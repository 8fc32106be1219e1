//! [`stage`]: everything, attached to a Rocket application. The only file that sees all of it.
use crate::{config::Config, time::Clock};
use rocket::{Build, Rocket, fairing};

/// The service as a fairing: `rocket::build().attach(portcullis::stage())`.
#[must_use]
pub fn stage() -> Stage {
    Stage { config: None, clock: Clock::system() }
}

/// See [`stage`].
pub struct Stage {
    config: Option<Config>,
    clock: Clock,
}

impl Stage {
    /// Takes these settings instead of reading `Rocket.toml` and the environment.
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
impl fairing::Fairing for Stage {
    fn info(&self) -> fairing::Info {
        fairing::Info { name: "Portcullis", kind: fairing::Kind::Ignite }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        Ok(rocket)
    }
}
