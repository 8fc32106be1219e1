//! A validated user of another service.
use super::fields::{Fields, Refusal};
use crate::{
    config::{self, Language},
    field_error::FieldError,
    flows::UserId,
    identifiers::{self, Email, Username},
    password,
    store::users::NewUser,
    time::Timestamp,
};

/// A user to import.
pub struct ImportedUser {
    pub id: Option<UserId>,
    pub email: Email,
    pub username: Option<Username>,
    pub roles: Vec<String>,
    email_confirmed_at: Option<Timestamp>,
    first_name: String,
    pub password_hash: Option<String>,
    is_active: bool,
    is_superuser: bool,
    language: Option<Language>,
    created_at: Timestamp,
    last_login_at: Option<Timestamp>,
    notify_new_devices: bool,
}

impl ImportedUser {
    /// Reads a row. Only the hash of the password is known, so the password policy is not checked.
    pub fn read(
        mut fields: Fields,
        config: &config::Password,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let lacking = |name| move |e| Refusal::FieldError(name, e);
        let id = fields.id()?;
        let email =
            fields.text("email")?.ok_or(Refusal::FieldError("email", FieldError::Missing))?;
        let email = Email::parse(&email).map_err(lacking("email"))?;
        let username = fields.text("username")?;
        let username = username
            // Many services use the address as the username.
            .filter(|n| !n.trim().is_empty() && !n.trim().eq_ignore_ascii_case(&email.key))
            .map(|name| Username::parse(&name).map_err(lacking("username")))
            .transpose()?;
        let first_name = fields.text("first_name")?.unwrap_or_default();
        let first_name = identifiers::first_name(&first_name).map_err(lacking("first_name"))?;
        let password_hash = fields.text("password_hash")?.filter(|hash| !hash.is_empty());
        if password_hash.as_ref().is_some_and(|hash| !password::is_known(hash, config)) {
            let why = "is of no known kind, or asks for more than a login may cost";
            return Err(Refusal::Field("password_hash", why));
        }
        let language = fields.text("language")?.filter(|tag| !tag.is_empty());
        let language = language
            .map(|tag| Language::from_tag(&tag).ok_or(lacking("language")(FieldError::NotLanguage)))
            .transpose()?;
        let created_at = fields.time("created_at")?.unwrap_or(now);
        let confirmed = fields.flag("is_email_confirmed")?;
        let confirmed_at = fields.time("email_confirmed_at")?;
        let email_confirmed_at = match confirmed {
            Some(true) => confirmed_at.or(Some(created_at)),
            Some(false) => None,
            None => confirmed_at,
        };
        let imported = Self {
            id,
            email,
            username,
            roles: fields.roles()?,
            email_confirmed_at,
            first_name,
            password_hash,
            is_active: fields.flag("is_active")?.unwrap_or(true),
            is_superuser: fields.flag("is_superuser")?.unwrap_or_default(),
            language,
            created_at,
            last_login_at: fields.time("last_login_at")?,
            notify_new_devices: fields.flag("notify_new_devices")?.unwrap_or(true),
        };
        fields.end().map(|()| imported)
    }

    /// The user with a confirmed address: by default since the account was created.
    pub fn confirmed(self) -> Self {
        Self { email_confirmed_at: self.email_confirmed_at.or(Some(self.created_at)), ..self }
    }

    /// The row to insert.
    pub fn row(&self) -> NewUser<'_> {
        NewUser {
            id: self.id,
            email: &self.email.email,
            email_key: &self.email.key,
            email_confirmed_at: self.email_confirmed_at,
            username: self.username.as_ref().map(|u| u.name.as_str()),
            username_key: self.username.as_ref().map(|u| u.key.as_str()),
            first_name: &self.first_name,
            password_hash: self.password_hash.as_deref(),
            is_active: self.is_active,
            is_superuser: self.is_superuser,
            language: self.language.map(Language::tag),
            created_at: self.created_at,
            last_login_at: self.last_login_at,
            self_registered: false,
            notify_new_devices: self.notify_new_devices,
        }
    }
}
