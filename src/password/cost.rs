//! The cost of a wrong password: the same for every account, whether it exists or not, and for every kind of
//! hash.
//!
//! Each kind of hash takes a different time, so the time of a refusal would show which accounts came from
//! another service. A wrong password therefore costs one hash of every family that is stored, each at its
//! highest stored cost. What was computed for the account counts, and the rest is computed in addition. This
//! is exact, needs no clock, and works under load.

use super::{
    legacy_hashes::{Foreign, Prf},
    phc::Phc,
};
use argon2::Params;
use std::{collections::BTreeMap, fmt, num::NonZeroU32, str::FromStr};

/// A kind of hash by its cost. Within a family the cost grows with the last number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Memory in KiB, lanes, and passes.
    Argon2(u32, u32, u32),
    Pbkdf2(Prf, u32),
    /// Block size, parallelism, and the binary logarithm of the memory parameter N.
    Scrypt(u32, u32, u32),
    /// The binary logarithm of the rounds.
    Bcrypt(u32),
}

impl Kind {
    /// The kind of a stored hash; `None` if verifying it costs next to nothing.
    pub fn of(stored: &str, ours: &Params) -> Option<Self> {
        Phc::parse(stored, ours)
            .map(|phc| Self::of_argon2(&phc.params))
            .or_else(|| Self::of_foreign(&Foreign::parse(stored)?))
    }

    /// The kind of an argon2 hash.
    pub const fn of_argon2(p: &Params) -> Self {
        Self::Argon2(p.m_cost(), p.p_cost(), p.t_cost())
    }

    /// The kind of a foreign hash; `None` if verifying it costs next to nothing.
    pub fn of_foreign(foreign: &Foreign) -> Option<Self> {
        match foreign {
            Foreign::Pbkdf2 { prf, iterations, hash, .. } => {
                let blocks = u32::try_from(hash.len().div_ceil(prf.length())).ok()?;
                Some(Self::Pbkdf2(*prf, iterations.get().saturating_mul(blocks)))
            }
            Foreign::Scrypt { params, .. } => {
                Some(Self::Scrypt(params.r(), params.p(), params.log_n().into()))
            }
            Foreign::Bcrypt { hash, .. } => {
                let cost = hash.split('$').nth(2)?.parse().ok()?;
                Some(Self::Bcrypt(cost))
            }
            Foreign::Sha1 { .. } => None,
        }
    }

    /// The family, represented by its cheapest kind, and the place (the cost) within it.
    const fn apart(self) -> (Self, u32) {
        match self {
            Self::Argon2(memory, lanes, passes) => (Self::Argon2(memory, lanes, 0), passes),
            Self::Pbkdf2(prf, iterations) => (Self::Pbkdf2(prf, 0), iterations),
            Self::Scrypt(r, p, log_n) => (Self::Scrypt(r, p, 0), log_n),
            Self::Bcrypt(cost) => (Self::Bcrypt(0), cost),
        }
    }

    /// The hashes to compute in addition to one at place `done` (0: none), so that the total cost is that of
    /// one at place `all`. If each place costs twice the one before, the places in between add up to the
    /// difference.
    fn rest(self, done: u32, all: u32) -> Vec<Self> {
        let doubled = |first: u32, kind: fn(Self, u32) -> Self| match done {
            _ if done >= all => Vec::new(),
            0 => vec![kind(self, all)],
            _ => (done.max(first)..all).map(|place| kind(self, place)).collect(),
        };
        match self {
            Self::Argon2(memory, lanes, _) if done < all => {
                vec![Self::Argon2(memory, lanes, all - done)]
            }
            Self::Pbkdf2(prf, _) if done < all => vec![Self::Pbkdf2(prf, all - done)],
            Self::Argon2(..) | Self::Pbkdf2(..) => Vec::new(),
            Self::Scrypt(..) => doubled(1, |family, log_n| match family {
                Self::Scrypt(r, p, _) => Self::Scrypt(r, p, log_n),
                other => other,
            }),
            Self::Bcrypt(_) => doubled(4, |_, cost| Self::Bcrypt(cost)),
        }
    }

    /// A hash of this kind that belongs to no account; `None` for argon2, which is not foreign.
    pub fn dummy(self) -> Option<Foreign> {
        Some(match self {
            Self::Argon2(..) => return None,
            Self::Pbkdf2(prf, iterations) => Foreign::Pbkdf2 {
                prf,
                iterations: NonZeroU32::new(iterations)?,
                salt: vec![0; 16],
                hash: vec![0; prf.length()],
            },
            Self::Scrypt(r, p, log_n) => Foreign::Scrypt {
                params: scrypt::Params::new(u8::try_from(log_n).ok()?, r, p, 32).ok()?,
                salt: vec![0; 16],
                hash: vec![0; 32],
            },
            Self::Bcrypt(cost) => {
                let hash = format!("$2b${cost:02}${}", ".".repeat(53));
                Foreign::Bcrypt { prehashed: false, hash }
            }
        })
    }
}

/// The text that the database stores for a kind.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argon2(memory, lanes, passes) => write!(f, "argon2 {memory} {lanes} {passes}"),
            Self::Pbkdf2(prf, iterations) => write!(f, "pbkdf2-{prf} {iterations}"),
            Self::Scrypt(r, p, log_n) => write!(f, "scrypt {r} {p} {log_n}"),
            Self::Bcrypt(cost) => write!(f, "bcrypt {cost}"),
        }
    }
}

impl FromStr for Kind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.split(' ');
        let name = words.next().ok_or(())?;
        let costs =
            words.map(|n| n.parse::<u32>().map_err(drop)).collect::<Result<Vec<_>, ()>>()?;
        Ok(match (name, &*costs) {
            ("argon2", [memory, lanes, passes]) => Self::Argon2(*memory, *lanes, *passes),
            ("scrypt", [r, p, log_n]) => Self::Scrypt(*r, *p, *log_n),
            ("bcrypt", [cost]) => Self::Bcrypt(*cost),
            (name, [iterations]) => {
                let prf = name.strip_prefix("pbkdf2-").ok_or(())?;
                Self::Pbkdf2(prf.parse().map_err(drop)?, *iterations)
            }
            _ => return Err(()),
        })
    }
}

/// The most expensive stored kind of each family.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Costs(BTreeMap<Kind, u32>);

impl Costs {
    /// Adds a stored kind.
    pub fn note(&mut self, kind: Kind) {
        let (family, place) = kind.apart();
        let slowest = self.0.entry(family).or_default();
        *slowest = place.max(*slowest);
    }

    /// The hashes still to compute after one hash of the kind `done`.
    pub fn rest(&self, done: Option<Kind>) -> Vec<Kind> {
        let done = done.map(Kind::apart);
        let of = |family: Kind| done.filter(|(f, _)| *f == family).map_or(0, |(_, place)| place);
        self.0.iter().flat_map(|(family, all)| family.rest(of(*family), *all)).collect()
    }
}

#[cfg(test)]
mod tests;
