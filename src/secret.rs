//! Generating secrets, and the hashes that are stored instead of them (OWASP ASVS 5, 7.2 and 6.5).
use aws_lc_rs::{constant_time, digest, hmac, rand};
use uuid::{Builder, Uuid};

/// The operating system returned no random bytes.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the operating system returned no random bytes")]
pub struct Error;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The SHA-256 of a secret, which the database stores instead of it.
#[derive(Clone, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct Digest(pub Vec<u8>);

/// `N` random bytes from the operating system.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| Error)?;
    Ok(bytes)
}

/// A token of 122 random bits.
pub fn token() -> Result<Uuid> {
    Ok(Builder::from_random_bytes(random()?).into_uuid())
}

/// The hash by which a token is stored and found. It has 122 random bits, so a hash without salt is enough.
pub fn hash(token: Uuid) -> Digest {
    Digest(digest::digest(&digest::SHA256, token.as_bytes()).as_ref().to_vec())
}

/// Whether two secrets are the same, in constant time: the duration does not reveal how much of them matches.
pub fn same(a: &str, b: &str) -> bool {
    constant_time::verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}

/// Whether two hashes are the same, in constant time.
pub fn same_hash(a: &Digest, b: &Digest) -> bool {
    constant_time::verify_slices_are_equal(&a.0, &b.0).is_ok()
}

/// Six random digits.
pub fn code() -> Result<String> {
    Ok(digits(token()?))
}

/// Six digits of a random token or a MAC.
pub fn digits(of: Uuid) -> String {
    // The bias of the modulo is negligible: the last 62 bits are random.
    format!("{:06}", of.as_u128() % 1_000_000)
}

/// Parses a token in its canonical form: 36 characters with hyphens.
pub fn parse(text: &str) -> Option<Uuid> {
    let token = Uuid::try_parse(text).ok()?;
    let mut buffer = Uuid::encode_buffer();
    (*token.hyphenated().encode_lower(&mut buffer) == *text.to_ascii_lowercase()).then_some(token)
}

/// Derives the successor of a refresh token. Every replica with the key derives the same successor from a
/// token, so the successor is not stored.
#[derive(Clone)]
pub struct Successor(hmac::Key);

impl Successor {
    /// Uses `key` for HMAC-SHA-256.
    pub fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// A MAC of `text`, which only a server with the key can compute.
    pub fn mark(&self, text: &str) -> Uuid {
        self.mark_bytes(text.as_bytes())
    }

    /// A MAC of `bytes`, which only a server with the key can compute.
    pub fn mark_bytes(&self, bytes: &[u8]) -> Uuid {
        // A nil token is never issued, so the MAC is not the successor of any token.
        self.of(Uuid::nil(), bytes)
    }

    /// The successor of `token`, whose row contains `salt`.
    pub fn of(&self, token: Uuid, salt: &[u8]) -> Uuid {
        let mut mac = hmac::Context::with_key(&self.0);
        mac.update(token.as_bytes());
        mac.update(salt);
        let tag = mac.sign();
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        Builder::from_random_bytes(bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_form_of_a_token_is_accepted() {
        let token = token().unwrap();
        assert_eq!(parse(&token.to_string()), Some(token));
        for other in
            [token.simple().to_string(), token.braced().to_string(), token.urn().to_string()]
        {
            assert_eq!(parse(&other), None);
        }
        assert_eq!(parse(&format!(" {token}")), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn a_successor_depends_on_token_salt_and_key() {
        let (a, b) = (token().unwrap(), token().unwrap());
        let key = Successor::new(&[1; 32]);
        assert_eq!(key.of(a, b"salt"), key.of(a, b"salt"));
        assert_eq!(key.of(a, b"salt").get_version_num(), 4);
        assert_ne!(key.of(a, b"salt"), key.of(b, b"salt"));
        assert_ne!(key.of(a, b"salt"), key.of(a, b"pepper"));
        assert_ne!(key.of(a, b"salt"), Successor::new(&[2; 32]).of(a, b"salt"));
    }
}
