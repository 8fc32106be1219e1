//! How a revision of the stored settings combines with the settings of the configuration file.
use super::{Error, Result};
use crate::{
    config::{Config, RuntimeSettings, Setting},
    store::settings::Revision,
    time::Timestamp,
};
use std::time::Duration;

/// The settings in effect with `stored`. The file may have changed since `stored` was checked: if
/// the two contradict each other now, the lifetimes of the file apply.
pub(crate) fn effective(config: &Config, stored: &Revision) -> Result<RuntimeSettings> {
    let mut live = with_overrides(config, stored)?;
    if !live.misfits(config).is_empty() {
        live.access_token_lifetime = config.access_token_lifetime;
        live.refresh_token_lifetime = config.refresh_token_lifetime;
    }
    Ok(live)
}

/// The settings of the file, overridden by those of `stored`, without a check.
pub(crate) fn with_overrides(config: &Config, stored: &Revision) -> Result<RuntimeSettings> {
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

/// The longest time that an access token issued before `now` may stay valid. Each lifetime counts
/// from the end of the period in which it was in effect. `revisions` are sorted newest first.
pub(crate) fn longest_out(
    config: &Config,
    revisions: &[Revision],
    now: Timestamp,
) -> Result<Duration> {
    let mut end = now;
    let mut longest = Duration::ZERO;
    for revision in revisions.iter().chain([&Revision::default()]) {
        let lifetime = effective(config, revision)?.access_token_lifetime;
        longest = longest.max(now.until(end.plus(lifetime)));
        end = revision.changed_at;
    }
    // Rounded up to whole seconds, the unit of times in tokens.
    Ok(Duration::from_secs(longest.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)))
}
