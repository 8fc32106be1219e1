//! The keys in memory, parsed once.
//!
//! The key decides the algorithm, never the token (RFC 8725, 3.1); a key is looked up among ours and
//! nowhere else.
use super::{
    super::{
        Error, Result,
        legacy::SimpleJwt,
        token::{Header, Kind},
    },
    Pair, Seal, pair,
};
use crate::{
    config::{Algorithm, Config},
    store::keys::{Key, Outline},
    time::Timestamp,
};
use jsonwebtoken::{DecodingKey, EncodingKey, Validation, decode, encode};
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;

/// How far the clock of another issuer may be ahead of ours (RFC 7519, 4.1.5).
const LEEWAY: Duration = Duration::from_secs(5);
/// The same for `nbf` of our own tokens: a replica that has just started, or several processes over one
/// file whose clock is set. An expiry knows no leeway.
const NBF_LEEWAY: Duration = Duration::from_secs(30);

pub struct Ring {
    issuer: String,
    audience: String,
    algorithm: Algorithm,
    secret: Option<(EncodingKey, DecodingKey)>,
    /// The current one first, then the next, then the retired.
    held: Vec<Held>,
    outline: Vec<Outline>,
}

struct Held {
    pair: Pair,
    state: String,
    /// Until when it verifies.
    expires_at: Option<Timestamp>,
}

impl Ring {
    pub fn new(config: &Config, seal: &Seal, rows: Vec<Key>) -> Result<Self> {
        let outline = |r: &Key| Outline {
            kid: r.kid.clone(),
            state: r.state.clone(),
            expires_at: r.expires_at,
        };
        let outline = rows.iter().map(outline).collect();
        let mut held = Vec::new();
        for row in rows {
            let Some(algorithm) = pair::named(&row.algorithm) else { continue };
            let pair = Pair::read(algorithm, &seal.open(&row.kid, &row.private_key)?)?;
            held.push(Held { pair, state: row.state, expires_at: row.expires_at });
        }
        held.sort_by_key(|h| match h.state.as_str() {
            "current" => 0,
            "next" => 1,
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

    /// Whether it was made of these keys.
    pub fn is_of(&self, outline: &[Outline]) -> bool {
        self.outline == outline
    }

    fn of_kind(&self) -> impl Iterator<Item = &Held> {
        self.held.iter().filter(|h| h.pair.algorithm == self.algorithm)
    }

    pub fn sign(&self, claims: &impl Serialize) -> Result<String> {
        let mut header = jsonwebtoken::Header::new(pair::jwa(self.algorithm));
        let key = if let Some((key, _)) = &self.secret {
            key
        } else {
            // A replica that is configured for another algorithm has retired our current key. It goes
            // on signing until we are configured alike: nobody is locked out meanwhile.
            let retired = || self.of_kind().filter(|h| h.state == "retired");
            let signs = self.of_kind().find(|h| h.state == "current");
            let signs = signs.or_else(|| retired().max_by_key(|h| h.expires_at));
            let signs = signs.ok_or_else(|| Error::internal("no key signs"))?;
            header.kid = Some(signs.pair.kid.clone());
            &signs.pair.signs
        };
        encode(&header, claims, key).map_err(Error::internal)
    }

    /// The claims of a token of the kind `T` that is good at `now`.
    pub fn verify<T: Kind>(&self, token: &str, now: Timestamp) -> Result<T> {
        let header = Header::read(token)?;
        let (algorithm, key) = self.find(header.kid.as_deref(), now).ok_or(Error::TokenNotValid)?;
        if header.alg != pair::name(algorithm) {
            return Err(Error::TokenNotValid);
        }
        let mut rules = Validation::new(pair::jwa(algorithm));
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        rules.set_issuer(&[&self.issuer]);
        rules.set_audience(&[&self.audience]);
        // By our own clock, below.
        rules.validate_exp = false;
        rules.validate_nbf = false;
        let claims: T = decode(token, key, &rules).map_err(|_| Error::TokenNotValid)?.claims;
        let said = claims.said();
        let good = said.token_type == T::TYPE
            && said.exp > now.unix()
            && said.nbf <= now.plus(NBF_LEEWAY).unix()
            && *said.sub == said.user_id.to_string();
        if good { Ok(claims) } else { Err(Error::TokenNotValid) }
    }

    /// What a refresh token of simplejwt's says. It need not name issuer and audience; if it does, they
    /// are ours.
    pub fn verify_simplejwt(&self, token: &str, now: Timestamp) -> Result<SimpleJwt> {
        let header = Header::read(token)?;
        let named = header.kid.is_some() || header.alg != pair::name(Algorithm::HS256);
        let (_, key) = self.secret.as_ref().filter(|_| !named).ok_or(Error::TokenNotValid)?;
        let mut rules = Validation::new(pair::jwa(Algorithm::HS256));
        rules.set_required_spec_claims(&["exp"]);
        rules.validate_exp = false;
        rules.validate_aud = false;
        let claims: SimpleJwt =
            decode(token, key, &rules).map_err(|_| Error::TokenNotValid)?.claims;
        let for_us = |aud: &Value| match aud {
            Value::Array(all) => all.iter().any(|aud| *aud == *self.audience),
            aud => *aud == *self.audience,
        };
        let good = claims.token_type == "refresh"
            && claims.exp > now.unix()
            && claims.iat.is_none_or(|iat| iat <= now.plus(LEEWAY).unix())
            && claims.iss.as_ref().is_none_or(|iss| *iss == self.issuer)
            && claims.aud.as_ref().is_none_or(for_us)
            && claims.sid.is_none();
        if good { Ok(claims) } else { Err(Error::TokenNotValid) }
    }

    fn find(&self, kid: Option<&str>, now: Timestamp) -> Option<(Algorithm, &DecodingKey)> {
        let Some(kid) = kid else {
            return self.secret.as_ref().map(|(_, key)| (Algorithm::HS256, key));
        };
        let held = self.held.iter().find(|h| h.pair.kid == kid)?;
        let verifies = held.expires_at.is_none_or(|t| t > now);
        verifies.then_some((held.pair.algorithm, &held.pair.verifies))
    }

    pub fn jwks(&self) -> Value {
        json!({ "keys": self.of_kind().map(|h| &h.pair.jwk).collect::<Vec<_>>() })
    }
}
