//! `/admin/settings`: the runtime settings, and the effect of changing them.
use super::{AdminContext, AdminFrame, At, decide};
use crate::{
    config::{EmailConfirmation, Language, Registration, RuntimeSettings, Setting},
    flows::{Error, Settings as Now},
    pages::{Sent, Shown},
    view::{self, Moment, View},
    web::{Form, Notice, Page, reply::setting_effects::effect},
};
use rocket::{get, post};
use serde::Serialize;
use strum::VariantNames as _;

/// The page with the runtime settings.
#[derive(Serialize)]
pub struct Settings {
    operator: AdminFrame,
    rows: Vec<Row>,
    /// The newest first.
    changes: Vec<Change>,
}

impl View for Settings {
    const TEMPLATE: &'static str = "pages/admin/settings.html";
    const PATH: &'static str = "/admin/settings";
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    /// The name as it appears in the names of texts.
    key: String,
    value: String,
    /// The value in words.
    words: String,
    /// The value in the configuration.
    file: String,
    lifetime: bool,
    choices: Vec<Choice>,
    /// The effect of changing a lifetime.
    effect: String,
    /// The value that an undo restores, in words; empty if there is nothing to undo.
    undo: String,
    /// The configured value in words, if another one is stored and an undo does not restore it; else empty.
    reset: String,
}

#[derive(Serialize)]
struct Choice {
    value: String,
    effect: String,
}

#[derive(Serialize)]
struct Change {
    key: String,
    from: String,
    to: String,
    who: String,
    at: Moment,
}

fn key(setting: Setting) -> String {
    setting.name().replace('_', "-")
}

/// A value in words, or the value itself if there are no words for it.
fn words(language: Language, setting: Setting, value: &str) -> String {
    if setting.is_lifetime() {
        let length = humantime::parse_duration(value);
        return length.map_or_else(|_| value.to_owned(), |l| view::duration(language, l));
    }
    if !choices(setting).contains(&value) {
        return value.to_owned();
    }
    view::text(language, &format!("setting-{}-{value}", key(setting)), &[])
}

fn choices(setting: Setting) -> &'static [&'static str] {
    match setting {
        Setting::Registration => Registration::VARIANTS,
        Setting::EmailConfirmation => EmailConfirmation::VARIANTS,
        _ => &[],
    }
}

fn row(context: &AdminContext<'_>, now: &Now, setting: Setting) -> Row {
    let describe = |to: &RuntimeSettings| effect(context.r.language, setting, to, now.out);
    let choice = |value: &&'static str| Choice {
        value: (*value).to_owned(),
        effect: now.live.with(setting, value).map(|to| describe(&to)).unwrap_or_default(),
    };
    let before = now.last_change(setting);
    let undo = before.map(|c| c.from.clone().unwrap_or_else(|| now.file.get(setting)));
    // If nothing was stored before, an undo restores the configured value as well.
    let reset = before.is_some_and(|c| c.from.is_some()) && now.is_stored(setting);
    let reset = reset.then(|| now.file.get(setting));
    let words = |value: &str| words(context.r.language, setting, value);
    Row {
        name: setting.name(),
        key: key(setting),
        value: now.live.get(setting),
        words: words(&now.live.get(setting)),
        file: now.file.get(setting),
        lifetime: setting.is_lifetime(),
        choices: choices(setting).iter().map(choice).collect(),
        effect: describe(&now.live),
        undo: undo.map(|value| words(&value)).unwrap_or_default(),
        reset: reset.map(|value| words(&value)).unwrap_or_default(),
    }
}

async fn view(context: &AdminContext<'_>) -> Result<Settings, Error> {
    let now = context.admin().settings().await?;
    let shown = |text: &Option<String>, setting| {
        let value = text.clone().unwrap_or_else(|| now.file.get(setting));
        words(context.r.language, setting, &value)
    };
    let changes = now.history.iter().map(|c| Change {
        key: key(c.setting),
        from: shown(&c.from, c.setting),
        to: shown(&c.to, c.setting),
        who: c.email.clone().or_else(|| c.by.map(|id| format!("#{}", id.0))).unwrap_or_default(),
        at: context.r.moment(c.at),
    });
    Ok(Settings {
        operator: context.operator(),
        rows: Setting::ALL.map(|setting| row(context, &now, setting)).into(),
        changes: changes.collect(),
    })
}

#[get("/admin/settings")]
pub async fn page(context: At<'_>) -> Shown<Settings> {
    Ok(Page::ok(view(&context?).await?))
}

#[post("/admin/settings", data = "<form>")]
pub async fn change(context: At<'_>, form: Form) -> Sent<Settings> {
    let context = context?;
    let mut shown = view(&context).await?;
    for row in &mut shown.rows {
        if form.body.is_ok() {
            row.value = form.typed(row.name);
        }
    }
    let changed = async {
        let form = form.body?;
        let wanted = form.read(|f| Setting::ALL.map(|s| (s, f.text(s.name()))))?;
        let live = context.r.auth.runtime_settings();
        // An unchanged value is not stored: it would override later changes of the configuration.
        let wanted: Vec<_> = wanted
            .into_iter()
            .filter(|(s, text)| live.get(*s) != *text)
            .map(|(s, text)| (s, Some(text)))
            .collect();
        context.admin().change_settings(&wanted).await?;
        Ok(context.back(Settings::PATH, Notice::SettingsSaved))
    };
    decide(changed.await, "settings", Settings::PATH, async { Ok(shown) }).await
}

#[post("/admin/settings/reset", data = "<form>")]
pub async fn reset(context: At<'_>, form: Form) -> Sent<Settings> {
    let context = context?;
    let done = async {
        let setting = form.typed("setting");
        form.body?;
        let setting = Setting::named(&setting).ok_or(Error::NotFound)?;
        context.admin().change_settings(&[(setting, None)]).await?;
        Ok(context.back(Settings::PATH, Notice::SettingsSaved))
    };
    decide(done.await, "undo", Settings::PATH, view(&context)).await
}

#[post("/admin/settings/undo", data = "<form>")]
pub async fn undo(context: At<'_>, form: Form) -> Sent<Settings> {
    let context = context?;
    let undone = async {
        let setting = form.typed("setting");
        form.body?;
        let setting = Setting::named(&setting).ok_or(Error::NotFound)?;
        context.admin().undo_setting(setting).await?;
        Ok(context.back(Settings::PATH, Notice::SettingsSaved))
    };
    decide(undone.await, "undo", Settings::PATH, view(&context)).await
}
