//! The runtime settings, for superusers.
use super::{Answer, Op};
use crate::{
    config::{RuntimeSettings, Setting},
    flows::{Changed, Error, PastChange, Settings},
    time::Timestamp,
    web::{AdminContext, Json, Reply, reply::setting_effects::effect, request_body},
};
use rocket::{get, patch, post};
use serde::Serialize;
use utoipa::ToSchema;

/// The settings in effect, their values in the configuration, and the history of changes.
#[derive(Serialize, ToSchema)]
#[schema(as = Settings)]
pub struct SettingsView {
    #[serde(flatten)]
    #[schema(inline)]
    live: Values,
    file: Values,
    /// Newest first.
    changes: Vec<ChangeView>,
    /// What the requested change does to open sessions: one sentence for each setting.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    effects: Vec<String>,
}

/// Lifetimes have the form `30s`, `5m`, `12h` or `30d`.
#[derive(Serialize, ToSchema)]
#[schema(as = SettingValues)]
pub struct Values {
    access_token_lifetime: String,
    refresh_token_lifetime: String,
    /// `open`, `invite` or `closed`.
    registration: String,
    /// `optional` or `required`.
    email_confirmation: String,
}

/// Who changed which setting, and when. Null stands for the value in the configuration.
#[derive(Serialize, ToSchema)]
#[schema(as = SettingChange)]
pub struct ChangeView {
    setting: &'static str,
    from: Option<String>,
    to: Option<String>,
    changed_at: Timestamp,
    changed_by: Option<Changer>,
}

#[derive(Serialize, ToSchema)]
pub struct Changer {
    id: i64,
    /// Null if the account was deleted.
    email: Option<String>,
}

impl From<&RuntimeSettings> for Values {
    fn from(live: &RuntimeSettings) -> Self {
        Self {
            access_token_lifetime: live.get(Setting::AccessTokenLifetime),
            refresh_token_lifetime: live.get(Setting::RefreshTokenLifetime),
            registration: live.get(Setting::Registration),
            email_confirmation: live.get(Setting::EmailConfirmation),
        }
    }
}

impl From<PastChange> for ChangeView {
    fn from(c: PastChange) -> Self {
        let email = c.email;
        Self {
            setting: c.setting.name(),
            from: c.from,
            to: c.to,
            changed_at: c.at,
            changed_by: c.by.map(|id| Changer { id: id.0, email }),
        }
    }
}

impl From<Settings> for SettingsView {
    fn from(s: Settings) -> Self {
        Self {
            live: (&s.live).into(),
            file: (&s.file).into(),
            changes: s.history.into_iter().map(Into::into).collect(),
            effects: Vec::new(),
        }
    }
}

/// Returns the runtime settings
#[utoipa::path(responses((status = 200, body = SettingsView)))]
#[get("/auth/admin/settings")]
pub async fn show(op: Op<'_>) -> Answer<SettingsView> {
    Ok(Reply::ok(op?.admin().settings().await?.into()))
}

request_body! {
    pub struct SettingsChange {
        /// Null, here and below: the value in the configuration.
        access_token_lifetime: Option<Option<String>>,
        refresh_token_lifetime: Option<Option<String>>,
        registration: Option<Option<String>>,
        email_confirmation: Option<Option<String>>,
    }
}

/// Changes runtime settings: all given ones or, if one is invalid, none. Missing settings keep their values
#[utoipa::path(responses((status = 200, body = SettingsView)))]
#[patch("/auth/admin/settings", data = "<body>")]
pub async fn change(op: Op<'_>, body: Json<SettingsChange>) -> Answer<SettingsView> {
    let (op, body) = (op?, body.valid()?);
    let named = [
        (Setting::AccessTokenLifetime, &body.access_token_lifetime),
        (Setting::RefreshTokenLifetime, &body.refresh_token_lifetime),
        (Setting::Registration, &body.registration),
        (Setting::EmailConfirmation, &body.email_confirmation),
    ];
    let asked = named.into_iter().filter_map(|(s, to)| Some((s, to.as_ref()?.as_deref())));
    let changes: Vec<_> = asked.collect();
    let done = op.admin().change_settings(&changes).await?;
    answer(&op, done).await
}

request_body! {
    pub struct Undo {
        /// The name of the setting.
        setting: String,
    }
}

/// Undoes the last change of a setting
#[utoipa::path(responses((status = 200, body = SettingsView)))]
#[post("/auth/admin/settings/undo", data = "<body>")]
pub async fn undo(op: Op<'_>, body: Json<Undo>) -> Answer<SettingsView> {
    let (op, body) = (op?, body.valid()?);
    let setting = Setting::named(&body.setting).ok_or(Error::NotFound)?;
    let changed = op.admin().undo_setting(setting).await?;
    answer(&op, changed).await
}

async fn answer(op: &AdminContext<'_>, Changed { from, to, out }: Changed) -> Answer<SettingsView> {
    let changed = |s: &Setting| from.get(*s) != to.get(*s);
    let effects = Setting::ALL.into_iter().filter(changed);
    let effects = effects.map(|s| effect(op.r.caller.language, s, &to, out)).collect();
    Ok(Reply::ok(SettingsView { effects, ..op.admin().settings().await?.into() }))
}
