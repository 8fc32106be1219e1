//! Login by password, and the end of any login: here it is decided whether the first proof is enough, and the
//! session is opened.
use crate::{
    db::Conn,
    flows::{
        Auth, Caller, Error, Factor, Result, Tokens, User, UserId,
        audit::{AuditEvent, AuditKind},
        limits::{Attempt, MailLogin},
        second_factor,
        surface::Surface,
        work::Work,
    },
    identifiers::{Email, Username},
    password::Verdict,
    secret::Digest,
    store::{
        mail_tokens, recovery_codes, totp,
        users::{self, Credentials},
    },
};

/// What a session says about a login that begins with a mail (RFC 8176): its code works once.
const BY_MAIL: &str = "otp";

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
}

/// How a user has just proven who they are. What that uses up is used up in the transaction that opens the
/// session or stores the challenge.
#[derive(Clone, Copy)]
pub(super) enum Evidence<'a> {
    /// The password, and the attempt that was counted for it at a login.
    Password(Option<&'a Attempt>),
    /// A mailed link or its code, and the request of the mail.
    Mail { link: &'a Digest, request: &'a MailLogin },
}

impl Evidence<'_> {
    /// What a session says about it (RFC 8176).
    pub const fn amr(self) -> &'static str {
        match self {
            Self::Password(_) => "pwd",
            Self::Mail { .. } => BY_MAIL,
        }
    }
}

/// A login after its first proof.
#[derive(Clone, Copy)]
pub(super) struct FirstStep<'a> {
    pub evidence: Evidence<'a>,
    /// The code of a second factor that came with it, and the attempt that was counted for the code.
    pub code: Option<(&'a str, &'a Attempt)>,
    /// Whether the cookie of the session outlives the browser.
    pub remember: bool,
    /// Where a page leads after a second step; may be empty.
    pub next: &'a str,
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
        let LoginRequest { login, password, code, remember, next } = request;
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
        let counted = match code.filter(|code| !code.trim().is_empty()) {
            Some(code) => match self.count_given_code(caller, user.id).await {
                Ok(counted) => counted.map(|count| (code, count)),
                Err(e) => {
                    // The password was right.
                    self.uncount(&attempt).await;
                    return Err(e);
                }
            },
            None => None,
        };
        let code = counted.as_ref().map(|(code, count)| (*code, count));
        let evidence = Evidence::Password(Some(&attempt));
        let first = FirstStep { evidence, code, remember, next };
        let Some(tokens) = self.log_in_as(caller, surface, user, &first).await? else {
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
    /// [`Error::BadCredentials`] if the password has changed since;
    /// [`Error::SecondFactorRequired`]; [`Error::AccountDisabled`],
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
        let first = FirstStep { evidence, code: None, remember, next: "" };
        let done = self.log_in_as(caller, surface, user, &first).await?;
        done.ok_or(Error::BadCredentials)
    }

    /// Counts a code that came with the password; `None` if the user has no second factor.
    async fn count_given_code(&self, caller: &Caller, user: UserId) -> Result<Option<Attempt>> {
        if !totp::is_confirmed(&mut self.db.read().await?, user).await? {
            return Ok(None);
        }
        self.count_code(caller, user).await.map(Some)
    }

    /// Opens the session of a login, whatever its first proof was; `None` if that counts no longer, because the
    /// password or the address has changed since `user` was read, or the link was used. Every login ends here,
    /// and here it is decided whether the first proof is enough.
    ///
    /// # Errors
    /// [`Error::SecondFactorRequired`] if the user has a second factor and no code came with the first proof;
    /// [`Error::BadCredentials`] if the code is wrong.
    pub(super) async fn log_in_as(
        &self,
        caller: &Caller,
        surface: &Surface,
        user: &User,
        first: &FirstStep<'_>,
    ) -> Result<Option<Tokens>> {
        let mut work = self.begin(caller).await?;
        // Until the end of the work no factor is added.
        users::lock(&mut work.tx, user.id).await?;
        let methods = second_factor::required_of(&mut work.tx, user.id).await?;
        let mut factor = None;
        if let (Some((code, attempt)), false) = (first.code, methods.is_empty()) {
            factor = work.use_code(user, code).await?;
            if factor.is_none() {
                work.commit().await?;
                // Not which of both was wrong.
                return Err(Error::BadCredentials);
            }
            work.uncount(attempt).await?;
        }
        if !work.use_up(first.evidence).await? {
            return Ok(None);
        }
        if factor.is_none() && !methods.is_empty() {
            return Err(work.challenge(surface, user, first, methods).await?);
        }
        work.open(surface, user, (first.evidence.amr(), factor), first.remember).await
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
    /// Opens the session of a user who has proven all that their login needs: `amr` and a factor, if they
    /// have one. Commits. `None` if the password or the address has changed since `user` was read.
    pub(super) async fn open(
        mut self,
        surface: &Surface,
        user: &User,
        (amr, factor): (&str, Option<Factor>),
        remember: bool,
    ) -> Result<Option<Tokens>> {
        let (auth, caller, now) = (self.auth, self.caller, self.now);
        if !users::note_login(&mut self.tx, user.id, user.credential_version, now).await? {
            return Ok(None);
        }
        self.mail_new_device(user).await?;
        let mut session = self.new_session(surface, user.id, remember)?;
        amr.clone_into(&mut session.amr);
        session.add_amr(factor.map_or("", Factor::amr));
        let (session, issued) = self.store_session(session).await?;
        let event = AuditEvent::own(AuditKind::Login, user.id).in_session(session.id);
        self.audit(event.detail(if amr == BY_MAIL { "mail" } else { "" })).await?;
        let left = match factor {
            Some(Factor::RecoveryCode) => Some(recovery_codes::count(&mut self.tx, user.id).await?),
            _ => None,
        };
        self.commit().await?;
        let device = auth.remember_device(caller, user, factor.is_some())?;
        let tokens = auth.tokens(surface, user.clone(), &session, Some(issued), now)?;
        Ok(Some(Tokens { device, recovery_codes_left: left, ..tokens }))
    }

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
