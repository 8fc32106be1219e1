//! Private keys at rest: sealed with AES-256-GCM when an encryption key is configured.
use super::super::{Error, Result, secret};
use crate::config::Secret;
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, Salt},
};

/// The first byte of what is stored sealed; then follow the nonce, the key and its tag.
const SEALED: u8 = 1;
/// The first byte of PKCS#8.
const PLAIN: u8 = 0x30;

pub struct Seal(Option<LessSafeKey>);

impl Seal {
    pub fn new(secret: Option<&Secret>) -> Result<Self> {
        let Some(secret) = secret else { return Ok(Self(None)) };
        let wrong = |_| Error::internal("the encryption key cannot be used");
        let prk = Salt::new(HKDF_SHA256, b"portcullis").extract(secret.0.as_bytes());
        let okm = prk.expand(&[b"signing keys"], &AES_256_GCM).map_err(wrong)?;
        Ok(Self(Some(LessSafeKey::new(UnboundKey::from(okm)))))
    }

    /// What is stored in the place of `key`, bound to its name.
    pub fn close(&self, kid: &str, key: &[u8]) -> Result<Vec<u8>> {
        let Some(seal) = &self.0 else { return Ok(key.to_vec()) };
        let nonce: [u8; NONCE_LEN] = secret::random()?;
        let mut body = key.to_vec();
        seal.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(kid.as_bytes()),
            &mut body,
        )
        .map_err(|_| Error::internal("a signing key could not be sealed"))?;
        Ok([&[SEALED], nonce.as_slice(), &body].concat())
    }

    /// Whether `stored` is from a time without an encryption key, and there is one now.
    pub fn is_lacking(&self, stored: &[u8]) -> bool {
        self.0.is_some() && stored.first() == Some(&PLAIN)
    }

    /// The key that `stored` holds, sealed or not.
    ///
    /// # Errors
    /// `Internal` in words for the operator, if the encryption key is missing or another one.
    pub fn open(&self, kid: &str, stored: &[u8]) -> Result<Vec<u8>> {
        let wrong = || Error::internal("the signing keys are sealed with another encryption_key");
        let rest = match stored.split_first() {
            Some((&PLAIN, _)) => return Ok(stored.to_vec()),
            Some((&SEALED, rest)) => rest,
            _ => return Err(Error::internal("the signing keys are stored in an unknown form")),
        };
        let Some(seal) = &self.0 else {
            return Err(Error::internal("the signing keys are sealed: encryption_key is missing"));
        };
        let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or_else(wrong)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong())?;
        let mut body = body.to_vec();
        let aad = Aad::from(kid.as_bytes());
        Ok(seal.open_in_place(nonce, aad, &mut body).map_err(|_| wrong())?.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_key_opens_with_its_name_and_secret_only() {
        let seal = |s: &str| Seal::new(Some(&Secret(s.to_owned()))).unwrap();
        let none = Seal::new(None).unwrap();
        let stored = seal("one").close("kid", b"0 private").unwrap();
        assert!(!stored.windows(7).any(|w| w == b"private"));
        assert_eq!(seal("one").open("kid", &stored).unwrap(), b"0 private");
        assert!(seal("one").open("other", &stored).is_err());
        assert!(seal("two").open("kid", &stored).is_err());
        assert!(none.open("kid", &stored).is_err());
        for broken in [&[][..], &[SEALED], &[SEALED, 2], &[2, 0x30], &stored[..stored.len() - 1]] {
            assert!(seal("one").open("kid", broken).is_err());
        }
        assert!(seal("one").is_lacking(b"0 private") && !none.is_lacking(b"0 private"));
        assert!(!seal("one").is_lacking(&stored));
        assert_eq!(
            seal("one").open("kid", &none.close("kid", b"0plain").unwrap()).unwrap(),
            b"0plain"
        );
    }
}
