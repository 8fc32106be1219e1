//! Logins of users with a second factor. The right password gives a challenge, whose ticket and a code
//! together open the session.
//!
//! A ticket is bound to the user, to their password and address as they were, and to the surface. It is
//! stored as a hash, works once and for five minutes, and ends after five wrong codes.
use crate::{
    flows::{
        Auth, Caller, Error, Factor, LoginRequest, Result, Tokens, User,
        audit::{AuditEvent, AuditKind},
        limits::{Action, Attempt},
        second_factor,
        surface::Surface,
    },
    secret::{self, Digest},
    store::{
        login_challenges::{self, LoginChallenge},
        users,
    },
};
use std::{fmt, time::Duration};
use uuid::Uuid;

/// How long a ticket is valid.
pub const TICKET: Duration = Duration::from_mins(5);
/// How many codes may be tried with one ticket.
const MOST_CODES: i64 = 5;

/// What a login still needs after the right password.
#[derive(Clone)]
pub struct Challenge {
    /// Continues the login; `None` at a surface that has no second step, where the code comes with the
    /// password.
    pub ticket: Option<Uuid>,
    /// The factors of which one is needed.
    pub methods: Vec<Factor>,
}

/// Without the ticket, which is a secret.
impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Challenge").field("methods", &self.methods).finish_non_exhaustive()
    }
}

/// A login that was finished with a second factor.
pub struct FinishedLogin {
    /// The tokens of the new session.
    pub tokens: Tokens,
    /// Where the login leads, as it began; may be empty.
    pub next: String,
}

impl Auth {
    /// Opens the session of a user who has given their password and needs a second factor. `code` is the
    /// code that came with the password, counted before it is checked. `None` if the password has changed.
    pub(super) async fn log_in_with_factor(
        &self,
        caller: &Caller,
        surface: &Surface,
        user: &User,
        request: &LoginRequest<'_>,
        attempts: &[Attempt],
    ) -> Result<Option<Tokens>> {
        // The second attempt is that of the code. Without one the factor was set up a moment ago.
        let (Some(code), [_, _]) = (request.given_code(), attempts) else {
            return Err(self.challenge(caller, surface, user, request, attempts).await?);
        };
        let mut work = self.begin(caller).await?;
        users::lock(&mut work.tx, user.id).await?;
        let Some(factor) = work.use_code(user, code).await? else {
            work.commit().await?;
            // Not which of both was wrong.
            return Err(Error::BadCredentials);
        };
        if !users::note_login(&mut work.tx, user.id, user.credential_version, work.now).await? {
            return Ok(None);
        }
        work.open(surface, user, request.remember, Some(factor), attempts).await.map(Some)
    }

    /// Stores a login that waits for a second factor, and returns the error that asks for one.
    async fn challenge(
        &self,
        caller: &Caller,
        surface: &Surface,
        user: &User,
        request: &LoginRequest<'_>,
        attempts: &[Attempt],
    ) -> Result<Error> {
        let mut work = self.begin(caller).await?;
        users::lock(&mut work.tx, user.id).await?;
        let methods = second_factor::required_of(&mut work.tx, user.id).await?;
        let ticket = if surface.challenges { Some(secret::token()?) } else { None };
        if let Some(ticket) = ticket {
            let row = LoginChallenge {
                hash: secret::hash(ticket),
                user_id: user.id,
                // As it was when the password was checked.
                credential_version: user.credential_version,
                client: surface.client.to_owned(),
                remember: request.remember,
                next: request.next.to_owned(),
                created_at: work.now,
                expires_at: work.now.plus(TICKET),
            };
            login_challenges::insert(&mut work.tx, &row).await?;
        }
        work.audit(AuditEvent::about(AuditKind::LoginChallenged, user.id)).await?;
        for attempt in attempts {
            // The password was right.
            work.uncount(attempt).await?;
        }
        work.commit().await?;
        Ok(Error::SecondFactorRequired(Challenge { ticket, methods }))
    }

    /// Finishes a login with the ticket of its challenge and a code: of the authenticator app, or a recovery
    /// code.
    ///
    /// # Errors
    /// [`Error::ChallengeNotValid`] if the ticket is unknown, used, expired or of another surface, or five
    /// codes were tried, or the password has changed since; [`Error::WrongCode`];
    /// [`Error::AccountDisabled`], [`Error::EmailNotConfirmed`], [`Error::SuperuserRefused`];
    /// [`Error::RateLimited`], [`Error::Unavailable`].
    pub async fn finish_login(
        &self,
        caller: &Caller,
        surface: &Surface,
        ticket: &str,
        code: &str,
    ) -> Result<FinishedLogin> {
        self.limit(caller, Action::SecondFactor)?;
        let (hash, challenge) = self.open_challenge(surface, ticket).await?;
        let attempt = self.count_code(caller, challenge.user_id).await?;
        let mut work = self.begin(caller).await?;
        users::lock(&mut work.tx, challenge.user_id).await?;
        let user = users::by_id(&mut work.tx, challenge.user_id).await?;
        let same = |u: &User| u.credential_version == challenge.credential_version;
        let user = user.filter(same).ok_or(Error::ChallengeNotValid)?;
        self.admit(surface, &user)?;
        // Counted before the check, so that parallel attempts count like sequential ones.
        if !login_challenges::count_try(&mut work.tx, &hash, MOST_CODES, work.now).await? {
            return Err(Error::ChallengeNotValid);
        }
        let Some(factor) = work.use_code(&user, code).await? else {
            work.commit().await?;
            return Err(Error::WrongCode);
        };
        let consumed = login_challenges::consume(&mut work.tx, &hash).await?
            && users::note_login(&mut work.tx, user.id, user.credential_version, work.now).await?;
        if !consumed {
            return Err(Error::ChallengeNotValid);
        }
        let attempts = [attempt];
        let tokens = work.open(surface, &user, challenge.remember, Some(factor), &attempts).await?;
        Ok(FinishedLogin { tokens, next: challenge.next })
    }

    /// Whether a login waits for a second factor with this ticket. It changes nothing.
    pub async fn is_challenge_open(
        &self,
        caller: &Caller,
        surface: &Surface,
        ticket: &str,
    ) -> Result<bool> {
        self.limit(caller, Action::SecondFactor)?;
        match self.open_challenge(surface, ticket).await {
            Ok(_) => Ok(true),
            Err(Error::ChallengeNotValid) => Ok(false),
            Err(e) => Err(e),
        }
    }

    async fn open_challenge(
        &self,
        surface: &Surface,
        ticket: &str,
    ) -> Result<(Digest, LoginChallenge)> {
        let hash = secret::hash(secret::parse(ticket).ok_or(Error::ChallengeNotValid)?);
        let (mut db, now) = (self.db.read().await?, self.clock.now());
        let open = login_challenges::open(&mut db, &hash, surface.client, MOST_CODES, now).await?;
        Ok((hash, open.ok_or(Error::ChallengeNotValid)?))
    }
}
