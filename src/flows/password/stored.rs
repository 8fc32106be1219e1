//! Hashes as they are stored: ours, and those that users bring along.
use super::{
    super::{Error, Result, secret},
    Verdict,
};
use crate::config;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::constant_time;
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};

/// The most memory that a hash may ask for, in bytes: an imported one must not exhaust the machine.
const MOST_MEMORY: u64 = 256 << 20;
const MOST_PASSES: u32 = 16;
const MOST_ITERATIONS: u32 = 10_000_000;
const MOST_BCRYPT_COST: u32 = 15;

/// What one thread works with: the parameters, and the memory that is used again and again.
pub struct Bench {
    params: Params,
    memory: Vec<Block>,
}

/// A PHC string of argon2, taken apart.
struct Phc {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Bench {
    pub fn new(c: &config::Password) -> Self {
        let params = Params::new(c.memory, c.passes, c.lanes, Some(32)).unwrap_or(Params::DEFAULT);
        Self { params, memory: Vec::new() }
    }

    pub fn release(&mut self) {
        self.memory = Vec::new();
    }

    pub fn hash(&mut self, password: &str) -> Result<String> {
        let salt: [u8; 16] = secret::random()?;
        let params = self.params.clone();
        let hash =
            self.compute(Algorithm::Argon2id, Version::V0x13, params, password, &salt, 32)?;
        let p = &self.params;
        Ok(format!(
            "$argon2id$v=19$m={},t={},p={}${}${}",
            p.m_cost(),
            p.t_cost(),
            p.p_cost(),
            STANDARD_NO_PAD.encode(salt),
            STANDARD_NO_PAD.encode(hash)
        ))
    }

    pub fn verify(&mut self, normal: &str, typed: &str, stored: Option<&str>) -> Result<Verdict> {
        let ours = stored.and_then(Phc::parse);
        if let Some(phc) = &ours
            && self.is_current(phc)
        {
            let right = self.matches(phc, normal)?;
            return Ok(if right { Verdict::Right } else { Verdict::Wrong });
        }
        let right = match (ours, stored) {
            (Some(phc), _) => {
                self.matches(&phc, normal)? || typed != normal && self.matches(&phc, typed)?
            }
            (None, Some(stored)) => {
                is_foreign(normal, stored) || typed != normal && is_foreign(typed, stored)
            }
            (None, None) => false,
        };
        if right {
            return Ok(Verdict::Outdated);
        }
        // Nothing stored, or something cheaper than ours: the answer takes as long.
        let params = self.params.clone();
        self.compute(Algorithm::Argon2id, Version::V0x13, params, normal, &[0; 16], 32)?;
        Ok(Verdict::Wrong)
    }

    fn is_current(&self, phc: &Phc) -> bool {
        let (a, b) = (&phc.params, &self.params);
        phc.algorithm == Algorithm::Argon2id
            && phc.version == Version::V0x13
            && (a.m_cost(), a.t_cost(), a.p_cost()) == (b.m_cost(), b.t_cost(), b.p_cost())
            && phc.hash.len() == 32
    }

    fn matches(&mut self, phc: &Phc, password: &str) -> Result<bool> {
        let (params, length) = (phc.params.clone(), phc.hash.len());
        let hash = self.compute(phc.algorithm, phc.version, params, password, &phc.salt, length)?;
        Ok(constant_time::verify_slices_are_equal(&hash, &phc.hash).is_ok())
    }

    fn compute(
        &mut self,
        algorithm: Algorithm,
        version: Version,
        params: Params,
        password: &str,
        salt: &[u8],
        length: usize,
    ) -> Result<Vec<u8>> {
        let blocks = params.block_count();
        if self.memory.len() < blocks {
            self.memory.resize(blocks, Block::default());
        }
        let mut out = vec![0; length];
        Argon2::new(algorithm, version, params)
            .hash_password_into_with_memory(
                password.as_bytes(),
                salt,
                &mut out,
                &mut self.memory[..blocks],
            )
            .map_err(|e| Error::internal(e.to_string()))?;
        Ok(out)
    }
}

impl Phc {
    /// Takes a PHC string apart (Django puts `argon2` before it); `None` if it is none, or asks for
    /// more than we will give.
    fn parse(stored: &str) -> Option<Self> {
        let stored =
            stored.strip_prefix("argon2$").map_or_else(|| stored.to_owned(), |s| format!("${s}"));
        let mut parts = stored.strip_prefix('$')?.split('$');
        let algorithm = Algorithm::try_from(parts.next()?).ok()?;
        let mut next = parts.next()?;
        let mut version = Version::V0x10;
        if let Some(v) = next.strip_prefix("v=") {
            version = Version::try_from(v.parse::<u32>().ok()?).ok()?;
            next = parts.next()?;
        }
        let (mut m, mut t, mut p) = (None, None, None);
        for pair in next.split(',') {
            let (name, value) = pair.split_once('=')?;
            let value = Some(value.parse::<u32>().ok()?);
            match name {
                "m" => m = value,
                "t" => t = value,
                "p" => p = value,
                _ => return None,
            }
        }
        let (m, t, p) = (m?, t?, p?);
        if u64::from(m) * 1024 > MOST_MEMORY || t > MOST_PASSES || p > 16 {
            tracing::warn!("a stored hash asks for too much and was not computed");
            return None;
        }
        let salt = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
        let hash = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
        let whole = parts.next().is_none() && (8..=64).contains(&salt.len());
        let params = Params::new(m, t, p, Some(hash.len())).ok()?;
        (whole && (16..=64).contains(&hash.len())).then_some(Self {
            algorithm,
            version,
            params,
            salt,
            hash,
        })
    }
}

/// Whether `password` is what a hash of Django's or of bcrypt stands for.
fn is_foreign(password: &str, stored: &str) -> bool {
    if !is_bearable(stored) {
        tracing::warn!("a stored hash is of no known kind or asks for too much");
        return false;
    }
    let bcrypt = ["$2a$", "$2b$", "$2y$"].iter().any(|p| stored.starts_with(p));
    let stored = if bcrypt { format!("bcrypt${stored}") } else { stored.to_owned() };
    djangohashers::check_password(password, &stored).unwrap_or(false)
}

/// Whether a foreign hash is of a known kind and computed at a bearable cost.
fn is_bearable(stored: &str) -> bool {
    let parts: Vec<_> = stored.split('$').collect();
    let number = |at: usize| parts.get(at).and_then(|n| n.parse::<u64>().ok());
    let most = |at, most: u32| number(at).is_some_and(|n| n > 0 && n <= u64::from(most));
    match parts.first().copied() {
        Some("pbkdf2_sha256" | "pbkdf2_sha1") => parts.len() == 4 && most(1, MOST_ITERATIONS),
        // scrypt$N$SALT$R$P$HASH
        Some("scrypt") => {
            let memory =
                number(1).zip(number(3)).and_then(|(n, r)| n.checked_mul(r)?.checked_mul(128));
            parts.len() == 6 && memory.is_some_and(|m| m > 0 && m <= MOST_MEMORY) && most(4, 16)
        }
        // bcrypt$$2b$12$… and bcrypt_sha256$$2b$12$…
        Some("bcrypt" | "bcrypt_sha256") => parts.len() == 5 && most(3, MOST_BCRYPT_COST),
        Some("") => {
            matches!(parts.get(1), Some(&("2a" | "2b" | "2y"))) && most(2, MOST_BCRYPT_COST)
        }
        _ => false,
    }
}
