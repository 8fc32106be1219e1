//! The keys in memory, parsed once.
//!
//! The key determines the algorithm, never the token (RFC 8725, 3.1). A key is looked up among our own keys
//! only.
use super::{
    MAX_AGE,
    claims::{Header, Kind},
    encryption::Encryption,
    key_pair,
    key_pair::KeyPair,
};
use crate::{
    config::{Algorithm, Config},
    store::{
        keys::{Key, KeyState, Outline},
        text_enum::Stored,
    },
    time::Timestamp,
    tokens::{Error, Result, claims::SimpleJwt},
};
use jsonwebtoken::{DecodingKey, EncodingKey, Validation, decode, encode};
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;

/// How far the clock of another issuer may be ahead of ours (RFC 7519, 4.1.5).
const LEEWAY: Duration = Duration::from_secs(5);
/// How long after its key was retired a token may have been issued: replicas learn of a rotation within a
/// second or so, and their clocks differ.
const LAG: Duration = Duration::from_mins(1);
/// How long after a change of algorithm the keys of the old one stay published and cannot sign again:
/// replicas are restarted with the new settings one after the other.
const CHANGE: Duration = Duration::from_hours(1);
/// How long a next key of another algorithm is published. If it does not sign by then, no replica is
/// configured for its algorithm any more.
const WANTED: Duration = Duration::from_hours(24);
/// How far `nbf` and `iat` of our own tokens may be ahead of our clock: for a replica that has just started,
/// or for several processes with one database file whose clock is set. The expiry has no leeway.
const NBF_LEEWAY: Duration = Duration::from_secs(30);

/// The keys of a service, and the settings for signing and verifying.
pub struct KeyRing {
    issuer: String,
    audience: String,
    algorithm: Algorithm,
    secret: Option<(EncodingKey, DecodingKey)>,
    /// The current keys first, then the next ones, then the retired ones.
    held: Vec<RingKey>,
    outline: Vec<Outline>,
}

struct RingKey {
    pair: KeyPair,
    state: Stored<KeyState>,
    created_at: Timestamp,
    /// Until when it verifies.
    expires_at: Option<Timestamp>,
    /// When it stops signing.
    retired_at: Option<Timestamp>,
}

/// The key that a token names.
struct Found<'k> {
    algorithm: Algorithm,
    key: &'k DecodingKey,
    retired_at: Option<Timestamp>,
}

impl KeyRing {
    /// Parses stored keys. Keys of an unknown algorithm are skipped.
    pub fn new(config: &Config, encryption: &Encryption, rows: Vec<Key>) -> Result<Self> {
        let outline = |r: &Key| Outline {
            kid: r.kid.clone(),
            state: r.state.clone(),
            expires_at: r.expires_at,
        };
        let outline = rows.iter().map(outline).collect();
        let mut held = Vec::new();
        for row in rows {
            let Some(algorithm) = key_pair::named(&row.algorithm) else { continue };
            let pair = KeyPair::read(algorithm, &encryption.decrypt(&row.kid, &row.private_key)?)?;
            let Key { state, created_at, expires_at, retired_at, .. } = row;
            held.push(RingKey { pair, state, created_at, expires_at, retired_at });
        }
        held.sort_by_key(|h| match h.state.known() {
            Some(KeyState::Current) => 0,
            Some(KeyState::Next) => 1,
            _ => 2,
        });
        let secret = match (config.jwt.algorithm, &config.jwt.secret) {
            (Algorithm::HS256, Some(secret)) => {
                let bytes = secret.0.as_bytes();
                Some((EncodingKey::from_secret(bytes), DecodingKey::from_secret(bytes)))
            }
            (Algorithm::HS256, None) => {
                return Err(Error::internal("HS256 needs a secret: jwt.secret is missing"));
            }
            _ => None,
        };
        Ok(Self {
            issuer: config.issuer().to_owned(),
            audience: config.jwt.audience.clone(),
            algorithm: config.jwt.algorithm,
            secret,
            held,
            outline,
        })
    }

    /// Whether the ring was made from these keys.
    pub fn is_of(&self, outline: &[Outline]) -> bool {
        self.outline == outline
    }

    fn of_kind(&self) -> impl Iterator<Item = &RingKey> {
        self.held.iter().filter(|h| h.pair.algorithm == self.algorithm)
    }

    fn of_kind_in(&self, state: KeyState) -> impl Iterator<Item = &RingKey> {
        self.of_kind().filter(move |h| h.state == state)
    }

    /// Whether the next key of the configured algorithm should replace a key of another algorithm at `now`:
    /// it was published for long enough that verifiers have seen it.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let has_left = |h: &RingKey| h.retired_at.is_some_and(|at| at.plus(CHANGE) > now);
        self.of_kind_in(KeyState::Current).next().is_none()
            && self.of_kind_in(KeyState::Next).any(|h| h.created_at.plus(MAX_AGE) <= now)
            && !self.of_kind_in(KeyState::Retired).any(has_left)
    }

    /// The key that signs: that of the configured algorithm or, during a change of algorithm, the one that
    /// other replicas sign with. If there is neither, they have changed to `HS256`, and the key of the
    /// configured algorithm that was retired last signs.
    fn signing(&self) -> Option<&RingKey> {
        let ours = self.of_kind_in(KeyState::Current).next();
        let any = || self.held.iter().find(|h| h.state == KeyState::Current);
        ours.or_else(any)
            .or_else(|| self.of_kind_in(KeyState::Retired).max_by_key(|h| h.retired_at))
    }

    /// Signs claims as a JWT.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String> {
        if let Some((key, _)) = &self.secret {
            let header = jsonwebtoken::Header::new(key_pair::jwa(Algorithm::HS256));
            return encode(&header, claims, key).map_err(Error::internal);
        }
        let pair = &self.signing().ok_or_else(|| Error::internal("no signing key"))?.pair;
        let mut header = jsonwebtoken::Header::new(key_pair::jwa(pair.algorithm));
        header.kid = Some(pair.kid.clone());
        encode(&header, claims, &pair.signs).map_err(Error::internal)
    }

    /// Verifies a token of the kind `T` at `now`, and returns its claims.
    pub fn verify<T: Kind>(&self, token: &str, now: Timestamp) -> Result<T> {
        let header = Header::read(token)?;
        let found = self.find(header.kid.as_deref(), now).ok_or(Error::NotValid)?;
        let Found { algorithm, key, retired_at } = found;
        if header.alg != key_pair::name(algorithm) {
            return Err(Error::NotValid);
        }
        let mut rules = Validation::new(key_pair::jwa(algorithm));
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        rules.set_issuer(&[&self.issuer]);
        rules.set_audience(&[&self.audience]);
        // Checked below with our own clock.
        rules.validate_exp = false;
        rules.validate_nbf = false;
        let claims: T = decode(token, key, &rules).map_err(|_| Error::NotValid)?.claims;
        let registered = claims.registered();
        // With a stolen key that is now retired, an attacker must backdate a token, and the longest
        // lifetime makes an old token expired.
        let longest = i64::try_from(T::LONGEST.as_secs()).unwrap_or(i64::MAX);
        let good = registered.token_type == T::TYPE
            && registered.exp > now.unix()
            && registered.exp.checked_sub(registered.iat).is_some_and(|life| life <= longest)
            && retired_at.is_none_or(|at| registered.iat <= at.plus(LAG).unix())
            && registered.nbf.max(registered.iat) <= now.plus(NBF_LEEWAY).unix()
            && *registered.sub == registered.user_id.to_string();
        if good { Ok(claims) } else { Err(Error::NotValid) }
    }

    /// Verifies a refresh token of simplejwt at `now`, and returns its claims. It need not have an issuer and
    /// an audience; if it does, they must be ours.
    pub fn verify_simplejwt(&self, token: &str, now: Timestamp) -> Result<SimpleJwt> {
        let header = Header::read(token)?;
        let named = header.kid.is_some() || header.alg != key_pair::name(Algorithm::HS256);
        let (_, key) = self.secret.as_ref().filter(|_| !named).ok_or(Error::NotValid)?;
        let mut rules = Validation::new(key_pair::jwa(Algorithm::HS256));
        rules.set_required_spec_claims(&["exp"]);
        rules.validate_exp = false;
        rules.validate_aud = false;
        let claims: SimpleJwt = decode(token, key, &rules).map_err(|_| Error::NotValid)?.claims;
        let for_us = |aud: &Value| match aud {
            Value::Array(all) => all.iter().any(|aud| *aud == *self.audience),
            aud => *aud == *self.audience,
        };
        let good = claims.token_type == "refresh"
            && claims.exp > now.unix()
            && claims.iat.max(claims.nbf).is_none_or(|from| from <= now.plus(LEEWAY).unix())
            && claims.iss.as_ref().is_none_or(|iss| *iss == self.issuer)
            && claims.aud.as_ref().is_none_or(for_us)
            && claims.sid.is_none();
        if good { Ok(claims) } else { Err(Error::NotValid) }
    }

    fn find(&self, kid: Option<&str>, now: Timestamp) -> Option<Found<'_>> {
        let Some(kid) = kid else {
            let (_, key) = self.secret.as_ref()?;
            return Some(Found { algorithm: Algorithm::HS256, key, retired_at: None });
        };
        let held = self.held.iter().find(|h| h.pair.kid == kid)?;
        let (algorithm, key) = (held.pair.algorithm, &held.pair.verifies);
        let verifies = held.expires_at.is_none_or(|t| t > now);
        verifies.then_some(Found { algorithm, key, retired_at: held.retired_at })
    }

    /// The public keys of the configured algorithm and, while it is being changed, of the other one.
    pub fn jwks(&self, now: Timestamp) -> Value {
        let is_published = |h: &&RingKey| {
            h.pair.algorithm == self.algorithm
                || match h.state.known() {
                    Some(KeyState::Current) => true,
                    Some(KeyState::Next) => h.created_at.plus(WANTED) > now,
                    _ => h.retired_at.is_some_and(|at| at.plus(CHANGE) > now),
                }
        };
        let published = if self.secret.is_some() { &[][..] } else { &self.held };
        let keys = published.iter().filter(is_published).map(|h| &h.pair.jwk);
        json!({ "keys": keys.collect::<Vec<_>>() })
    }
}
