//! The keys in memory, parsed once.
//!
//! The key decides the algorithm, never the token (RFC 8725, 3.1); a key is looked up among ours and
//! nowhere else.
use super::{
    super::{Error, Result, token::Header},
    Pair, Seal, pair,
};
use crate::{
    config::{Algorithm, Config},
    store::keys::Key,
    time::Timestamp,
};
use jsonwebtoken::{DecodingKey, EncodingKey, Validation, decode, encode};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::time::Duration;

/// How far the clock of another replica may be ahead of ours (RFC 7519, 4.1.5).
const LEEWAY: Duration = Duration::from_secs(5);

pub struct Ring {
    issuer: String,
    audience: String,
    algorithm: Algorithm,
    secret: Option<(EncodingKey, DecodingKey)>,
    /// Each with its state and until when it verifies.
    pairs: Vec<(Pair, String, Option<Timestamp>)>,
}

impl Ring {
    pub fn new(config: &Config, seal: &Seal, rows: Vec<Key>) -> Result<Self> {
        let mut pairs = Vec::new();
        for row in rows {
            let algorithm = match row.algorithm.as_str() {
                "ES256" => Algorithm::ES256,
                "EdDSA" => Algorithm::EdDSA,
                "RS256" => Algorithm::RS256,
                _ => continue,
            };
            let pair = Pair::read(algorithm, &seal.open(&row.kid, &row.private_key)?)?;
            pairs.push((pair, row.state, row.expires_at));
        }
        let secret =
            config.jwt.secret.as_ref().filter(|_| config.jwt.algorithm == Algorithm::HS256);
        let secret = secret.map(|s| {
            let bytes = s.0.as_bytes();
            (EncodingKey::from_secret(bytes), DecodingKey::from_secret(bytes))
        });
        Ok(Self {
            issuer: config.issuer().to_owned(),
            audience: config.jwt.audience.clone(),
            algorithm: config.jwt.algorithm,
            secret,
            pairs,
        })
    }

    /// Whether these are the keys of `rows`.
    pub fn is_of(&self, rows: &[Key]) -> bool {
        self.pairs.len() == rows.len()
            && self.pairs.iter().zip(rows).all(|((pair, state, expires_at), row)| {
                (&pair.kid, state, expires_at) == (&row.kid, &row.state, &row.expires_at)
            })
    }

    pub fn sign(&self, claims: &impl Serialize) -> Result<String> {
        let mut header = jsonwebtoken::Header::new(pair::jwa(self.algorithm));
        let key = match &self.secret {
            Some((key, _)) => key,
            None => {
                let current = self.pairs.iter().find(|(pair, state, _)| {
                    state == "current" && pair.algorithm == self.algorithm
                });
                let (pair, ..) = current.ok_or_else(|| Error::internal("no key signs"))?;
                header.kid = Some(pair.kid.clone());
                &pair.signs
            }
        };
        encode(&header, claims, key).map_err(Error::internal)
    }

    /// The claims of a token of `kind` that is good at `now`.
    pub fn verify<T: DeserializeOwned>(
        &self,
        token: &str,
        now: Timestamp,
        kind: &str,
    ) -> Result<T> {
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
        let claims = decode::<Value>(token, key, &rules).map_err(|_| Error::TokenNotValid)?.claims;
        let seconds = |name: &str| claims.get(name).and_then(Value::as_i64);
        let alive = seconds("exp").is_some_and(|exp| exp > now.unix())
            && seconds("iat").is_some()
            && match claims.get("nbf") {
                None => kind == "refresh",
                Some(nbf) => nbf.as_i64().is_some_and(|nbf| nbf <= now.plus(LEEWAY).unix()),
            };
        let ours = claims.get("token_type").and_then(Value::as_str) == Some(kind);
        if !alive || !ours {
            return Err(Error::TokenNotValid);
        }
        serde_json::from_value(claims).map_err(|_| Error::TokenNotValid)
    }

    fn find(&self, kid: Option<&str>, now: Timestamp) -> Option<(Algorithm, &DecodingKey)> {
        let Some(kid) = kid else {
            return self.secret.as_ref().map(|(_, key)| (Algorithm::HS256, key));
        };
        let (pair, ..) = self
            .pairs
            .iter()
            .find(|(pair, _, expires_at)| pair.kid == kid && expires_at.is_none_or(|t| t > now))?;
        Some((pair.algorithm, &pair.verifies))
    }

    pub fn jwks(&self) -> Value {
        let of_kind = |pair: &&Pair| pair.algorithm == self.algorithm;
        let keys: Vec<_> =
            self.pairs.iter().map(|(pair, ..)| pair).filter(of_kind).map(|p| &p.jwk).collect();
        json!({ "keys": keys })
    }
}
