//! Measures what foreign hashes cost. Until their owners have logged in, anyone who tries a password makes
//! the service compute them.
use super::Hasher;
use crate::password::Result;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// How many kinds are tried, at most. A file with more was made to keep the service busy.
const MAX_KINDS: usize = 32;

/// The kinds of hashes in a file, each with an example.
#[derive(Default)]
pub struct Kinds(BTreeMap<String, String>);

/// The kind of hash that takes the longest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlowestHash {
    /// Its algorithm and parameters, without salt and hash.
    pub kind: String,
    /// How long a wrong password took.
    pub time: Duration,
}

impl Kinds {
    /// Adds the kind of a stored hash, with that hash as the example.
    pub fn see(&mut self, stored: &str) {
        let Some(kind) = kind(stored).filter(|_| self.0.len() < MAX_KINDS) else { return };
        self.0.entry(kind).or_insert_with(|| stored.to_owned());
    }
}

impl Hasher {
    /// Verifies a password against one hash of each kind, and returns the slowest kind.
    ///
    /// # Errors
    /// [`Busy`](crate::password::Error::Busy) if too many passwords are waiting already.
    pub async fn slowest(&self, kinds: &Kinds) -> Result<Option<SlowestHash>> {
        let mut slowest: Option<SlowestHash> = None;
        for (kind, stored) in &kinds.0 {
            let start = Instant::now();
            self.verify("x", Some(stored)).await?;
            let time = start.elapsed();
            if slowest.as_ref().is_none_or(|d| d.time < time) {
                slowest = Some(SlowestHash { kind: kind.clone(), time });
            }
        }
        Ok(slowest)
    }
}

/// The algorithm and parameters of a hash; `None` for one that matches no password.
fn kind(stored: &str) -> Option<String> {
    if stored.starts_with('!') {
        return None;
    }
    if stored.starts_with("{SSHA}") {
        return Some("{SSHA}".to_owned());
    }
    let parts: Vec<_> = stored.split('$').filter(|part| !part.is_empty()).collect();
    let bcrypt = parts.iter().position(|part| ["2a", "2b", "2y"].contains(part));
    let kind = match (bcrypt, parts.as_slice()) {
        (Some(version), _) => parts.get(..=version + 1)?.join("$"),
        // In Django's form the salt is among the parameters.
        (None, ["scrypt", n, _salt, r, p, _hash]) => format!("scrypt$n={n},r={r},p={p}"),
        (None, [kind @ .., _salt, _hash]) => kind.join("$"),
        _ => return None,
    };
    Some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_kind_contains_neither_salt_nor_hash() {
        for (stored, expected) in [
            ("pbkdf2_sha256$2000$SALT$HASH", Some("pbkdf2_sha256$2000")),
            ("scrypt$16384$SALT$8$5$HASH", Some("scrypt$n=16384,r=8,p=5")),
            ("$scrypt$ln=14,r=8,p=1$SALT$HASH", Some("scrypt$ln=14,r=8,p=1")),
            ("$2b$12$SALTHASH", Some("2b$12")),
            ("bcrypt$$2b$12$SALTHASH", Some("bcrypt$2b$12")),
            ("bcrypt_sha256$$2b$10$SALTHASH", Some("bcrypt_sha256$2b$10")),
            ("$argon2id$v=19$m=64,t=1,p=1$SALT$HASH", Some("argon2id$v=19$m=64,t=1,p=1")),
            (
                "argon2$argon2id$v=19$m=64,t=1,p=1$SALT$HASH",
                Some("argon2$argon2id$v=19$m=64,t=1,p=1"),
            ),
            ("$pbkdf2-sha512$i=9,l=64$SALT$HASH", Some("pbkdf2-sha512$i=9,l=64")),
            ("{SSHA}HASHSALT", Some("{SSHA}")),
            ("!", None),
            ("", None),
        ] {
            assert_eq!(kind(stored).as_deref(), expected, "{stored}");
        }
    }
}
