//! The runtime settings. Stored values override the configuration file. Each server keeps the effective
//! values in memory and learns of changes by the notifications of the database, if the engine has them,
//! and by polling in any case.
use super::Admin;
use crate::{
    config::{Config, EmailConfirmation, RuntimeSettings, Setting},
    db::Channel,
    field_error::FieldError,
    flows::{
        Error, Result, UserId,
        audit::{AuditEvent, AuditKind},
        revision::{effective, longest_out, put, value, with_overrides},
    },
    store::settings::{self, Revision},
    time::Timestamp,
};
use std::time::Duration;

/// How many revisions the history includes.
const MAX_REVISIONS: i64 = 100;

/// The runtime settings as a superuser sees them.
#[derive(Debug)]
pub struct Settings {
    /// The effective values.
    pub live: RuntimeSettings,
    /// The values in the configuration file.
    pub file: RuntimeSettings,
    /// The settings with a stored value, which overrides the file.
    stored: Vec<Setting>,
    /// How long an access token that is already issued may still be valid, at most.
    pub out: Duration,
    /// Newest first.
    pub history: Vec<PastChange>,
}

/// Who changed which setting, and when. A value is `None` if the file's value was in effect.
#[derive(Debug)]
pub struct PastChange {
    /// The setting that was changed.
    pub setting: Setting,
    /// The stored value before the change.
    pub from: Option<String>,
    /// The stored value after the change.
    pub to: Option<String>,
    /// When the setting was changed.
    pub at: Timestamp,
    /// The user who changed it; `None` for a change without a session, as at the command line.
    pub by: Option<UserId>,
    /// The address of that user, if the account still exists.
    pub email: Option<String>,
}

impl Settings {
    fn new(config: &Config, revisions: &[Revision], now: Timestamp) -> Result<Self> {
        let none = Revision::default();
        let live = effective(config, revisions.first().unwrap_or(&none))?;
        // The first revision is compared with an empty one; the oldest one shown, with the one before it.
        let all = i64::try_from(revisions.len()).is_ok_and(|n| n <= MAX_REVISIONS);
        let predecessors = revisions.iter().skip(1).chain(all.then_some(&none));
        let history = revisions.iter().zip(predecessors).flat_map(|(new, old)| {
            let changed = move |s: &Setting| value(old, *s) != value(new, *s);
            Setting::ALL.into_iter().filter(changed).map(move |setting| PastChange {
                setting,
                from: value(old, setting).map(str::to_owned),
                to: value(new, setting).map(str::to_owned),
                at: new.changed_at,
                by: new.changed_by,
                email: new.email.clone(),
            })
        });
        let newest = revisions.first().unwrap_or(&none);
        let is_stored = |setting: &Setting| value(newest, *setting).is_some();
        Ok(Self {
            live,
            file: RuntimeSettings::from(config),
            stored: Setting::ALL.into_iter().filter(is_stored).collect(),
            out: longest_out(config, revisions, now)?,
            history: history.collect(),
        })
    }

    /// Whether a stored value overrides the file's.
    pub fn is_stored(&self, setting: Setting) -> bool {
        self.stored.contains(&setting)
    }

    /// The last change of a setting: it shows where the value comes from, and what undoing restores.
    pub fn last_change(&self, setting: Setting) -> Option<&PastChange> {
        self.history.iter().find(|c| c.setting == setting)
    }
}

/// The effective settings before and after a change.
#[derive(Clone, Copy, Debug)]
pub struct Changed {
    /// The settings before the change.
    pub from: RuntimeSettings,
    /// The settings after the change.
    pub to: RuntimeSettings,
    /// How long an access token issued before the change may still be valid, at most.
    pub out: Duration,
}

impl Admin<'_> {
    /// The settings and their history.
    ///
    /// # Errors
    /// [`Error::Forbidden`] unless the operator is a superuser.
    pub async fn settings(&self) -> Result<Settings> {
        self.op.require_superuser()?;
        let revisions = settings::last(&mut self.auth.db.read().await?, MAX_REVISIONS + 1).await?;
        Settings::new(&self.auth.config, &revisions, self.auth.clock.now())
    }

    /// Changes all the wanted settings or none; `None` restores the file's value.
    ///
    /// # Errors
    /// [`Error::Forbidden`] unless the operator is a superuser; [`Error::PasswordRequired`];
    /// [`Error::Fields`] if a value is invalid or does not fit the others.
    pub async fn change_settings(&self, wanted: &[(Setting, Option<&str>)]) -> Result<Changed> {
        let by = self.op.signed_in();
        let mut work = self.begin_as_superuser().await?;
        let now = work.now;
        // Retry until this is the next revision: somebody else may change settings at the same time.
        let (old, new, to, out) = loop {
            let revisions = settings::last(&mut work.tx, MAX_REVISIONS).await?;
            let out = longest_out(&self.auth.config, &revisions, now)?;
            let old = revisions.into_iter().next().unwrap_or_default();
            let mut new = old.clone();
            for (setting, text) in wanted {
                put(&mut new, *setting, (*text).map(str::to_owned));
            }
            let to = check(&self.auth.config, &mut new, wanted)?;
            let required = to.email_confirmation == EmailConfirmation::Required;
            if required && by.is_some_and(|by| by.user.email_confirmed_at.is_none()) {
                // Otherwise they would lock themselves out, perhaps with nobody left to undo it.
                return Err(Error::field("email_confirmation", FieldError::OwnUnconfirmed));
            }
            if Setting::ALL.into_iter().all(|s| value(&old, s) == value(&new, s)) {
                return Ok(Changed { from: to, to, out });
            }
            new.revision += 1;
            new.changed_at = now;
            new.changed_by = by.map(|by| by.user.id);
            if settings::insert(&mut work.tx, &new).await? {
                break (old, new, to, out);
            }
        };
        let from = effective(&self.auth.config, &old)?;
        for setting in Setting::ALL.into_iter().filter(|s| value(&old, *s) != value(&new, *s)) {
            let detail =
                format!("{}: {} -> {}", setting.name(), from.get(setting), to.get(setting));
            let session = by.map(|by| by.session.id);
            let event = AuditEvent { session, ..AuditEvent::new(AuditKind::SettingChanged) };
            work.audit(event.detail(&detail)).await?;
        }
        work.tx.notify(Channel::Settings).await?;
        work.commit().await?;
        self.auth.current_settings.take(new.revision, to);
        Ok(Changed { from, to, out })
    }

    /// Restores the value of a setting before its last change.
    ///
    /// # Errors
    /// [`Error::Forbidden`] unless the operator is a superuser; [`Error::NotFound`] if the setting was never
    /// changed; [`Error::Fields`] if the old value no longer fits the other settings.
    pub async fn undo_setting(&self, setting: Setting) -> Result<Changed> {
        let settings = self.settings().await?;
        let before = settings.last_change(setting).ok_or(Error::NotFound)?.from.as_deref();
        self.change_settings(&[(setting, before)]).await
    }
}

/// The effective settings with `new`, whose wanted values it rewrites as the file spells them.
///
/// # Errors
/// [`Error::Fields`] with what is wrong with `wanted`.
fn check(
    config: &Config,
    new: &mut Revision,
    wanted: &[(Setting, Option<&str>)],
) -> Result<RuntimeSettings> {
    let lacking = |setting: Setting| match setting {
        Setting::AccessTokenLifetime | Setting::RefreshTokenLifetime => FieldError::NotLifetime,
        _ => FieldError::Unknown,
    };
    let mut wrong = Vec::new();
    for (setting, text) in wanted.iter().filter_map(|(s, text)| Some((*s, (*text)?))) {
        match RuntimeSettings::from(config).with(setting, text) {
            Some(read) => put(new, setting, Some(read.get(setting))),
            None => wrong.push((setting.name(), lacking(setting))),
        }
    }
    if wrong.is_empty() && wanted.iter().any(|(s, _)| s.is_lifetime()) {
        let is_changed = |setting: Setting| wanted.iter().any(|(s, _)| *s == setting);
        wrong = with_overrides(config, new)?
            .misfits(config)
            .into_iter()
            .map(|misfit| match misfit {
                // Report the error at the setting that was changed.
                Setting::RefreshTokenLifetime if is_changed(misfit) => {
                    (misfit.name(), FieldError::RefreshLifetime)
                }
                _ => (Setting::AccessTokenLifetime.name(), FieldError::AccessLifetime),
            })
            .collect();
    }
    if wrong.is_empty() { effective(config, new) } else { Err(Error::Fields(wrong)) }
}
