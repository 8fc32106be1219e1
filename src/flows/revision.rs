//! What a revision of the stored settings means beside the file.
use super::{Error, Result};
use crate::{
    config::{Config, RuntimeSettings, Setting},
    store::settings::Revision,
    time::Timestamp,
};
use std::time::Duration;

/// What is in effect with `stored`. The file may have changed since it was stored: lifetimes that do
/// not fit any more give way, since nobody checked them.
pub(crate) fn settle(config: &Config, stored: &Revision) -> Result<RuntimeSettings> {
    let mut live = laid_over(config, stored)?;
    if !live.misfits(config).is_empty() {
        live.access_token_lifetime = config.access_token_lifetime;
        live.refresh_token_lifetime = config.refresh_token_lifetime;
    }
    Ok(live)
}

pub(crate) fn laid_over(config: &Config, stored: &Revision) -> Result<RuntimeSettings> {
    let unreadable = || Error::internal("a stored setting cannot be read");
    Setting::ALL.into_iter().try_fold(RuntimeSettings::from(config), |live, setting| {
        match value(stored, setting) {
            Some(text) => live.with(setting, text).ok_or_else(unreadable),
            None => Ok(live),
        }
    })
}

pub(crate) fn value(stored: &Revision, setting: Setting) -> Option<&str> {
    match setting {
        Setting::AccessTokenLifetime => stored.access_token_lifetime.as_deref(),
        Setting::RefreshTokenLifetime => stored.refresh_token_lifetime.as_deref(),
        Setting::Registration => stored.registration.as_deref(),
        Setting::EmailConfirmation => stored.email_confirmation.as_deref(),
    }
}

pub(crate) fn put(stored: &mut Revision, setting: Setting, text: Option<String>) {
    *match setting {
        Setting::AccessTokenLifetime => &mut stored.access_token_lifetime,
        Setting::RefreshTokenLifetime => &mut stored.refresh_token_lifetime,
        Setting::Registration => &mut stored.registration,
        Setting::EmailConfirmation => &mut stored.email_confirmation,
    } = text;
}

/// The longest that an access token which is out at `now` may still live: each lifetime counts from
/// the end of the time in which it was in effect. `revisions` are the newest first.
pub(crate) fn longest_out(
    config: &Config,
    revisions: &[Revision],
    now: Timestamp,
) -> Result<Duration> {
    let mut end = now;
    let mut longest = Duration::ZERO;
    for revision in revisions.iter().chain([&Revision::default()]) {
        let lifetime = settle(config, revision)?.access_token_lifetime;
        longest = longest.max(now.until(end.plus(lifetime)));
        end = revision.changed_at;
    }
    // In whole seconds, as tokens count them.
    Ok(Duration::from_secs(longest.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)))
}
