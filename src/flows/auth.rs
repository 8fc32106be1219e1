//! [`Auth`]: what every flow works with, in Rocket's managed state.
use super::{
    Caller, Claims, Error, Operator, Result, SignedIn,
    ended::EndedSessions,
    keys::{KeyInfo, Keys},
    later::Later,
    overview::Past,
    password::{self, Hasher},
    secret::{self, Successor},
    settings::InEffect,
    shared_time::{self, Skew},
};
use crate::{
    config::{Config, EmailConfirmation},
    mail::Mailer,
    store::{
        Db, refresh_tokens, secrets,
        sessions::{self, SessionId},
        users::{self, UserId},
    },
    time::Clock,
    view::Templates,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::{Mutex, Notify};

/// So long a session counts as just seen.
const SEEN_FOR: Duration = Duration::from_mins(5);

/// What the secret is for that successors of refresh tokens are derived with.
pub(super) const SUCCESSOR: &str = "refresh_successor";

/// Handles to the service; its clones are the same service.
#[derive(Clone)]
pub struct Auth {
    pub(super) config: Arc<Config>,
    pub(super) in_effect: InEffect,
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) skew: Skew,
    pub(super) hasher: Hasher,
    pub(super) passwords: Arc<password::Policy>,
    pub(super) keys: Keys,
    pub(super) successor: Successor,
    pub(super) ended: EndedSessions,
    pub(super) mailer: Mailer,
    pub(super) templates: Templates,
    /// Wakes the outbox worker of this process.
    pub(super) post: Arc<Notify>,
    pub(super) sending: Arc<Mutex<()>>,
    pub(super) past: Past,
    pub(super) later: Later,
}

impl Auth {
    /// Reads keys and revocations from `db`, whose migrations are applied, and makes what is missing.
    pub async fn open(config: Config, db: Db, clock: Clock) -> Result<Self> {
        let skew = Skew::default();
        shared_time::follow(&db, &clock, &skew).await?;
        db.outages().tell_time_by(&clock);
        let templates =
            Templates::load(config.templates.as_deref(), &config.brand).map_err(Error::internal)?;
        let mailer = Mailer::new(&config, &clock).map_err(Error::internal)?;
        let hasher = Hasher::new(&config.password);
        let passwords =
            password::Policy::new(&config).map_err(|p| Error::internal(p.to_string()))?;
        let config = Arc::new(config);
        let in_effect = InEffect::load(&db, &config).await?;
        let keys = Keys::load(&db, &config, in_effect.get().longest(), &clock).await?;
        let mut tx = db.write().await?;
        let fresh: [u8; Successor::KEY] = secret::random()?;
        let successor = secrets::get_or_insert(&mut tx, SUCCESSOR, &fresh).await?;
        tx.commit().await?;
        let ended = EndedSessions::default();
        ended.catch_up(&db, clock.now()).await?;
        let auth = Self {
            config,
            hasher,
            passwords: Arc::new(passwords),
            in_effect,
            db,
            clock,
            skew,
            keys,
            successor: Successor::new(&successor),
            ended,
            mailer,
            templates,
            post: Arc::default(),
            sending: Arc::default(),
            past: Past::default(),
            later: Later::default(),
        };
        auth.learn_hash_kinds().await?;
        Ok(auth)
    }

    /// The settings of the file and the environment; [`Auth::live`] has those that can be changed since.
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

    /// The keys that sign or verify tokens, the newest first.
    ///
    /// # Errors
    /// `Forbidden` to all but superusers.
    pub async fn list_keys(&self, op: &Operator) -> Result<Vec<KeyInfo>> {
        op.demand_superuser()?;
        self.keys.list(&self.db, self.clock.now()).await
    }

    /// Lets the next key sign, retires the current one and publishes another next one.
    ///
    /// # Errors
    /// `Forbidden` to all but superusers, `PasswordRequired`; `KeyTooYoung` (unless `force`) while
    /// verifiers may not have seen the next key; `NoKeys` with HS256.
    pub async fn rotate_keys(&self, op: &Operator, force: bool) -> Result<()> {
        op.demand_superuser()?;
        self.demand_proof(op)?;
        let now = self.clock.now();
        let fresh = self.keys.fresh(now).await?;
        let mut db = self.db.write().await?;
        self.keys.rotate(&mut db, &fresh, self.live().longest(), now, force).await?;
        op.record(&mut db, "keys_rotated", None, "", now).await?;
        db.commit().await?;
        self.keys.reload(&self.db, now).await
    }

    /// Waits until what goes on after answers that were given is done.
    pub async fn settled(&self) {
        self.later.settled().await;
    }

    /// Whether the database answers, has every migration and takes writes.
    pub async fn ready(&self) -> bool {
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
        if self.ended.contains(claims.sid) {
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
        let required = self.live().email_confirmation == EmailConfirmation::Required;
        if required && !claims.email_verified { Err(Error::TokenNotValid) } else { Ok(claims) }
    }

    /// The user and session of an access token, as they are now.
    ///
    /// # Errors
    /// `TokenNotValid` if either is no more.
    pub async fn signed_in(&self, claims: &Claims) -> Result<SignedIn> {
        self.alive(SessionId(claims.sid), Some(UserId(claims.user_id))).await
    }

    /// The user and session of a refresh token, which is not used up by it. A used one counts as
    /// long as it would still give its successor.
    ///
    /// # Errors
    /// `TokenNotValid`.
    pub async fn signed_in_by_refresh(&self, presented: &str) -> Result<SignedIn> {
        let now = self.clock.now();
        let token = self.read_refresh_token(presented)?.id;
        let mut db = self.db.read().await?;
        let row = refresh_tokens::by_hash(&mut db, &secret::hash(token)).await?;
        let row = row.filter(|t| t.expires_at > now).ok_or(Error::TokenNotValid)?;
        if row.used_at.is_some() {
            let late = row.used_at.is_some_and(|used_at| self.is_late(used_at, now));
            if late || self.unused_successor(&mut db, token, &row, now).await?.is_none() {
                return Err(Error::TokenNotValid);
            }
        }
        drop(db);
        self.alive(row.session_id, None).await
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

    async fn alive(&self, id: SessionId, user: Option<UserId>) -> Result<SignedIn> {
        let mut db = self.db.read().await?;
        let session = sessions::by_id(&mut db, id)
            .await?
            .filter(|s| s.is_alive(self.clock.now()) && user.is_none_or(|id| s.user_id == id))
            .ok_or(Error::TokenNotValid)?;
        let user = users::by_id(&mut db, session.user_id)
            .await?
            .filter(|u| u.is_active && self.is_confirmed_enough(u))
            .ok_or(Error::TokenNotValid)?;
        Ok(SignedIn { user, session })
    }
}
