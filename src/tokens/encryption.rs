//! Encryption at rest: private keys and secrets are sealed with AES-256-GCM if an encryption key is
//! configured.
use crate::{
    config::Secret,
    secret,
    store::users::UserId,
    tokens::{Error, Result},
    totp,
};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, Salt},
};
use zeroize::Zeroizing;

/// The first byte of a sealed value. The nonce, the ciphertext and its tag follow.
const SEALED: u8 = 1;
/// The first byte of PKCS#8, the form of a private key in clear.
const PLAIN: u8 = 0x30;
/// The length of a secret in clear, in bytes. A sealed one is longer.
pub const SECRET: usize = 32;

/// Seals and opens private keys and secrets.
pub struct Encryption {
    key: Option<LessSafeKey>,
    /// Opens values that were sealed before the encryption key was changed.
    previous: Option<LessSafeKey>,
}

impl Encryption {
    /// Derives the keys from the configured secrets.
    ///
    /// # Errors
    /// [`Error::Internal`] if a key cannot be derived.
    pub fn new(key: Option<&Secret>, previous: Option<&Secret>) -> Result<Self> {
        let derive = |secret: Option<&Secret>| secret.map(derive).transpose();
        Ok(Self { key: derive(key)?, previous: derive(previous)? })
    }

    /// Seals the private key `kid` for storage, bound to its name. Without an encryption key it stays in
    /// clear.
    pub fn encrypt(&self, kid: &str, key: &[u8]) -> Result<Vec<u8>> {
        let Some(seal) = &self.key else { return Ok(key.to_vec()) };
        let nonce: [u8; NONCE_LEN] = secret::random()?;
        let mut body = key.to_vec();
        seal.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(kid.as_bytes()),
            &mut body,
        )
        .map_err(|_| Error::internal("a key could not be encrypted"))?;
        Ok([&[SEALED], nonce.as_slice(), &body].concat())
    }

    /// Seals the secret for `purpose` for storage. Without an encryption key it stays in clear.
    pub fn encrypt_secret(&self, purpose: &str, secret: &[u8]) -> Result<Vec<u8>> {
        self.encrypt(&of_secret(purpose), secret)
    }

    /// Seals the secret of a user's authenticator app for storage. Without an encryption key it stays in
    /// clear.
    pub fn encrypt_totp(&self, user: UserId, secret: &[u8]) -> Result<Vec<u8>> {
        self.encrypt(&of_totp(user), secret)
    }

    /// The secret of a user's authenticator app in `stored`, sealed or not.
    ///
    /// # Errors
    /// [`Error::Internal`], with a message for the operator, if the encryption key is missing or wrong.
    pub fn decrypt_totp(&self, user: UserId, stored: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        if stored.len() == totp::SECRET {
            return Ok(stored.to_vec().into());
        }
        self.decrypt_as(&of_totp(user), stored)
    }

    /// Whether the private key `stored` is in clear and could be sealed.
    pub fn needs_encryption(&self, stored: &[u8]) -> bool {
        self.key.is_some() && stored.first() == Some(&PLAIN)
    }

    /// Whether the secret `stored` is in clear and could be sealed.
    pub fn secret_needs_encryption(&self, stored: &[u8]) -> bool {
        self.key.is_some() && stored.len() == SECRET
    }

    /// The private key in `stored`, sealed or not. It is erased from memory when it is dropped.
    ///
    /// # Errors
    /// [`Error::Internal`], with a message for the operator, if the encryption key is missing or wrong.
    pub fn decrypt(&self, kid: &str, stored: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        match stored.first() {
            Some(&PLAIN) => Ok(stored.to_vec().into()),
            _ => self.decrypt_as(kid, stored),
        }
    }

    /// The secret in `stored`, sealed or not.
    ///
    /// # Errors
    /// [`Error::Internal`], with a message for the operator, if the encryption key is missing or wrong.
    pub fn decrypt_secret(&self, purpose: &str, stored: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        if stored.len() == SECRET {
            return Ok(stored.to_vec().into());
        }
        self.decrypt_as(&of_secret(purpose), stored)
    }

    fn decrypt_as(&self, name: &str, stored: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let Some((&SEALED, rest)) = stored.split_first() else {
            return Err(Error::internal("the signing keys are stored in an unknown format"));
        };
        if self.key.is_none() && self.previous.is_none() {
            return Err(Error::internal(
                "the signing keys are encrypted: encryption_key is missing",
            ));
        }
        let mut keys = [&self.key, &self.previous].into_iter().flatten();
        keys.find_map(|key| decrypted(key, name, rest)).ok_or_else(|| {
            Error::internal("the signing keys are encrypted with another encryption_key")
        })
    }
}

fn derive(secret: &Secret) -> Result<LessSafeKey> {
    let wrong = |_| Error::internal("the encryption key cannot be used");
    let prk = Salt::new(HKDF_SHA256, b"portcullis").extract(secret.0.as_bytes());
    let okm = prk.expand(&[b"signing keys"], &AES_256_GCM).map_err(wrong)?;
    Ok(LessSafeKey::new(UnboundKey::from(okm)))
}

/// The name that a sealed secret is bound to. It differs from every key name, which has no space.
fn of_secret(purpose: &str) -> String {
    format!("secret {purpose}")
}

/// The name that the sealed secret of a user's authenticator app is bound to.
fn of_totp(user: UserId) -> String {
    format!("totp {}", user.0)
}

fn decrypted(key: &LessSafeKey, name: &str, rest: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, body) = rest.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut body = body.to_vec();
    let decrypted = key.open_in_place(nonce, Aad::from(name.as_bytes()), &mut body).ok()?;
    Some(decrypted.to_vec().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(key: &str) -> Encryption {
        Encryption::new(Some(&Secret(key.to_owned())), None).unwrap()
    }

    #[test]
    fn an_encrypted_key_decrypts_only_with_its_id_and_secret() {
        let none = Encryption::new(None, None).unwrap();
        let stored = seal("one").encrypt("kid", b"0 private").unwrap();
        assert!(!stored.windows(7).any(|w| w == b"private"));
        assert_eq!(seal("one").decrypt("kid", &stored).unwrap().as_slice(), b"0 private");
        assert!(seal("one").decrypt("other", &stored).is_err());
        assert!(seal("two").decrypt("kid", &stored).is_err());
        assert!(none.decrypt("kid", &stored).is_err());
        for broken in [&[][..], &[SEALED], &[SEALED, 2], &[2, 0x30], &stored[..stored.len() - 1]] {
            assert!(seal("one").decrypt("kid", broken).is_err());
        }
        assert!(seal("one").needs_encryption(b"0 private") && !none.needs_encryption(b"0 private"));
        assert!(!seal("one").needs_encryption(&stored));
        assert_eq!(
            seal("one")
                .decrypt("kid", &none.encrypt("kid", b"0plain").unwrap())
                .unwrap()
                .as_slice(),
            b"0plain"
        );
    }

    #[test]
    fn secrets_are_encrypted_in_their_own_domain() {
        // A secret is random, so it may begin with the first byte of another form.
        for plain in [[SEALED; SECRET], [PLAIN; SECRET], [7; SECRET]] {
            let one = seal("one");
            let stored = one.encrypt_secret("x", &plain).unwrap();
            assert!(one.secret_needs_encryption(&plain) && !one.secret_needs_encryption(&stored));
            assert_eq!(one.decrypt_secret("x", &stored).unwrap().as_slice(), plain);
            assert_eq!(one.decrypt_secret("x", &plain).unwrap().as_slice(), plain);
            assert!(
                one.decrypt_secret("y", &stored).is_err() && one.decrypt("x", &stored).is_err()
            );
            assert!(seal("two").decrypt_secret("x", &stored).is_err());
        }
    }

    #[test]
    fn the_secret_of_an_app_is_encrypted_for_its_user() {
        let (plain, one) = ([SEALED; totp::SECRET], seal("one"));
        let stored = one.encrypt_totp(UserId(1), &plain).unwrap();
        assert!(!stored.windows(plain.len()).any(|part| part == plain));
        assert_eq!(one.decrypt_totp(UserId(1), &stored).unwrap().as_slice(), plain);
        assert_eq!(one.decrypt_totp(UserId(1), &plain).unwrap().as_slice(), plain);
        assert!(one.decrypt_totp(UserId(2), &stored).is_err());
        assert!(one.decrypt_secret("totp 1", &stored).is_err());
        assert!(seal("two").decrypt_totp(UserId(1), &stored).is_err());
        let none = Encryption::new(None, None).unwrap();
        assert_eq!(none.encrypt_totp(UserId(1), &plain).unwrap(), plain);
    }

    #[test]
    fn the_previous_encryption_key_only_decrypts() {
        let [old, new] = ["one", "two"].map(|key| Secret(key.to_owned()));
        let both = Encryption::new(Some(&new), Some(&old)).unwrap();
        let stored = seal("one").encrypt("kid", b"0 private").unwrap();
        assert_eq!(both.decrypt("kid", &stored).unwrap().as_slice(), b"0 private");
        let again = both.encrypt("kid", b"0 private").unwrap();
        assert!(seal("one").decrypt("kid", &again).is_err());
        assert_eq!(seal("two").decrypt("kid", &again).unwrap().as_slice(), b"0 private");
        // Back to keys in clear.
        let none = Encryption::new(None, Some(&old)).unwrap();
        assert_eq!(none.decrypt("kid", &stored).unwrap().as_slice(), b"0 private");
        assert_eq!(none.encrypt("kid", b"0 private").unwrap(), b"0 private");
    }
}
