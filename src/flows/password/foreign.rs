//! Hashes that users bring along: Django's, and bcrypt's own.
//!
//! They come from an import, so they may be anything. Each is taken apart to the last letter before
//! anything is computed: what a library is given then neither panics nor takes more than some seconds
//! and 256 MiB.
use aws_lc_rs::pbkdf2;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::num::NonZeroU32;

/// The most that scrypt may allocate, in bytes.
const MOST_MEMORY: u64 = 256 << 20;
/// The most that scrypt may go through, in bytes.
const MOST_WORK: u64 = 1 << 30;
const MOST_ITERATIONS: u32 = 10_000_000;
const MOST_BCRYPT_COST: u8 = 15;

/// A foreign hash, taken apart.
pub enum Foreign<'a> {
    Pbkdf2 { algorithm: pbkdf2::Algorithm, iterations: NonZeroU32, salt: &'a str, hash: Vec<u8> },
    Scrypt(&'a str),
    Bcrypt(String),
}

impl<'a> Foreign<'a> {
    /// Takes a hash apart; `None` if it is of no known kind, broken, or asks for more than a login may
    /// cost.
    pub fn parse(stored: &'a str) -> Option<Self> {
        if ["$2a$", "$2b$", "$2y$"].iter().any(|version| stored.starts_with(version)) {
            return is_bcrypt(stored).then(|| Self::Bcrypt(format!("bcrypt${stored}")));
        }
        let (kind, rest) = stored.split_once('$')?;
        match kind {
            "pbkdf2_sha256" => pbkdf2(pbkdf2::PBKDF2_HMAC_SHA256, 32, rest),
            "pbkdf2_sha1" => pbkdf2(pbkdf2::PBKDF2_HMAC_SHA1, 20, rest),
            "scrypt" => is_scrypt(rest).then_some(Self::Scrypt(stored)),
            "bcrypt" | "bcrypt_sha256" => is_bcrypt(rest).then(|| Self::Bcrypt(stored.to_owned())),
            _ => None,
        }
    }

    /// Whether it is a hash of `password`.
    pub fn matches(&self, password: &str) -> bool {
        match self {
            // Not by djangohashers, which refuses more than 1,500,000 iterations, Django's next default.
            Self::Pbkdf2 { algorithm, iterations, salt, hash } => {
                let (salt, password) = (salt.as_bytes(), password.as_bytes());
                pbkdf2::verify(*algorithm, *iterations, salt, password, hash).is_ok()
            }
            Self::Scrypt(stored) => djangohashers::check_password_tolerant(password, stored),
            // To bcrypt a NUL is the end, after which the password begins again.
            Self::Bcrypt(stored) => {
                !password.contains('\0') && djangohashers::check_password_tolerant(password, stored)
            }
        }
    }
}

/// `ITERATIONS$SALT$HASH`
fn pbkdf2(algorithm: pbkdf2::Algorithm, length: usize, rest: &str) -> Option<Foreign<'_>> {
    let [iterations, salt, hash] = parts(rest)?;
    let iterations: NonZeroU32 = iterations.parse().ok()?;
    let hash = STANDARD.decode(hash).ok()?;
    let good = iterations.get() <= MOST_ITERATIONS && hash.len() == length;
    good.then_some(Foreign::Pbkdf2 { algorithm, iterations, salt, hash })
}

/// `N$SALT$R$P$HASH`, with the bounds of RFC 7914, section 2.
fn is_scrypt(rest: &str) -> bool {
    let Some([n, _, r, p, hash]) = parts(rest) else { return false };
    let number = |text: &str| text.parse::<u32>().ok().filter(|n| *n > 0).map(u64::from);
    let (Some(n), Some(r), Some(p)) = (number(n), number(r), number(p)) else { return false };
    let bytes = |count: u64| count.checked_mul(r).and_then(|count| count.checked_mul(128));
    n > 1
        && n.is_power_of_two()
        && u64::from(n.ilog2()) < 16 * r
        && bytes(n + p).is_some_and(|memory| memory <= MOST_MEMORY)
        && bytes(n * p).is_some_and(|work| work <= MOST_WORK)
        && STANDARD.decode(hash).is_ok_and(|hash| hash.len() == 64)
}

/// `$2b$COST$SALT-AND-HASH`
fn is_bcrypt(rest: &str) -> bool {
    let Some(["", "2a" | "2b" | "2y", cost, hash]) = parts(rest) else { return false };
    cost.len() == 2
        && cost.bytes().all(|b| b.is_ascii_digit())
        && cost.parse::<u8>().is_ok_and(|cost| (4..=MOST_BCRYPT_COST).contains(&cost))
        && hash.len() == 53
        && hash.bytes().all(|b| b.is_ascii_alphanumeric() || b"./".contains(&b))
}

/// The text between the dollars, if there are just so many of them.
fn parts<const N: usize>(text: &str) -> Option<[&str; N]> {
    text.split('$').collect::<Vec<_>>().try_into().ok()
}
