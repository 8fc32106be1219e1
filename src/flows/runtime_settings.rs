//! The runtime settings in effect in this process.
use super::{
    Auth, Result,
    revision::{effective, with_overrides},
};
use crate::{
    config::{Config, RuntimeSettings},
    db::Db,
    store::settings,
};
use std::sync::{Arc, PoisonError, RwLock};

/// The settings in effect in this process, and their revision. Clones share them.
#[derive(Clone)]
pub(crate) struct CurrentSettings(Arc<RwLock<(i64, RuntimeSettings)>>);

impl CurrentSettings {
    pub async fn load(db: &Db, config: &Config) -> Result<Self> {
        let this = Self(Arc::new(RwLock::new((0, RuntimeSettings::from(config)))));
        this.catch_up(db, config).await?;
        Ok(this)
    }

    pub fn get(&self) -> RuntimeSettings {
        self.0.read().unwrap_or_else(PoisonError::into_inner).1
    }

    /// Reads what other processes changed.
    pub async fn catch_up(&self, db: &Db, config: &Config) -> Result<()> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).0;
        if let Some(news) = settings::after(&mut db.read().await?, known).await? {
            if !with_overrides(config, &news)?.misfits(config).is_empty() {
                tracing::warn!(
                    "the stored lifetimes conflict with the configuration and are ignored"
                );
            }
            self.take(news.revision, effective(config, &news)?);
        }
        Ok(())
    }

    pub fn take(&self, revision: i64, live: RuntimeSettings) {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // A slower caller may arrive with an older revision.
        if revision > state.0 {
            *state = (revision, live);
        }
    }
}

impl Auth {
    /// The current values of the settings that a superuser can change while the service runs.
    pub fn runtime_settings(&self) -> RuntimeSettings {
        self.current_settings.get()
    }
}
