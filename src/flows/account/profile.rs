//! What users change about themselves. Whatever opens a door (password, address, the end of it all)
//! asks for the password again (OWASP ASVS 5, 6.2.3).
use crate::{
    config::Language,
    db::Conn,
    field_error::FieldError,
    flows::{
        Auth, Caller, Error, Result, SignedIn, User, UserId,
        admin::lock_with_superusers,
        audit::{AuditEvent, AuditKind, record},
        mail::{self, Kind},
        retry::retried,
    },
    identifiers::{self, Email, Username},
    password::{Strength, Verdict},
    store::{mail_tokens, outbox, sessions, users},
};
use serde_json::json;

/// With so many wrong passwords in a row a session ends.
const MOST_PASSWORDS: i64 = 10;

/// What a user changes about itself; `None` leaves a thing as it is.
#[derive(Debug, Default)]
pub struct ProfileChange<'a> {
    /// `Some(None)` removes the username.
    pub username: Option<Option<&'a str>>,
    pub first_name: Option<&'a str>,
    /// `Some(None)`: the service's own.
    pub language: Option<Option<&'a str>>,
}

impl ProfileChange<'_> {
    /// The names of what is changed.
    pub(crate) fn named(&self) -> Vec<&'static str> {
        let all = [
            ("username", self.username.is_some()),
            ("first_name", self.first_name.is_some()),
            ("language", self.language.is_some()),
        ];
        all.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| name).collect()
    }
}

/// A profile after a change.
pub(crate) struct Profile {
    username: Option<Username>,
    first_name: String,
    language: Option<Language>,
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
        if wrong.is_empty() {
            Ok(Self { username, first_name, language })
        } else {
            Err(Error::Fields(wrong))
        }
    }

    /// # Errors
    /// `Fields` if the username is taken.
    pub(crate) async fn store(&self, db: &mut Conn, id: UserId) -> Result<()> {
        let row = users::Profile {
            username: self.username.as_ref().map(|u| u.name.as_str()),
            username_key: self.username.as_ref().map(|u| u.key.as_str()),
            first_name: &self.first_name,
            language: self.language.map(Language::tag),
        };
        if users::set_profile(db, id, &row).await? {
            Ok(())
        } else {
            Err(Error::field("username", FieldError::Taken))
        }
    }
}

impl Auth {
    /// Changes what users may change without their password.
    ///
    /// # Errors
    /// `Fields`, a username that is taken among them.
    pub async fn change_profile(
        &self,
        caller: &Caller,
        by: &SignedIn,
        change: ProfileChange<'_>,
    ) -> Result<User> {
        let new = Profile::read(&by.user, &change)?;
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        new.store(&mut db, by.user.id).await?;
        record(&mut db, caller, AuditEvent::by(AuditKind::ProfileChanged, by), now).await?;
        let user = users::by_id(&mut db, by.user.id).await?.ok_or(Error::NotFound)?;
        db.commit().await?;
        Ok(user)
    }

    /// Changes the password and ends every other session.
    ///
    /// # Errors
    /// `Fields`: the current password is wrong, or the new one is refused.
    pub async fn change_password(
        &self,
        caller: &Caller,
        by: &SignedIn,
        current: &str,
        new: &str,
    ) -> Result<()> {
        let user = &by.user;
        self.check_password(user, "new_password", new).await?;
        self.prove(caller, by, "current_password", current).await?;
        let hash = self.hasher.hash(new).await?;
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        if !users::set_password(&mut db, user.id, user.credential_version, &hash).await? {
            return Err(Error::field("current_password", FieldError::WrongPassword));
        }
        let revoked = self.end_sessions(&mut db, user.id, Some(by.session.id), now).await?;
        mail::to_user(&mut db, Kind::PasswordChanged, user, now).await?;
        record(&mut db, caller, AuditEvent::by(AuditKind::PasswordChanged, by), now).await?;
        self.commit(db, &revoked).await?;
        self.post.notify_one();
        Ok(())
    }

    /// Mails a link to the new address, which changes it, and a notice to the old one. Whether the new
    /// address is somebody else's is told to its mailbox only.
    ///
    /// # Errors
    /// `Fields`: the password is wrong, or it is no address.
    pub async fn change_email(
        &self,
        caller: &Caller,
        by: &SignedIn,
        email: &str,
        password: &str,
    ) -> Result<()> {
        let user = &by.user;
        let new = Email::parse(email).map_err(|e| Error::field("email", e))?;
        self.prove(caller, by, "password", password).await?;
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        users::lock(&mut db, user.id).await?;
        // The mails first: one that is being made may store its link until then.
        outbox::cancel(&mut db, user.id, Kind::ChangeEmail).await?;
        mail_tokens::revoke(&mut db, user.id, Kind::ChangeEmail).await?;
        match users::by_email(&mut db, &new.key).await? {
            Some(owner) if owner.id != user.id && !owner.is_unclaimed() => {
                mail::to_user(&mut db, Kind::AccountExists, &owner, now).await?;
            }
            _ => {
                mail::enqueue(&mut db, Kind::ChangeEmail, user, &new.email, &json!({}), now)
                    .await?;
            }
        }
        let told = json!({ "new_email": new.email });
        mail::enqueue(&mut db, Kind::EmailChanged, user, &user.email, &told, now).await?;
        record(&mut db, caller, AuditEvent::by(AuditKind::EmailChangeAsked, by), now).await?;
        db.commit().await?;
        self.post.notify_one();
        Ok(())
    }

    /// Deletes the user and all that is stored of it.
    ///
    /// # Errors
    /// `Fields` if the password is wrong, `LastSuperuser`.
    pub async fn delete_account(
        &self,
        caller: &Caller,
        by: &SignedIn,
        password: &str,
    ) -> Result<()> {
        self.prove(caller, by, "password", password).await?;
        retried(async || {
            let now = self.clock.now();
            let mut db = self.db.write().await?;
            lock_with_superusers(&mut db, by.user.id).await?;
            let user = users::by_id(&mut db, by.user.id).await?.ok_or(Error::NotFound)?;
            self.remove(db, caller, &user, AuditEvent::by(AuditKind::AccountDeleted, by), now).await
        })
        .await
    }

    /// How hard a password is to guess for one who knows its owner's names; `None` while another one is
    /// looked at, for anybody may ask.
    ///
    /// # Errors
    /// `Internal` if it panicked.
    pub async fn password_strength(
        &self,
        password: &str,
        own: Vec<String>,
    ) -> Result<Option<Strength>> {
        Ok(self.passwords.feedback(password.to_owned(), own).await?)
    }

    /// Demands that `new`, in the field `name`, may be the password of `user`.
    pub(crate) async fn check_password(
        &self,
        user: &User,
        name: &'static str,
        new: &str,
    ) -> Result<()> {
        let mut own = vec![user.email.clone(), user.first_name.clone()];
        own.extend(user.username.clone());
        match self.hasher.refuse(&self.passwords, new, own).await? {
            Some(why) => Err(Error::field(name, why)),
            None => Ok(()),
        }
    }

    /// Demands the password again, in the field `name`. The session ends, and its family with it, with the
    /// last of some wrong ones in a row: whoever has a stolen one is not to guess on.
    ///
    /// # Errors
    /// `Fields` if it is wrong; `TokenNotValid` once the session has ended.
    pub(crate) async fn prove(
        &self,
        caller: &Caller,
        by: &SignedIn,
        name: &'static str,
        password: &str,
    ) -> Result<()> {
        by.demand_self()?;
        let (session, first) = (by.session.id, by.session.family());
        let mut db = self.db.write().await?;
        users::lock(&mut db, by.user.id).await?;
        // Counted before it is judged, so that tries at once are no more than tries in a row.
        let count = sessions::count_password(&mut db, session, first, MOST_PASSWORDS).await?;
        let Some(count) = count else {
            self.end_guessing(db, caller, by).await?;
            return Err(Error::TokenNotValid);
        };
        let stored = users::password_hash(&mut db, by.user.id).await?;
        db.commit().await?;
        let verdict = self.hasher.verify(password, stored.as_deref()).await;
        let mut db = self.db.write().await?;
        users::lock(&mut db, by.user.id).await?;
        match verdict {
            Err(e) => {
                sessions::uncount_password(&mut db, session).await?;
                db.commit().await?;
                return Err(e.into());
            }
            Ok(Verdict::Wrong) => {}
            Ok(_) => {
                sessions::forget_wrong_passwords(&mut db, first).await?;
                return Ok(db.commit().await?);
            }
        }
        record(&mut db, caller, AuditEvent::by(AuditKind::PasswordRefused, by), self.clock.now())
            .await?;
        if count < MOST_PASSWORDS {
            db.commit().await?;
        } else {
            self.end_guessing(db, caller, by).await?;
        }
        Err(Error::field(name, FieldError::WrongPassword))
    }

    /// Ends the family of a session in which too many wrong passwords were given.
    async fn end_guessing(&self, mut db: Conn, caller: &Caller, by: &SignedIn) -> Result<()> {
        let now = self.clock.now();
        let revoked = self.end_family(&mut db, &by.session, now).await?;
        if revoked.is_some() {
            record(&mut db, caller, AuditEvent::by(AuditKind::SessionEnded, by), now).await?;
        }
        self.commit(db, &revoked.unwrap_or_default()).await
    }
}
