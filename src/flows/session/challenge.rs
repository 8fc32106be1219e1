//! Logins of users with a second factor. The first proof, the password or a mail, gives a challenge, whose
//! ticket and a code together open the session.
//!
//! A ticket is bound to the user, to their password and address as they were, and to the surface. It is
//! stored as a hash, works once and for five minutes, and ends after five wrong codes.
use super::login::FirstStep;
use crate::{
    flows::{
        Auth, Caller, Error, Factor, Result, Tokens, User,
        audit::{AuditEvent, AuditKind},
        limits::Action,
        surface::Surface,
        work::Work,
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

/// What a login still needs after its first proof.
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
        let consumed = login_challenges::consume(&mut work.tx, &hash).await?;
        Error::ChallengeNotValid.unless(consumed)?;
        work.uncount(&attempt).await?;
        let proven = (&*challenge.amr, Some(factor));
        let done = work.open(surface, &user, proven, challenge.remember).await?;
        let tokens = done.ok_or(Error::ChallengeNotValid)?;
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

impl Work<'_> {
    /// Stores a login that waits for a second factor, commits, and returns the error that asks for one.
    pub(super) async fn challenge(
        mut self,
        surface: &Surface,
        user: &User,
        first: &FirstStep<'_>,
        methods: Vec<Factor>,
    ) -> Result<Error> {
        let ticket = if surface.challenges { Some(secret::token()?) } else { None };
        if let Some(ticket) = ticket {
            let row = LoginChallenge {
                hash: secret::hash(ticket),
                user_id: user.id,
                // As it was when the first proof was checked.
                credential_version: user.credential_version,
                client: surface.client.to_owned(),
                amr: first.evidence.amr().to_owned(),
                remember: first.remember,
                next: first.next.to_owned(),
                created_at: self.now,
                expires_at: self.now.plus(TICKET),
            };
            login_challenges::insert(&mut self.tx, &row).await?;
        }
        self.audit_repeated(AuditEvent::about(AuditKind::LoginChallenged, user.id)).await?;
        self.commit().await?;
        Ok(Error::SecondFactorRequired(Challenge { ticket, methods }))
    }
}
