//! Login by password, and opening the session of any login.
use crate::{
    db::Conn,
    flows::{
        Auth, Caller, Error, Result, Session, Tokens, User, UserId,
        audit::{AuditEvent, AuditKind},
        limits::{Attempt, MailLogin},
        surface::Surface,
        work::Work,
    },
    identifiers::{Email, Username},
    password::Verdict,
    secret::Digest,
    store::{
        mail_tokens,
        users::{self, Credentials},
    },
};

/// How somebody names a user.
#[derive(Clone, Copy, Debug)]
pub enum Login<'a> {
    /// An email address, as typed.
    Email(&'a str),
    /// A username, as typed.
    Username(&'a str),
    /// An email address if it contains an `@`, otherwise a username.
    Either(&'a str),
    /// The id of the user.
    Id(UserId),
}

/// How a user has just proven who they are. What that uses up is used up in the transaction that opens the
/// session.
#[derive(Clone, Copy)]
pub(super) enum Evidence<'a> {
    /// The password, and the attempt that was counted for it at a login.
    Password(Option<&'a Attempt>),
    /// A mailed link or its code, and the request of the mail.
    Mail { link: &'a Digest, request: &'a MailLogin },
}

impl Login<'_> {
    /// The user with this name. A malformed name is treated as an unknown one.
    pub(crate) async fn find(self, db: &mut Conn) -> Result<Option<Credentials>> {
        Ok(match self {
            Self::Email(name) => by_email(db, name).await?,
            Self::Either(name) if name.contains('@') => by_email(db, name).await?,
            Self::Either(name) | Self::Username(name) => match Username::parse(name) {
                Ok(name) => users::credentials_by_username(db, &name.key).await?,
                Err(_) => None,
            },
            Self::Id(id) => users::credentials_by_id(db, id).await?,
        })
    }
}

async fn by_email(db: &mut Conn, email: &str) -> Result<Option<Credentials>> {
    Ok(match Email::parse(email) {
        Ok(email) => users::credentials_by_email(db, &email.key).await?,
        Err(_) => None,
    })
}

impl Auth {
    /// Opens a session for a caller who knows the password. A wrong name and a wrong password look
    /// the same from outside and take the same time.
    ///
    /// # Errors
    /// [`Error::BadCredentials`]; only after the right password [`Error::AccountDisabled`],
    /// [`Error::EmailNotConfirmed`], [`Error::SuperuserRefused`]; [`Error::RateLimited`],
    /// [`Error::Busy`], [`Error::Unavailable`].
    pub async fn log_in(
        &self,
        caller: &Caller,
        surface: &Surface,
        login: Login<'_>,
        password: &str,
        remember: bool,
    ) -> Result<Tokens> {
        // Counted before anything is looked up, so that parallel attempts count like sequential ones.
        let attempt = self.count_login(caller, login).await?;
        let found = login.find(&mut self.db.read().await?).await?;
        let (user, stored) = found.map_or((None, None), |c| (Some(c.user), c.password_hash));
        let attempt = self.recount_login(caller, login, attempt, user.as_ref()).await?;
        let verifying = self.hasher.verify(password, stored.as_deref());
        let verdict = match caller.unless_left(verifying).await {
            Ok(verdict) => verdict,
            // It stays counted: whoever leaves saves no attempt.
            Err(Error::CallerLeft) => return Err(Error::CallerLeft),
            Err(e) => {
                self.uncount(&attempt).await;
                return Err(e);
            }
        };
        self.note_answer(&attempt, user.is_some() && verdict != Verdict::Wrong);
        let (Some(user), Verdict::Right | Verdict::Outdated) = (&user, verdict) else {
            return self.refuse(caller, user.map(|u| u.id), Error::BadCredentials);
        };
        if let Err(e) = self.admit(surface, user) {
            return self.refuse(caller, Some(user.id), e);
        }
        let evidence = Evidence::Password(Some(&attempt));
        let Some(tokens) = self.log_in_as(caller, surface, user, remember, evidence).await? else {
            return self.refuse(caller, Some(user.id), Error::BadCredentials);
        };
        if let (Verdict::Outdated, Some(old)) = (verdict, stored) {
            self.rehash_later(user.id, password, old);
        }
        Ok(tokens)
    }

    /// Opens a session for a user who has just chosen their password, for example in a
    /// registration.
    ///
    /// # Errors
    /// [`Error::BadCredentials`] if the password has changed since; [`Error::AccountDisabled`],
    /// [`Error::EmailNotConfirmed`], [`Error::SuperuserRefused`]; [`Error::Unavailable`].
    pub(crate) async fn open_session(
        &self,
        caller: &Caller,
        surface: &Surface,
        user: &User,
        remember: bool,
    ) -> Result<Tokens> {
        self.admit(surface, user)?;
        let evidence = Evidence::Password(None);
        let done = self.log_in_as(caller, surface, user, remember, evidence).await?;
        done.ok_or(Error::BadCredentials)
    }

    /// Opens the session of a login, whatever the user proved who they are with; `None` if that counts no
    /// longer, because the password or the address has changed since `user` was read, or the link was used.
    pub(super) async fn log_in_as(
        &self,
        caller: &Caller,
        surface: &Surface,
        user: &User,
        remember: bool,
        evidence: Evidence<'_>,
    ) -> Result<Option<Tokens>> {
        let mut work = self.begin(caller).await?;
        let now = work.now;
        if !users::note_login(&mut work.tx, user.id, user.credential_version, now).await? {
            return Ok(None);
        }
        if !work.use_up(evidence).await? {
            return Ok(None);
        }
        let (amr, detail) = match evidence {
            Evidence::Password(_) => ("pwd", ""),
            Evidence::Mail { .. } => ("otp", "mail"),
        };
        if !matches!(evidence, Evidence::Password(None)) {
            work.mail_new_device(user).await?;
        }
        let session = work.new_session(surface, user.id, remember)?;
        let (session, issued) =
            work.store_session(Session { amr: amr.to_owned(), ..session }).await?;
        let event = AuditEvent::own(AuditKind::Login, user.id).in_session(session.id);
        work.audit(event.detail(detail)).await?;
        work.commit().await?;
        let device = self.remember_device(caller, user)?;
        let tokens = self.tokens(surface, user.clone(), &session, Some(issued), now)?;
        Ok(Some(Tokens { device, ..tokens }))
    }

    /// Returns the error `why`, and records the failed login of a known user after the response:
    /// doing so before it would take longer than for an unknown name. An unknown name is only
    /// counted and logged, and leaves no row that names it.
    fn refuse<T>(&self, caller: &Caller, target: Option<UserId>, why: Error) -> Result<T> {
        let Some(target) = target else {
            self.count_unknown(caller, AuditKind::LoginFailed);
            return Err(why);
        };
        self.note_failed_login(caller, target, why.to_string());
        Err(why)
    }

    /// Records a failed login of a known user after the response.
    pub(super) fn note_failed_login(&self, caller: &Caller, target: UserId, detail: String) {
        let (auth, sender) = (self.clone(), caller.clone());
        let note = async move {
            let mut work = auth.begin(&sender).await?;
            let failed = AuditEvent::about(AuditKind::LoginFailed, target).detail(&detail);
            work.audit_repeated(failed).await?;
            work.commit().await
        };
        if !self.background.start("storing a failed login failed", note) {
            // Too many are waiting to be stored.
            let failed = AuditEvent::about(AuditKind::LoginFailed, target).detail("not stored");
            self.log_repeated(caller, &failed);
        }
    }

    /// Replaces `old` with a better hash after the response. If too many tasks are running, the
    /// next login tries again.
    fn rehash_later(&self, user: UserId, password: &str, old: String) {
        let (auth, password) = (self.clone(), password.to_owned());
        let started =
            self.background.start("storing a stronger password hash failed", async move {
                let new = auth.hasher.hash(&password).await?;
                let mut db = auth.db.write().await?;
                users::rehash(&mut db, user, &old, &new).await?;
                Ok(db.commit().await?)
            });
        if !started {
            tracing::debug!("a stronger password hash waits for the next login");
        }
    }
}

impl Work<'_> {
    /// Uses up what proves who a user is; `false` if it was used before. The user's row must be locked.
    async fn use_up(&mut self, evidence: Evidence<'_>) -> Result<bool> {
        match evidence {
            Evidence::Password(None) => {}
            Evidence::Password(Some(attempt)) => self.uncount(attempt).await?,
            Evidence::Mail { link, request } => {
                if !mail_tokens::consume(&mut self.tx, link, self.now).await? {
                    return Ok(false);
                }
                self.uncount_mail_login(request).await?;
            }
        }
        Ok(true)
    }
}
