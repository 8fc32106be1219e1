//! [`Auth`]: the state that all flows share. Rocket manages it.
use super::{
    Caller, Error, Proof, Result, SignedIn,
    admin::stats::DailyStats,
    background::BackgroundTasks,
    clock_skew::{self, ClockSkew},
    lifecycle::Lifecycle,
    limits::{Action, Limits},
    runtime_settings::CurrentSettings,
    session::revoked::RevokedSessions,
    surface::Rotation,
};
use crate::{
    config::{Config, EmailConfirmation},
    db::{Conn, Db, Throttle},
    mail::Mailer,
    password::{self, Hasher},
    secret::{self, Successor},
    store::{
        refresh_tokens,
        sessions::{self, SessionId},
        users::UserId,
    },
    time::{Clock, Timestamp},
    tokens::{Claims, Keys},
    view::Templates,
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Mutex, Notify},
    time::timeout,
};

/// How long a session counts as recently seen.
const SEEN_FOR: Duration = Duration::from_mins(5);

/// The purpose of the secret from which the successors of refresh tokens are derived.
pub(super) const SUCCESSOR: &str = "refresh_successor";

/// A handle to the service. Clones share the same service.
#[derive(Clone)]
pub struct Auth {
    pub(super) config: Arc<Config>,
    pub(super) current_settings: CurrentSettings,
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) skew: ClockSkew,
    pub(super) hasher: Hasher,
    pub(super) passwords: Arc<password::Policy>,
    pub(super) keys: Keys,
    pub(super) successor: Successor,
    pub(super) revoked: RevokedSessions,
    pub(super) mailer: Mailer,
    pub(super) templates: Templates,
    /// Wakes the outbox worker of this process.
    pub(super) outbox_wakeup: Arc<Notify>,
    pub(super) sending: Arc<Mutex<()>>,
    pub(super) daily_stats: DailyStats,
    pub(super) lifecycle: Lifecycle,
    pub(super) background: BackgroundTasks,
    pub(super) limits: Limits,
}

impl Auth {
    /// Reads keys and revocations from `db`, whose migrations must be applied, and creates missing
    /// keys and secrets.
    pub async fn open(config: Config, db: Db, clock: Clock) -> Result<Self> {
        Self::start(config, db, clock, true).await
    }

    /// The same as [`Auth::open`], for a command that runs beside the service: it creates nothing.
    ///
    /// # Errors
    /// [`Error::Internal`] if no service was ever started on `db`.
    pub async fn beside(config: Config, db: Db, clock: Clock) -> Result<Self> {
        Self::start(config, db, clock, false).await
    }

    async fn start(config: Config, db: Db, clock: Clock, make: bool) -> Result<Self> {
        let skew = ClockSkew::default();
        clock_skew::follow(&db, &clock, &skew).await?;
        db.outages().set_clock(&clock);
        let templates =
            Templates::load(config.templates.as_deref(), &config.brand).map_err(Error::internal)?;
        let mailer = Mailer::new(&config, &clock).map_err(Error::internal)?;
        let hasher = Hasher::new(&config.password);
        let passwords =
            password::Policy::new(&config).map_err(|p| Error::internal(p.to_string()))?;
        let limits = Limits::new(&config.limits, &clock);
        let config = Arc::new(config);
        let current_settings = CurrentSettings::load(&db, &config).await?;
        let (keys, successor) = if make {
            let lifetime = current_settings.get().longest();
            let keys = Keys::load(&db, &config, lifetime, &clock).await?;
            let successor = keys.provision_secret(&db, SUCCESSOR).await?;
            keys.seal_totp_in_clear(&db).await?;
            (keys, successor)
        } else {
            let keys = Keys::read(&db, &config, &clock).await?;
            let successor = keys.read_secret(&db, SUCCESSOR).await?;
            (keys, successor.ok_or_else(|| Error::internal("run portcullis migrate first"))?)
        };
        let revoked = RevokedSessions::default();
        revoked.catch_up(&db, &clock).await?;
        let auth = Self {
            config,
            hasher,
            passwords: Arc::new(passwords),
            current_settings,
            db,
            clock,
            skew,
            keys,
            successor: Successor::new(&successor),
            revoked,
            mailer,
            templates,
            outbox_wakeup: Arc::default(),
            sending: Arc::default(),
            daily_stats: DailyStats::default(),
            lifecycle: Lifecycle::new(),
            background: BackgroundTasks::default(),
            limits,
        };
        auth.learn_hash_kinds().await?;
        Ok(auth)
    }

    /// The settings from the file and the environment. [`Auth::runtime_settings`] gives those that
    /// can change while the service runs.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The clock that all flows use.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The templates and texts, including the operator's own.
    pub fn templates(&self) -> &Templates {
        &self.templates
    }

    /// Delivers mails as configured.
    pub fn mailer(&self) -> &Mailer {
        &self.mailer
    }

    /// The keys that sign and verify tokens.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Makes [`Auth::ready`] return `false` from now on. Requests are still served.
    pub fn drain(&self) {
        self.lifecycle.drain();
    }

    /// Whether [`Auth::drain`] was called.
    pub fn is_draining(&self) -> bool {
        self.lifecycle.is_draining()
    }

    /// Closes the connections to the database. Call it once requests and mail deliveries have
    /// ended: after `limit`, connections that are still in use are cut off.
    pub async fn close(&self, limit: Duration) {
        self.log_left_out_lines();
        let _ = timeout(limit, self.store_left_out_events()).await;
        if timeout(limit, self.db.close()).await.is_err() {
            tracing::warn!("database connections were still in use at shutdown and were cut off");
        }
    }

    /// Waits until all background tasks, which continue after their responses, have finished.
    pub async fn settled(&self) {
        self.background.settled().await;
    }

    /// Whether this process should receive requests: the database answers, has every migration and
    /// accepts writes, this process keeps up with revocations by other processes, and it is not
    /// draining.
    pub async fn ready(&self) -> bool {
        static NOT_READY: Throttle = Throttle::new();
        if self.is_draining() {
            return false;
        }
        if self.lifecycle.is_stale() {
            if NOT_READY.admits() {
                tracing::warn!(
                    "not ready: revocations by other processes have not been read for several seconds"
                );
            }
            return false;
        }
        self.db.ready().await.unwrap_or_else(|e| {
            if NOT_READY.admits() {
                tracing::warn!(error = %e, "not ready");
            }
            false
        })
    }

    /// Returns once this process cannot write to the database any more until it restarts.
    pub async fn database_lost(&self) {
        self.db.lost().await;
    }

    /// Whether this process cannot write to the database any more until it restarts.
    pub fn is_database_lost(&self) -> bool {
        self.db.is_lost()
    }

    /// The claims of an access token of this service. Does not read the database.
    ///
    /// # Errors
    /// [`Error::TokenNotValid`] if this service did not issue the token, or it has expired, or its
    /// session was revoked.
    pub fn verify_access(&self, token: &str) -> Result<Claims> {
        let claims = self.keys.verify_access(token, self.clock.now())?;
        Error::TokenNotValid.when(self.revoked.contains(claims.sid))?;
        Ok(claims)
    }

    /// The same as [`Auth::verify_access`], for requests that the token alone admits. Where email
    /// confirmation is required, a token that says that the address is not confirmed is refused,
    /// even if it was issued before confirmation was required.
    ///
    /// # Errors
    /// [`Error::TokenNotValid`].
    pub fn verify_standing(&self, token: &str) -> Result<Claims> {
        let claims = self.verify_access(token)?;
        let required = self.runtime_settings().email_confirmation == EmailConfirmation::Required;
        if required && !claims.email_verified { Err(Error::TokenNotValid) } else { Ok(claims) }
    }

    /// The user and session of an access token, as the database has them now.
    ///
    /// # Errors
    /// [`Error::TokenNotValid`] if the session has ended, or the user is deleted, disabled or,
    /// where that is required, has no confirmed address.
    pub async fn signed_in(&self, claims: &Claims) -> Result<SignedIn> {
        let proof = Proof::Access { expires_at: Timestamp::from_unix(claims.exp) };
        let by = self.alive(&mut self.db.read().await?, SessionId(claims.sid), proof).await?;
        if by.user.id.0 == claims.user_id { Ok(by) } else { Err(Error::TokenNotValid) }
    }

    /// The user and session of a refresh token, which is not consumed. A token that was already
    /// consumed is accepted for as long as a refresh would still return its successor. If it comes
    /// later, it ends the session, as at a refresh (reuse detection). `rotation` is the rule of the
    /// surface where the token is presented.
    ///
    /// # Errors
    /// [`Error::TokenNotValid`]; [`Error::RateLimited`] if too many tokens from the caller's address
    /// were not valid. Valid ones are not limited: a proxy may ask for every request.
    pub async fn signed_in_by_refresh(
        &self,
        caller: &Caller,
        rotation: Rotation,
        presented: &str,
    ) -> Result<SignedIn> {
        let by = self.owner_of_valid(caller, rotation, presented).await;
        if let Err(Error::TokenNotValid) = by {
            self.limit(caller, Action::Refresh)?;
        }
        by
    }

    async fn owner_of_valid(
        &self,
        caller: &Caller,
        rotation: Rotation,
        presented: &str,
    ) -> Result<SignedIn> {
        let now = self.clock.now();
        let token = self.read_refresh_token(presented)?;
        let mut db = self.db.read().await?;
        let row = refresh_tokens::by_hash(&mut db, &secret::hash(token.id)).await?;
        let row = row.filter(|t| t.expires_at > now).ok_or(Error::TokenNotValid)?;
        let by = self.alive(&mut db, row.session_id, Proof::Refresh).await?;
        Error::TokenNotValid.when(token.session.is_some_and(|sid| sid != by.session.id.0))?;
        let Some(used_at) = row.used_at else { return Ok(by) };
        if self.is_late(used_at, now) {
            drop(db);
            self.end_reused(caller, &by.session).await?;
            return Err(Error::TokenNotValid);
        }
        let strict = rotation.max(by.session.rotation) == Rotation::Strict;
        if strict || self.unused_successor(&mut db, token.id, &row, now).await?.is_none() {
            return Err(Error::TokenNotValid);
        }
        Ok(by)
    }

    /// The user of a refresh token, for a log line. It authenticates nobody and does not trigger
    /// reuse detection.
    pub async fn owner_of_refresh(&self, presented: &str) -> Option<UserId> {
        let token = self.read_refresh_token(presented).ok()?;
        let mut db = self.db.read().await.ok()?;
        let found = refresh_tokens::presented(&mut db, &secret::hash(token.id)).await.ok()??;
        Some(found.user.id)
    }

    /// Records, at most once every five minutes, that a session is in use although nobody refreshes
    /// it.
    pub async fn note_seen(&self, caller: &Caller, by: &SignedIn) {
        let now = self.clock.now();
        if by.session.last_seen_at.plus(SEEN_FOR) > now {
            return;
        }
        let (ip, agent) = (caller.ip.map(|ip| ip.to_string()), caller.user_agent.as_deref());
        let (session, seen) = (&by.session, (ip.as_deref(), agent));
        let noted = async {
            let mut db = self.db.write_short().await?;
            sessions::touch(&mut db, session.id, seen, session.access_expires_at, now).await?;
            db.commit().await
        };
        // The request succeeds without it.
        if let Err(e) = noted.await {
            tracing::warn!(error = %e, "the last use of a session could not be recorded");
        }
    }

    async fn alive(&self, db: &mut Conn, id: SessionId, proof: Proof) -> Result<SignedIn> {
        let sessions::SessionUser { session, user } = sessions::with_user(db, id)
            .await?
            .filter(|found| found.session.is_alive(self.clock.now()))
            .filter(|found| found.user.is_active && self.meets_email_confirmation(&found.user))
            .ok_or(Error::TokenNotValid)?;
        Ok(SignedIn { user, session, proof })
    }
}
