//! argon2 hashes as PHC strings, ours and those of other services.
use argon2::{Algorithm, Params, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use std::ops::RangeInclusive;

/// The most memory that a stored hash may ask for, in KiB.
const MOST_MEMORY: u32 = 256 << 10;
const MOST_PASSES: u32 = 16;
const MOST_LANES: u32 = 16;
const SALT: RangeInclusive<usize> = 8..=64;
const HASH: RangeInclusive<usize> = 16..=64;

/// A parsed PHC string of argon2.
pub struct Phc {
    pub algorithm: Algorithm,
    pub version: Version,
    pub params: Params,
    pub salt: Vec<u8>,
    pub hash: Vec<u8>,
}

impl Phc {
    /// Parses a PHC string (Django puts `argon2` before it); `None` if it is not one, or asks for more than
    /// a login may cost. It may always ask for as much memory as `ours`.
    pub fn parse(stored: &str, ours: &Params) -> Option<Self> {
        let stored = stored.strip_prefix("argon2").unwrap_or(stored);
        let mut parts = stored.strip_prefix('$')?.split('$');
        let algorithm = Algorithm::try_from(parts.next()?).ok()?;
        let mut next = parts.next()?;
        // Strings from before version 1.3 name no version.
        let mut version = Version::V0x10;
        if let Some(v) = next.strip_prefix("v=") {
            version = Version::try_from(v.parse::<u32>().ok()?).ok()?;
            next = parts.next()?;
        }
        let mut costs = next.split(',');
        let mut cost = |name, most| {
            let value = costs.next()?.strip_prefix(name)?.parse().ok()?;
            (value <= most).then_some(value)
        };
        let m = cost("m=", MOST_MEMORY.max(ours.m_cost()))?;
        let t = cost("t=", MOST_PASSES)?;
        let p = cost("p=", MOST_LANES)?;
        let salt = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
        let hash = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
        let whole = costs.next().is_none() && parts.next().is_none();
        if !whole || !SALT.contains(&salt.len()) || !HASH.contains(&hash.len()) {
            return None;
        }
        let params = Params::new(m, t, p, Some(hash.len())).ok()?;
        Some(Self { algorithm, version, params, salt, hash })
    }
}
