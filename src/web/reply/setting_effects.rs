//! The effect of a change of a setting on open sessions, as a sentence.
use crate::{
    config::{Language, RuntimeSettings, Setting},
    view,
};
use std::time::Duration;

/// The effect of changing `setting` to its value in `to`. Access tokens that are already issued stay valid
/// for up to `out`.
pub fn effect(language: Language, setting: Setting, to: &RuntimeSettings, out: Duration) -> String {
    let name = setting.name().replace('_', "-");
    let key = if setting.is_lifetime() {
        format!("effect-{name}")
    } else {
        format!("effect-{name}-{}", to.get(setting))
    };
    view::text(language, &key, &[("lifetime", view::duration(language, out).into())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, EmailConfirmation, Registration};

    #[test]
    fn every_setting_effect_is_translated() {
        let from = RuntimeSettings::from(&Config::default());
        for language in Language::ALL {
            let text = |setting, to: &RuntimeSettings| {
                let text = effect(language, setting, to, Duration::from_mins(5));
                assert!(text.ends_with('.') && !text.starts_with("effect-"), "{text}");
                text
            };
            let lifetime = match language {
                Language::En => "5 minutes",
                Language::Ru => "5 минут",
            };
            assert!(text(Setting::AccessTokenLifetime, &from).contains(lifetime));
            text(Setting::RefreshTokenLifetime, &from);
            for registration in Registration::ALL {
                text(Setting::Registration, &RuntimeSettings { registration, ..from });
            }
            for email_confirmation in EmailConfirmation::ALL {
                text(Setting::EmailConfirmation, &RuntimeSettings { email_confirmation, ..from });
            }
        }
    }
}
