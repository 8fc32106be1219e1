//! Adding, finding and removing users.
use crate::{
    db::Conn,
    field_error::FieldError,
    flows::{
        Auth, Caller, Error, Result, User, UserId,
        audit::{Actor, AuditEvent, AuditKind, record},
        mail::{self, Kind},
    },
    identifiers::{self, Email, MOST_ROLES, Username},
    store::{roles, setup_tokens, users},
    time::Timestamp,
};

/// How an operator names a user.
#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    Id(UserId),
    Email(&'a str),
    Username(&'a str),
}

/// A user as an operator adds it.
pub struct NewUser<'a> {
    pub email: &'a str,
    pub password: &'a str,
    pub username: Option<&'a str>,
    pub first_name: Option<&'a str>,
    pub roles: &'a [String],
    pub superuser: bool,
    pub confirmed: bool,
}

fn cli(kind: AuditKind, target: UserId, detail: &str) -> AuditEvent<'_> {
    AuditEvent { kind, actor: Actor::Cli, target: Some(target), session: None, detail }
}

impl Auth {
    /// Adds a user, whatever the registration mode; mails a link unless the address is `confirmed`.
    ///
    /// # Errors
    /// `Fields`, `EmailTaken`.
    pub async fn add_user(&self, new: NewUser<'_>) -> Result<User> {
        let fields =
            self.read_fields((new.email, new.password), new.username, new.first_name).await?;
        let granted = new
            .roles
            .iter()
            .map(|role| identifiers::role(role).map_err(|e| Error::field("role", e)))
            .collect::<Result<Vec<_>>>()?;
        if granted.len() > MOST_ROLES {
            return Err(Error::field("role", FieldError::TooManyRoles(MOST_ROLES)));
        }
        let hash = self.hasher.hash(new.password).await?;
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        if new.superuser {
            // Whoever is about to use a link of the setup is waited for, or finds it gone.
            setup_tokens::take_all(&mut db).await?;
        }
        let mut row = fields.row(&hash, self.config.language.tag(), now);
        row.email_confirmed_at = new.confirmed.then_some(now);
        row.is_superuser = new.superuser;
        let Some(id) = users::insert(&mut db, &row).await? else {
            return Err(fields.taken(&mut db).await?);
        };
        for role in &granted {
            roles::grant(&mut db, id, role, now).await?;
        }
        let user = users::by_id(&mut db, id).await?.ok_or(Error::NotFound)?;
        if !new.confirmed {
            mail::to_user(&mut db, Kind::ConfirmEmail, &user, now).await?;
        }
        let detail = new.superuser.then_some("superuser").into_iter();
        let detail = detail.chain(granted.iter().map(String::as_str)).collect::<Vec<_>>().join(" ");
        record(&mut db, &Caller::default(), cli(AuditKind::UserAdded, id, &detail), now).await?;
        db.commit().await?;
        Ok(user)
    }

    /// The user so named.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn find_user(&self, by: By<'_>) -> Result<User> {
        let mut db = self.db.read().await?;
        let user = match by {
            By::Id(id) => users::by_id(&mut db, id).await?,
            By::Email(email) => {
                let email = Email::parse(email).map_err(|_| Error::NotFound)?;
                users::by_email(&mut db, &email.key).await?
            }
            By::Username(name) => {
                let name = Username::parse(name).map_err(|_| Error::NotFound)?;
                users::by_username(&mut db, &name.key).await?
            }
        };
        user.ok_or(Error::NotFound)
    }

    /// At most `limit` users with an id above `after`, by id.
    pub async fn users(&self, after: UserId, limit: u32) -> Result<Vec<User>> {
        Ok(users::page(&mut self.db.read().await?, after, i64::from(limit)).await?)
    }

    /// Sets a password and ends every session.
    ///
    /// # Errors
    /// `NotFound`, `Fields`.
    pub async fn set_password(&self, id: UserId, password: &str) -> Result<()> {
        let user = self.find_user(By::Id(id)).await?;
        self.check_password(&user, "password", password).await?;
        let hash = self.hasher.hash(password).await?;
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        if !users::set_password(&mut db, id, user.credential_version, &hash).await? {
            return Err(Error::NotFound);
        }
        let revoked = self.end_sessions(&mut db, id, None, now).await?;
        mail::to_user(&mut db, Kind::PasswordChanged, &user, now).await?;
        record(&mut db, &Caller::default(), cli(AuditKind::PasswordSet, id, ""), now).await?;
        self.commit(db, &revoked).await
    }

    /// Deletes a user that is held with all superusers, and tells its mailbox.
    pub(crate) async fn remove(
        &self,
        mut db: Conn,
        caller: &Caller,
        user: &User,
        act: AuditEvent<'_>,
        now: Timestamp,
    ) -> Result<()> {
        self.spare_last_superuser(&mut db, user).await?;
        let revoked = self.end_sessions(&mut db, user.id, None, now).await?;
        record(&mut db, caller, act, now).await?;
        self.erase(&mut db, user).await?;
        mail::farewell(&mut db, user, now).await?;
        self.commit(db, &revoked).await?;
        self.post.notify_one();
        Ok(())
    }
}
