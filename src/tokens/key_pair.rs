//! One key: generating it, reading it from PKCS#8, and its forms for signing and verifying.
use crate::{
    config::Algorithm,
    tokens::{Error, Result},
};
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair},
};
use jsonwebtoken::{
    DecodingKey, EncodingKey,
    jwk::{Jwk, PublicKeyUse, ThumbprintHash},
};
use zeroize::Zeroizing;

/// A private key and its public key, ready for use.
pub struct KeyPair {
    pub kid: String,
    pub algorithm: Algorithm,
    pub signs: EncodingKey,
    pub verifies: DecodingKey,
    /// The public key (RFC 7517).
    pub jwk: Jwk,
}

/// The algorithm as jsonwebtoken names it.
pub const fn jwa(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::ES256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::EdDSA => jsonwebtoken::Algorithm::EdDSA,
        Algorithm::RS256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::HS256 => jsonwebtoken::Algorithm::HS256,
    }
}

/// The name of an algorithm in tokens (RFC 7518, RFC 8037).
pub const fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::ES256 => "ES256",
        Algorithm::EdDSA => "EdDSA",
        Algorithm::RS256 => "RS256",
        Algorithm::HS256 => "HS256",
    }
}

/// The algorithm of a stored key, by its name; `None` if this version does not know it.
pub fn named(algorithm: &str) -> Option<Algorithm> {
    [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256]
        .into_iter()
        .find(|a| name(*a) == algorithm)
}

/// Generates a private key, PKCS#8, that is erased from memory when it is dropped. An RSA key takes a tenth of a second of processor time or more.
pub fn generate(algorithm: Algorithm) -> Result<Zeroizing<Vec<u8>>> {
    let failed = |_| Error::internal("a signing key could not be generated");
    let random = SystemRandom::new();
    Ok(Zeroizing::new(match algorithm {
        Algorithm::ES256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
            .map_err(failed)?
            .as_ref()
            .to_vec(),
        Algorithm::EdDSA => {
            Ed25519KeyPair::generate_pkcs8v1(&random).map_err(failed)?.as_ref().to_vec()
        }
        Algorithm::RS256 => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
            let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
            der.as_ref().to_vec()
        }
        Algorithm::HS256 => {
            return Err(Error::internal("an HS256 secret is configured, not generated"));
        }
    }))
}

impl KeyPair {
    /// Reads a private key, PKCS#8. Its `kid` is its thumbprint (RFC 7638).
    pub fn read(algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self> {
        let signs = match algorithm {
            Algorithm::ES256 => EncodingKey::from_ec_der(pkcs8),
            Algorithm::EdDSA => EncodingKey::from_ed_der(pkcs8),
            Algorithm::RS256 => {
                let pem = pem::encode(&pem::Pem::new("PRIVATE KEY", pkcs8));
                EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(Error::internal)?
            }
            Algorithm::HS256 => return Err(Error::internal("an HS256 key is not a key pair")),
        };
        let mut jwk = Jwk::from_encoding_key(&signs, jwa(algorithm)).map_err(Error::internal)?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(Error::internal)?;
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let verifies = DecodingKey::from_jwk(&jwk).map_err(Error::internal)?;
        Ok(Self { kid, algorithm, signs, verifies, jwk })
    }
}
