//! What a change of a setting does to sessions already open, in a sentence.
use crate::{
    config::{Language, Live, Setting},
    view,
};
use std::time::Duration;

/// The sentence for `setting`, if what is in effect turns into `to`; access tokens that are out live
/// for another `out` at most.
pub fn effect(language: Language, setting: Setting, to: &Live, out: Duration) -> String {
    let name = setting.name().replace('_', "-");
    let key = if setting.is_lifetime() {
        format!("effect-{name}")
    } else {
        format!("effect-{name}-{}", to.get(setting))
    };
    let lifetime = Live { access_token_lifetime: out, ..*to }.get(Setting::AccessTokenLifetime);
    view::text(language, &key, &[("lifetime", lifetime.into())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, EmailConfirmation, Registration};

    #[test]
    fn every_change_has_a_sentence_in_every_language() {
        let from = Live::from(&Config::default());
        for language in Language::ALL {
            let told = |setting, to: &Live| {
                let told = effect(language, setting, to, Duration::from_mins(5));
                assert!(told.ends_with('.') && !told.starts_with("effect-"), "{told}");
                told
            };
            assert!(told(Setting::AccessTokenLifetime, &from).contains("5m"));
            told(Setting::RefreshTokenLifetime, &from);
            for registration in Registration::ALL {
                told(Setting::Registration, &Live { registration, ..from });
            }
            for email_confirmation in EmailConfirmation::ALL {
                told(Setting::EmailConfirmation, &Live { email_confirmation, ..from });
            }
        }
    }
}
