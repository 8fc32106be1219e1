//! Password hashes of other services: Django's, bcrypt's own, passlib's and those of LDAP.
//!
//! They come from an import, so they may be anything. Each is parsed completely before anything is computed,
//! so that the input of a library neither makes it panic nor takes more than some seconds and 256 MiB.
use aws_lc_rs::{constant_time, digest, pbkdf2};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use std::{num::NonZeroU32, ops::RangeInclusive};

/// The most that scrypt may allocate, in bytes.
const MOST_MEMORY: u64 = 256 << 20;
/// The most memory that scrypt may process in total, in bytes.
const MOST_WORK: u64 = 1 << 30;
const MOST_ITERATIONS: u32 = 10_000_000;
const MOST_BCRYPT_COST: u8 = 15;
/// The length of a hash, in bytes.
const HASH: RangeInclusive<usize> = 16..=64;
const SALT: usize = 256;

/// The hash function of PBKDF2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display, strum::EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum Prf {
    Sha1,
    Sha256,
    Sha512,
}

impl Prf {
    /// The length of a block of output, in bytes. Each block costs all the iterations.
    pub const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    /// The function as the library names it.
    pub const fn algorithm(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }
}

/// A parsed foreign hash.
pub enum Foreign {
    Pbkdf2 {
        prf: Prf,
        iterations: NonZeroU32,
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
    Scrypt {
        params: scrypt::Params,
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
    Sha1 {
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
    /// What bcrypt hashed is `password`, or the SHA-256 of it as Django writes it.
    Bcrypt {
        prehashed: bool,
        hash: String,
    },
}

impl Foreign {
    /// Parses a hash; `None` if its kind is unknown, it is malformed, or it asks for more than a login may
    /// cost.
    pub fn parse(stored: &str) -> Option<Self> {
        if ["$2a$", "$2b$", "$2y$"].iter().any(|version| stored.starts_with(version)) {
            return bcrypt(stored, false);
        }
        if let Some(rest) = stored.strip_prefix("{SSHA}") {
            return ssha(rest);
        }
        let text = |salt: &str| salt.as_bytes().to_vec();
        let (kind, rest) = stored.split_once('$')?;
        match kind {
            "" => crypt(rest),
            "pbkdf2_sha256" | "pbkdf2_sha1" => {
                let [iterations, salt, hash] = parts(rest)?;
                let prf = if kind == "pbkdf2_sha1" { Prf::Sha1 } else { Prf::Sha256 };
                let hash = STANDARD.decode(hash).ok().filter(|hash| hash.len() == prf.length())?;
                pbkdf2(prf, iterations, text(salt), hash)
            }
            "scrypt" => {
                let [n, salt, r, p, hash] = parts(rest)?;
                let n = n.parse::<u64>().ok().filter(|n| n.is_power_of_two())?;
                let hash = STANDARD.decode(hash).ok().filter(|hash| hash.len() == 64)?;
                scrypt(n.ilog2(), [r, p], text(salt), hash)
            }
            "bcrypt" | "bcrypt_sha256" => bcrypt(rest, kind == "bcrypt_sha256"),
            _ => None,
        }
    }

    /// Whether it is a hash of `password`.
    pub fn matches(&self, password: &str) -> bool {
        match self {
            Self::Pbkdf2 { prf, iterations, salt, hash } => {
                let algorithm = prf.algorithm();
                pbkdf2::verify(algorithm, *iterations, salt, password.as_bytes(), hash).is_ok()
            }
            Self::Scrypt { params, salt, hash } => {
                let mut made = vec![0; hash.len()];
                scrypt::scrypt(password.as_bytes(), salt, params, &mut made).is_ok()
                    && constant_time::verify_slices_are_equal(&made, hash).is_ok()
            }
            Self::Sha1 { salt, hash } => {
                let mut sha1 = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
                sha1.update(password.as_bytes());
                sha1.update(salt);
                constant_time::verify_slices_are_equal(sha1.finish().as_ref(), hash).is_ok()
            }
            // For bcrypt a NUL ends the password, which then repeats.
            Self::Bcrypt { .. } if password.contains('\0') => false,
            Self::Bcrypt { prehashed, hash } => {
                let sha256 = digest::digest(&digest::SHA256, password.as_bytes());
                let sha256 = hex::encode(sha256);
                let input = if *prehashed { sha256.as_str() } else { password };
                bcrypt::verify(input, hash).unwrap_or(false)
            }
        }
    }
}

/// Parses `$scrypt$ln=N,r=R,p=P$SALT$HASH`, `$pbkdf2-sha256$ITERATIONS$SALT$HASH` as passlib writes it, and
/// `$pbkdf2-sha256$i=ITERATIONS,l=LENGTH$SALT$HASH` as in a PHC string.
fn crypt(rest: &str) -> Option<Foreign> {
    let [kind, costs, salt, hash] = parts(rest)?;
    // passlib writes a dot instead of +.
    let bytes = |text: &str| STANDARD_NO_PAD.decode(text.replace('.', "+")).ok();
    let (salt, hash) = (bytes(salt)?, bytes(hash)?);
    if kind == "scrypt" {
        let (ln, costs) = costs.strip_prefix("ln=")?.split_once(",r=")?;
        let (r, p) = costs.split_once(",p=")?;
        return scrypt(ln.parse().ok()?, [r, p], salt, hash);
    }
    let prf = match kind {
        "pbkdf2-sha256" => Prf::Sha256,
        "pbkdf2-sha512" => Prf::Sha512,
        _ => return None,
    };
    let iterations = match costs.strip_prefix("i=") {
        Some(phc) => phc.split_once(",l=").map_or(phc, |(iterations, _)| iterations),
        None => costs,
    };
    pbkdf2(prf, iterations, salt, hash)
}

/// Checks the bounds.
fn pbkdf2(prf: Prf, iterations: &str, salt: Vec<u8>, hash: Vec<u8>) -> Option<Foreign> {
    let iterations = iterations.parse::<NonZeroU32>().ok()?;
    let blocks = u32::try_from(hash.len().div_ceil(prf.length())).ok()?;
    let cost = iterations.get().saturating_mul(blocks);
    let good = cost <= MOST_ITERATIONS && fits(&salt, &hash);
    good.then_some(Foreign::Pbkdf2 { prf, iterations, salt, hash })
}

/// Checks the bounds of RFC 7914, section 2, and ours.
fn scrypt(log_n: u32, costs: [&str; 2], salt: Vec<u8>, hash: Vec<u8>) -> Option<Foreign> {
    let [r, p] = costs.map(|text| text.parse::<u32>().ok().filter(|n| *n > 0));
    let (r, p) = (r?, p?);
    let n = 1_u64.checked_shl(log_n).filter(|n| *n > 1)?;
    let bytes = |count: u64| count.checked_mul(u64::from(r))?.checked_mul(128);
    let good = u64::from(log_n) < 16 * u64::from(r)
        && bytes(n.checked_add(p.into())?)? <= MOST_MEMORY
        && bytes(n.checked_mul(p.into())?)? <= MOST_WORK
        && fits(&salt, &hash);
    let params = scrypt::Params::new(u8::try_from(log_n).ok()?, r, p, hash.len()).ok()?;
    good.then_some(Foreign::Scrypt { params, salt, hash })
}

/// Parses what follows `{SSHA}`: the hash and its salt, encoded together (RFC 2307).
fn ssha(rest: &str) -> Option<Foreign> {
    let mut hash = STANDARD.decode(rest).ok().filter(|bytes| bytes.len() > 20)?;
    let salt = hash.split_off(20);
    fits(&salt, &hash).then_some(Foreign::Sha1 { salt, hash })
}

fn fits(salt: &[u8], hash: &[u8]) -> bool {
    salt.len() <= SALT && HASH.contains(&hash.len())
}

/// Parses `$2b$COST$SALT-AND-HASH`.
fn bcrypt(stored: &str, prehashed: bool) -> Option<Foreign> {
    let ["", "2a" | "2b" | "2y", cost, hash] = parts(stored)? else { return None };
    let good = cost.len() == 2
        && cost.bytes().all(|b| b.is_ascii_digit())
        && cost.parse::<u8>().is_ok_and(|cost| (4..=MOST_BCRYPT_COST).contains(&cost))
        && hash.len() == 53
        && hash.bytes().all(|b| b.is_ascii_alphanumeric() || b"./".contains(&b));
    good.then(|| Foreign::Bcrypt { prehashed, hash: stored.to_owned() })
}

/// The texts between the dollars, if there are exactly `N`.
fn parts<const N: usize>(text: &str) -> Option<[&str; N]> {
    text.split('$').collect::<Vec<_>>().try_into().ok()
}
