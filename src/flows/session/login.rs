//! Login by password.
use crate::{
    db::Conn,
    flows::{
        Auth, Caller, Error, Factor, Result, Tokens, User, UserId,
        account::reset_password::count_unknown,
        audit::{AuditEvent, AuditKind},
        limits::Attempt,
        second_factor,
        surface::Surface,
        work::Work,
    },
    identifiers::{Email, Username},
    password::Verdict,
    store::{
        recovery_codes, totp,
        users::{self, Credentials},
    },
};

/// Who the caller claims to be.
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

/// A login by password.
#[derive(Clone, Copy)]
pub struct LoginRequest<'a> {
    /// Who the caller claims to be.
    pub login: Login<'a>,
    /// The password in plain text.
    pub password: &'a str,
    /// A code of a second factor, if the caller has sent one.
    pub code: Option<&'a str>,
    /// Whether the cookie of the session outlives the browser.
    pub remember: bool,
    /// Where a page leads after a login that needs a second step; may be empty.
    pub next: &'a str,
}

impl<'a> LoginRequest<'a> {
    /// A login that is to last, without a code.
    pub const fn new(login: Login<'a>, password: &'a str) -> Self {
        Self { login, password, code: None, remember: true, next: "" }
    }

    /// The code, unless it is empty.
    pub(super) fn given_code(&self) -> Option<&'a str> {
        self.code.filter(|code| !code.trim().is_empty())
    }
}

impl Login<'_> {
    /// The user with this name. A malformed name is treated as an unknown one.
    async fn find(self, db: &mut Conn) -> Result<Option<Credentials>> {
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
    /// Opens a session for a caller who knows the password and, if the user has a second factor,
    /// gives a code of it. A wrong name and a wrong password look the same from outside and take
    /// the same time.
    ///
    /// # Errors
    /// [`Error::BadCredentials`], also for a wrong code; only after the right password
    /// [`Error::SecondFactorRequired`], [`Error::AccountDisabled`], [`Error::EmailNotConfirmed`],
    /// [`Error::SuperuserRefused`]; [`Error::RateLimited`], [`Error::Busy`],
    /// [`Error::Unavailable`].
    pub async fn log_in(
        &self,
        caller: &Caller,
        surface: &Surface,
        request: LoginRequest<'_>,
    ) -> Result<Tokens> {
        let LoginRequest { login, password, .. } = request;
        // Counted before anything is looked up, so that parallel attempts count like sequential ones.
        let attempt = self.count_login(caller, login).await?;
        let found = login.find(&mut self.db.read().await?).await?;
        let (user, stored) = found.map_or((None, None), |c| (Some(c.user), c.password_hash));
        let verdict = match self.hasher.verify(password, stored.as_deref()).await {
            Ok(verdict) => verdict,
            Err(e) => {
                self.uncount(&attempt).await;
                return Err(e.into());
            }
        };
        self.note_answer(&attempt, user.is_some() && verdict != Verdict::Wrong);
        let (Some(user), Verdict::Right | Verdict::Outdated) = (&user, verdict) else {
            return self.refuse(caller, user.map(|u| u.id), Error::BadCredentials);
        };
        if let Err(e) = self.admit(surface, user) {
            return self.refuse(caller, Some(user.id), e);
        }
        let mut attempts = vec![attempt];
        if request.given_code().is_some() && self.has_second_factor(user.id).await? {
            attempts.push(self.count_code(caller, user.id).await?);
        }
        let Some(tokens) = self.log_in_as(caller, surface, user, &request, &attempts).await? else {
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
        let request = LoginRequest { remember, ..LoginRequest::new(Login::Id(user.id), "") };
        let tokens = self.log_in_as(caller, surface, user, &request, &[]).await?;
        tokens.ok_or(Error::BadCredentials)
    }

    async fn has_second_factor(&self, user: UserId) -> Result<bool> {
        Ok(totp::is_confirmed(&mut self.db.read().await?, user).await?)
    }

    /// Stores the session of a login; `None` if the password has changed since `user` was read.
    /// Every login ends here, and here it is decided whether the password is enough.
    async fn log_in_as(
        &self,
        caller: &Caller,
        surface: &Surface,
        user: &User,
        request: &LoginRequest<'_>,
        attempts: &[Attempt],
    ) -> Result<Option<Tokens>> {
        let mut work = self.begin(caller).await?;
        let now = work.now;
        if !users::note_login(&mut work.tx, user.id, user.credential_version, now).await? {
            return Ok(None);
        }
        // The user's row is locked, so no factor is added until the session is stored.
        if second_factor::required_of(&mut work.tx, user.id).await?.is_empty() {
            return work.open(surface, user, request.remember, None, attempts).await.map(Some);
        }
        // Rolls back: this is not a login yet.
        drop(work);
        self.log_in_with_factor(caller, surface, user, request, attempts).await
    }

    /// Returns the error `why`, and records the failed login of a known user after the response:
    /// doing so before it would take longer than for an unknown name. An unknown name is only
    /// counted and logged, and leaves no row that names it.
    fn refuse<T>(&self, caller: &Caller, target: Option<UserId>, why: Error) -> Result<T> {
        let Some(target) = target else {
            count_unknown(caller, AuditKind::LoginFailed);
            return Err(why);
        };
        let (auth, caller, detail) = (self.clone(), caller.clone(), why.to_string());
        let note = async move {
            let mut work = auth.begin(&caller).await?;
            work.audit(AuditEvent::about(AuditKind::LoginFailed, target).detail(&detail)).await?;
            work.commit().await
        };
        if !self.background.start("storing a failed login failed", note) {
            tracing::warn!(
                target_id = target.0,
                "a failed login was not stored: too many are waiting"
            );
        }
        Err(why)
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
    /// Opens the session of a user who has given their password and, if there is one, a code of
    /// `factor`. Commits. The user's row is locked, and `attempts` were no failures.
    pub(super) async fn open(
        mut self,
        surface: &Surface,
        user: &User,
        remember: bool,
        factor: Option<Factor>,
        attempts: &[Attempt],
    ) -> Result<Tokens> {
        let (auth, caller, now) = (self.auth, self.caller, self.now);
        let mut session = self.new_session(surface, user.id, remember)?;
        let mut left = None;
        if let Some(factor) = factor {
            factor.amr().clone_into(&mut session.amr);
            if factor == Factor::RecoveryCode {
                left = Some(recovery_codes::count(&mut self.tx, user.id).await?);
            }
        }
        let (session, issued) = self.store_session(session).await?;
        self.audit(AuditEvent::own(AuditKind::Login, user.id).in_session(session.id)).await?;
        for attempt in attempts {
            self.uncount(attempt).await?;
        }
        self.commit().await?;
        let device = auth.remember_device(caller, user)?;
        let tokens = auth.tokens(surface, user.clone(), &session, Some(issued), now)?;
        Ok(Tokens { device, recovery_codes_left: left, ..tokens })
    }
}
