//! The settings that a superuser can change while the service runs.
use super::{Config, lifetime};
use serde::{
    Deserialize, Serialize,
    de::{IntoDeserializer, value::StrDeserializer},
};
use std::time::Duration;
use strum::{EnumString, IntoStaticStr, VariantNames};

/// Who may register.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Registration {
    /// Everybody.
    Open,
    /// Only people with an invitation.
    Invite,
    /// Nobody. Invitations are refused too.
    Closed,
}

/// Whether users must confirm their address before they can log in.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum EmailConfirmation {
    /// Users can log in before they confirm their address.
    Optional,
    /// Users cannot log in before they confirm their address.
    Required,
}

/// The values of the runtime settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RuntimeSettings {
    /// How long an access token is valid after it is issued.
    #[serde(with = "lifetime")]
    pub access_token_lifetime: Duration,
    /// How long a session may stay unused before its refresh token expires.
    #[serde(with = "lifetime")]
    pub refresh_token_lifetime: Duration,
    /// Who may register.
    pub registration: Registration,
    /// Whether users must confirm their address before they can log in.
    pub email_confirmation: EmailConfirmation,
}

/// The name of one runtime setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Setting {
    /// [`RuntimeSettings::access_token_lifetime`], a duration.
    AccessTokenLifetime,
    /// [`RuntimeSettings::refresh_token_lifetime`], a duration.
    RefreshTokenLifetime,
    /// [`RuntimeSettings::registration`], one of [`Registration::ALL`].
    Registration,
    /// [`RuntimeSettings::email_confirmation`], one of [`EmailConfirmation::ALL`].
    EmailConfirmation,
}

impl Setting {
    /// Every runtime setting, in the order of the variants.
    pub const ALL: [Self; 4] = [
        Self::AccessTokenLifetime,
        Self::RefreshTokenLifetime,
        Self::Registration,
        Self::EmailConfirmation,
    ];

    /// The key in the file.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The setting with this key.
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok()
    }

    /// Whether the value is a duration.
    pub const fn is_lifetime(self) -> bool {
        matches!(self, Self::AccessTokenLifetime | Self::RefreshTokenLifetime)
    }
}

impl Registration {
    /// Every value, in the order of the variants.
    pub const ALL: [Self; 3] = [Self::Open, Self::Invite, Self::Closed];

    /// The value as it is written in the file.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl EmailConfirmation {
    /// Every value, in the order of the variants.
    pub const ALL: [Self; 2] = [Self::Optional, Self::Required];

    /// The value as it is written in the file.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl From<&Config> for RuntimeSettings {
    fn from(config: &Config) -> Self {
        Self {
            access_token_lifetime: config.access_token_lifetime,
            refresh_token_lifetime: config.refresh_token_lifetime,
            registration: config.registration,
            email_confirmation: config.email_confirmation,
        }
    }
}

impl RuntimeSettings {
    /// The longest lifetime of any token.
    pub fn longest(&self) -> Duration {
        self.access_token_lifetime.max(self.refresh_token_lifetime)
    }

    /// A value as it is written in the file.
    pub fn get(&self, setting: Setting) -> String {
        match setting {
            Setting::AccessTokenLifetime => lifetime::text(self.access_token_lifetime),
            Setting::RefreshTokenLifetime => lifetime::text(self.refresh_token_lifetime),
            Setting::Registration => self.registration.name().to_owned(),
            Setting::EmailConfirmation => self.email_confirmation.name().to_owned(),
        }
    }

    /// Sets a value as it is written in the file; `None` if it cannot be read.
    #[must_use]
    pub fn with(mut self, setting: Setting, text: &str) -> Option<Self> {
        let text: StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
        match setting {
            Setting::AccessTokenLifetime => {
                self.access_token_lifetime = lifetime::deserialize(text).ok()?;
            }
            Setting::RefreshTokenLifetime => {
                self.refresh_token_lifetime = lifetime::deserialize(text).ok()?;
            }
            Setting::Registration => self.registration = Registration::deserialize(text).ok()?,
            Setting::EmailConfirmation => {
                self.email_confirmation = EmailConfirmation::deserialize(text).ok()?;
            }
        }
        Some(self)
    }

    /// The runtime settings that are out of bounds or contradict each other or the rest of `config`, by the
    /// check of [`Config`].
    pub fn misfits(&self, config: &Config) -> Vec<Setting> {
        let mut config = config.clone();
        config.access_token_lifetime = self.access_token_lifetime;
        config.refresh_token_lifetime = self.refresh_token_lifetime;
        config.registration = self.registration;
        config.email_confirmation = self.email_confirmation;
        let mut misfits: Vec<_> = config
            .lifetime_problems()
            .iter()
            // Other keys that depend on a lifetime depend on that of refresh tokens. They cannot change while
            // the service runs, so the problem is the lifetime.
            .map(|p| Setting::named(&p.key).unwrap_or(Setting::RefreshTokenLifetime))
            .collect();
        misfits.dedup();
        misfits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_round_trip_through_text() {
        let live = RuntimeSettings::from(&Config::default());
        for setting in Setting::ALL {
            assert_eq!(live.with(setting, &live.get(setting)), Some(live));
            assert_eq!(Setting::named(setting.name()), Some(setting));
            assert_eq!(live.with(setting, "nonsense"), None);
        }
        for text in ["1h 30m", "1500ms", "45d 1s"] {
            let live = live.with(Setting::AccessTokenLifetime, text).unwrap();
            assert_eq!(live.get(Setting::AccessTokenLifetime).replace("1s 500ms", "1500ms"), text);
        }
        for mode in Registration::ALL {
            assert_eq!(live.with(Setting::Registration, mode.name()).unwrap().registration, mode);
        }
        for mode in EmailConfirmation::ALL {
            let live = live.with(Setting::EmailConfirmation, mode.name()).unwrap();
            assert_eq!(live.email_confirmation, mode);
        }
    }

    #[test]
    fn lifetimes_are_validated_together_with_the_file() {
        let config = Config::default();
        let misfits = |access: &str, refresh: &str| {
            let live =
                RuntimeSettings::from(&config).with(Setting::AccessTokenLifetime, access).unwrap();
            live.with(Setting::RefreshTokenLifetime, refresh).unwrap().misfits(&config)
        };
        let (access, refresh) = (Setting::AccessTokenLifetime, Setting::RefreshTokenLifetime);
        assert_eq!(misfits("5m", "30d"), []);
        assert_eq!(misfits("0s", "30d"), [access]);
        assert_eq!(misfits("25h", "30d"), [access]);
        assert_eq!(misfits("5m", "1m"), [refresh]);
        assert_eq!(misfits("5m", "91d"), [refresh]);
        assert_eq!(misfits("1s", "9s"), [refresh]);
    }
}
