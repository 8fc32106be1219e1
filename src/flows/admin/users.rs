//! How operators add and find users, set passwords, and delete users.
use crate::{
    field_error::FieldError,
    flows::{
        Error, Login, Result, User, UserId,
        admin::Admin,
        audit::{AuditEvent, AuditKind},
        mail::Kind,
        work::Work,
    },
    identifiers::{self, MOST_ROLES},
    store::{roles, setup_tokens, users},
};

/// A user whom an operator adds.
#[derive(Clone, Copy, Default)]
pub struct NewUser<'a> {
    /// The email address, as typed.
    pub email: &'a str,
    /// The password in plain text.
    pub password: &'a str,
    /// The username; `None` for none.
    pub username: Option<&'a str>,
    /// The first name; `None` for none.
    pub first_name: Option<&'a str>,
    /// The roles that the user gets.
    pub roles: &'a [String],
    /// Whether the user becomes a superuser.
    pub superuser: bool,
    /// Whether the address counts as confirmed. Otherwise a confirmation link is mailed.
    pub confirmed: bool,
}

impl Admin<'_> {
    /// Adds a user, regardless of the registration mode. Mails a confirmation link unless the address is
    /// `confirmed`.
    ///
    /// # Errors
    /// [`Error::Forbidden`] and [`Error::PasswordRequired`] unless the operator is a superuser whose password
    /// was given recently; [`Error::Fields`], [`Error::EmailTaken`].
    pub async fn add_user(&self, new: NewUser<'_>) -> Result<User> {
        self.require_recent_superuser()?;
        let (caller, names) = (self.op.caller(), (new.email, new.password));
        let fields = self.auth.read_fields(caller, names, new.username, new.first_name).await?;
        let granted = new
            .roles
            .iter()
            .map(|role| identifiers::role(role).map_err(|e| Error::field("role", e)))
            .collect::<Result<Vec<_>>>()?;
        Error::field("role", FieldError::TooManyRoles(MOST_ROLES))
            .when(granted.len() > MOST_ROLES)?;
        let hash = caller.unless_left(self.auth.hasher.hash(new.password)).await?;
        let mut work = self.begin_as_superuser().await?;
        if new.superuser {
            // Waits for a request that is using a setup link. A later one finds the link gone.
            setup_tokens::take_all(&mut work.tx).await?;
        }
        let mut row = fields.row(&hash, self.auth.config.language.tag(), work.now);
        row.email_confirmed_at = new.confirmed.then_some(work.now);
        row.is_superuser = new.superuser;
        let Some(User { id, .. }) = users::insert(&mut work.tx, &row).await? else {
            return Err(fields.taken(&mut work.tx).await?);
        };
        for role in &granted {
            roles::grant(&mut work.tx, id, role, work.now).await?;
        }
        let user = users::by_id(&mut work.tx, id).await?.ok_or(Error::NotFound)?;
        if !new.confirmed {
            work.mail(Kind::ConfirmEmail, &user).await?;
        }
        let detail = new.superuser.then_some("superuser").into_iter();
        let detail = detail.chain(granted.iter().map(String::as_str)).collect::<Vec<_>>().join(" ");
        work.audit(AuditEvent::about(AuditKind::UserAdded, id).detail(&detail)).await?;
        work.commit().await?;
        Ok(user)
    }

    /// Finds the user that `by` names.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn find_user(&self, by: Login<'_>) -> Result<User> {
        let found = by.find(&mut self.auth.db.read().await?).await?;
        Ok(found.ok_or(Error::NotFound)?.user)
    }

    /// At most `limit` users with an id above `after`, in the order of their ids.
    pub async fn users(&self, after: UserId, limit: u32) -> Result<Vec<User>> {
        Ok(users::page(&mut self.auth.db.read().await?, after, i64::from(limit)).await?)
    }

    /// Sets a user's password and ends all their sessions.
    ///
    /// # Errors
    /// [`Error::Forbidden`] and [`Error::PasswordRequired`] unless the operator is a superuser whose password
    /// was given recently; [`Error::NotFound`], [`Error::Fields`].
    pub async fn set_password(&self, id: UserId, password: &str) -> Result<()> {
        self.require_recent_superuser()?;
        let user = self.find_user(Login::Id(id)).await?;
        let caller = self.op.caller();
        self.auth.check_password(caller, &user, "password", password).await?;
        let hash = caller.unless_left(self.auth.hasher.hash(password)).await?;
        let mut work = self.begin_as_superuser().await?;
        let user = self.lock_target(&mut work.tx, id).await?.user;
        Error::NotFound
            .unless(users::set_password(&mut work.tx, id, user.credential_version, &hash).await?)?;
        users::forget_devices(&mut work.tx, id).await?;
        work.end_sessions(id, None).await?;
        work.mail(Kind::PasswordChanged, &user).await?;
        work.audit(AuditEvent::about(AuditKind::PasswordSet, id)).await?;
        work.commit().await
    }
}

impl Work<'_> {
    /// Deletes `user` and mails them a farewell. The caller has locked `user` and all superusers.
    pub async fn remove(mut self, user: &User, event: AuditEvent<'_>) -> Result<()> {
        self.require_other_superuser(user).await?;
        self.end_sessions(user.id, None).await?;
        self.audit(event).await?;
        self.erase(user).await?;
        self.mail(Kind::AccountDeleted, user).await?;
        self.commit().await
    }
}
