//! The profile: what users can change without their password.
use crate::{
    config::Language,
    db::Tx,
    field_error::FieldError,
    flows::{
        Auth, Caller, Error, Result, SignedIn, User, UserId,
        audit::{AuditEvent, AuditKind},
    },
    identifiers::{self, Username},
    store::users,
};

/// A change of a user's profile. `None` leaves a field as it is.
#[derive(Debug, Default)]
pub struct ProfileChange<'a> {
    /// `Some(None)` removes the username.
    pub username: Option<Option<&'a str>>,
    /// The new first name.
    pub first_name: Option<&'a str>,
    /// `Some(None)` sets the service's own language.
    pub language: Option<Option<&'a str>>,
    /// Whether logins from new devices are mailed to the user.
    pub notify_new_devices: Option<bool>,
}

impl ProfileChange<'_> {
    /// The names of the changed fields.
    pub(crate) fn named(&self) -> Vec<&'static str> {
        let all = [
            ("username", self.username.is_some()),
            ("first_name", self.first_name.is_some()),
            ("language", self.language.is_some()),
            ("notify_new_devices", self.notify_new_devices.is_some()),
        ];
        all.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| name).collect()
    }
}

/// A profile after a change.
pub(crate) struct Profile {
    username: Option<Username>,
    first_name: String,
    language: Option<Language>,
    notify_new_devices: bool,
}

impl Profile {
    pub(crate) fn read(user: &User, change: &ProfileChange<'_>) -> Result<Self> {
        let mut wrong = Vec::new();
        let mut keep = |name, why| wrong.push((name, why));
        let username = change.username.unwrap_or(user.username.as_deref());
        let username = username
            .filter(|name| !name.trim().is_empty())
            .and_then(|name| Username::parse(name).map_err(|e| keep("username", e)).ok());
        let first_name = identifiers::first_name(change.first_name.unwrap_or(&user.first_name))
            .map_err(|e| keep("first_name", e))
            .unwrap_or_default();
        let language = change.language.unwrap_or(user.language.as_deref());
        let language = language.and_then(|tag| {
            let known = Language::from_tag(tag);
            if known.is_none() {
                keep("language", FieldError::NotLanguage);
            }
            known
        });
        let notify_new_devices = change.notify_new_devices.unwrap_or(user.notify_new_devices);
        if wrong.is_empty() {
            Ok(Self { username, first_name, language, notify_new_devices })
        } else {
            Err(Error::Fields(wrong))
        }
    }

    /// # Errors
    /// [`Error::Fields`] if the username is taken.
    pub(crate) async fn store(&self, db: &mut Tx, id: UserId) -> Result<()> {
        let row = users::Profile {
            username: self.username.as_ref().map(|u| u.name.as_str()),
            username_key: self.username.as_ref().map(|u| u.key.as_str()),
            first_name: &self.first_name,
            language: self.language.map(Language::tag),
            notify_new_devices: self.notify_new_devices,
        };
        let stored = users::set_profile(db, id, &row).await?;
        Error::field("username", FieldError::Taken).unless(stored)
    }
}

impl Auth {
    /// Changes the user's profile, and returns the user after the change.
    ///
    /// # Errors
    /// [`Error::Fields`] if a field is wrong or the username is taken.
    pub async fn change_profile(
        &self,
        caller: &Caller,
        by: &SignedIn,
        change: ProfileChange<'_>,
    ) -> Result<User> {
        let new = Profile::read(&by.user, &change)?;
        let mut work = self.begin_by(caller, by).await?;
        new.store(&mut work.tx, by.user.id).await?;
        work.audit(AuditEvent::new(AuditKind::ProfileChanged)).await?;
        let user = users::by_id(&mut work.tx, by.user.id).await?.ok_or(Error::NotFound)?;
        work.commit().await?;
        Ok(user)
    }
}
