//! [`Auth`]: what every flow works with, in Rocket's managed state.
use super::{
    Caller, Error, Proof, Result, SignedIn,
    admin::stats::DailyStats,
    background::BackgroundTasks,
    clock_skew::{self, ClockSkew},
    lifecycle::Lifecycle,
    runtime_settings::CurrentSettings,
    session::revoked::RevokedSessions,
    surface::Rotation,
};
use crate::{
    config::{Config, EmailConfirmation},
    db::{Conn, Db},
    mail::Mailer,
    password::{self, Hasher},
    secret::{self, Successor},
    store::{
        refresh_tokens,
        sessions::{self, SessionId},
        users::{self, UserId},
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

/// So long a session counts as just seen.
const SEEN_FOR: Duration = Duration::from_mins(5);

/// What the secret is for that successors of refresh tokens are derived with.
pub(super) const SUCCESSOR: &str = "refresh_successor";

/// Handles to the service; its clones are the same service.
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
}

impl Auth {
    /// Reads keys and revocations from `db`, whose migrations are applied, and makes what is missing.
    pub async fn open(config: Config, db: Db, clock: Clock) -> Result<Self> {
        Self::start(config, db, clock, true).await
    }

    /// The same for a command beside the service: it takes everything as it is and makes nothing.
    ///
    /// # Errors
    /// `Internal` if no service was ever started on `db`.
    pub async fn beside(config: Config, db: Db, clock: Clock) -> Result<Self> {
        Self::start(config, db, clock, false).await
    }

    async fn start(config: Config, db: Db, clock: Clock, make: bool) -> Result<Self> {
        let skew = ClockSkew::default();
        clock_skew::follow(&db, &clock, &skew).await?;
        db.outages().tell_time_by(&clock);
        let templates =
            Templates::load(config.templates.as_deref(), &config.brand).map_err(Error::internal)?;
        let mailer = Mailer::new(&config, &clock).map_err(Error::internal)?;
        let hasher = Hasher::new(&config.password);
        let passwords =
            password::Policy::new(&config).map_err(|p| Error::internal(p.to_string()))?;
        let config = Arc::new(config);
        let current_settings = CurrentSettings::load(&db, &config).await?;
        let (keys, successor) = if make {
            let lifetime = current_settings.get().longest();
            let keys = Keys::load(&db, &config, lifetime, &clock).await?;
            let successor = keys.provision_secret(&db, SUCCESSOR).await?;
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
        };
        auth.learn_hash_kinds().await?;
        Ok(auth)
    }

    /// The settings of the file and the environment; [`Auth::runtime_settings`] has those that can be changed since.
    pub fn config(&self) -> &Config {
        &self.config
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    pub fn templates(&self) -> &Templates {
        &self.templates
    }

    pub fn mailer(&self) -> &Mailer {
        &self.mailer
    }

    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Lets [`Auth::ready`] say no from now on, while requests are answered as ever.
    pub fn drain(&self) {
        self.lifecycle.drain();
    }

    /// Whether [`Auth::drain`] was called.
    pub fn is_draining(&self) -> bool {
        self.lifecycle.is_draining()
    }

    /// Ends the connections to the database, after requests have ended and mails; what is still using
    /// one after `patience` is cut off.
    pub async fn close(&self, patience: Duration) {
        if timeout(patience, self.db.close()).await.is_err() {
            tracing::warn!("the database was still in use");
        }
    }

    /// Waits until what goes on after answers that were given is done.
    pub async fn settled(&self) {
        self.background.settled().await;
    }

    /// Whether requests should be sent here: the database answers, has every migration and takes
    /// writes, logouts of other processes are heard of, and the service is not about to stop.
    pub async fn ready(&self) -> bool {
        if self.is_draining() {
            return false;
        }
        if self.lifecycle.is_deaf() {
            tracing::warn!("not ready: logouts elsewhere have not been heard of for some seconds");
            return false;
        }
        self.db.ready().await.unwrap_or_else(|e| {
            tracing::warn!(error = %e, "not ready");
            false
        })
    }

    /// Returns once nothing can be written any more until a restart.
    pub async fn database_lost(&self) {
        self.db.lost().await;
    }

    /// Whether nothing can be written any more until a restart.
    pub fn is_database_lost(&self) -> bool {
        self.db.is_lost()
    }

    /// What an access token says, if it is one of ours, has not expired and its session lives. Asks
    /// no database.
    ///
    /// # Errors
    /// `TokenNotValid`.
    pub fn verify_access(&self, token: &str) -> Result<Claims> {
        let claims = self.keys.verify_access(token, self.clock.now())?;
        if self.revoked.contains(claims.sid) {
            return Err(Error::TokenNotValid);
        }
        Ok(claims)
    }

    /// The same for whoever is let through by the token alone: where addresses have to be confirmed, one that says
    /// its user has not is no good, though it was issued before that was demanded.
    ///
    /// # Errors
    /// `TokenNotValid`.
    pub fn verify_standing(&self, token: &str) -> Result<Claims> {
        let claims = self.verify_access(token)?;
        let required = self.runtime_settings().email_confirmation == EmailConfirmation::Required;
        if required && !claims.email_verified { Err(Error::TokenNotValid) } else { Ok(claims) }
    }

    /// The user and session of an access token, as they are now.
    ///
    /// # Errors
    /// `TokenNotValid` if either is no more.
    pub async fn signed_in(&self, claims: &Claims) -> Result<SignedIn> {
        let proof = Proof::Access { expires_at: Timestamp::from_unix(claims.exp) };
        let mut db = self.db.read().await?;
        let by = self.alive(&mut db, SessionId(claims.sid), proof).await?;
        if by.user.id.0 == claims.user_id { Ok(by) } else { Err(Error::TokenNotValid) }
    }

    /// The user and session of a refresh token, which is not used up by it. A used one counts as
    /// long as it would still give its successor; later it ends the session, as it does at a refresh.
    /// `rotation` is the rule of the surface where it is presented.
    ///
    /// # Errors
    /// `TokenNotValid`.
    pub async fn signed_in_by_refresh(
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
        if token.session.is_some_and(|sid| sid != by.session.id.0) {
            return Err(Error::TokenNotValid);
        }
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

    /// Whose refresh token this is, for a log line; it proves nothing and raises no alarm.
    pub async fn owner_of_refresh(&self, presented: &str) -> Option<UserId> {
        let token = self.read_refresh_token(presented).ok()?;
        let mut db = self.db.read().await.ok()?;
        let row = refresh_tokens::by_hash(&mut db, &secret::hash(token.id)).await.ok()??;
        sessions::by_id(&mut db, row.session_id).await.ok()?.map(|session| session.user_id)
    }

    /// Writes down, every few minutes, that a session which is not being refreshed is in use.
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
        // Whoever asks gets the answer without it as well.
        if let Err(e) = noted.await {
            tracing::warn!(error = %e, "a session was used, which is not written down");
        }
    }

    async fn alive(&self, db: &mut Conn, id: SessionId, proof: Proof) -> Result<SignedIn> {
        let session = sessions::by_id(db, id)
            .await?
            .filter(|s| s.is_alive(self.clock.now()))
            .ok_or(Error::TokenNotValid)?;
        let user = users::by_id(db, session.user_id)
            .await?
            .filter(|u| u.is_active && self.is_confirmed_enough(u))
            .ok_or(Error::TokenNotValid)?;
        Ok(SignedIn { user, session, proof })
    }
}
