//! Stored password hashes: computing ours, and verifying a password against ours and foreign ones.
use super::{
    Verdict,
    cost::{Costs, Kind},
    legacy_hashes::Foreign,
    phc::Phc,
};
use crate::{
    config,
    password::{Error, Result},
    secret,
};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::constant_time;
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use std::sync::Arc;

/// The length of our hashes, in bytes.
const LENGTH: usize = 32;

/// Whether a hash from another service can be verified at login, at a cost that a login may have. One that
/// begins with `!` matches no password: Django marks accounts without a password so.
pub fn is_known(stored: &str, c: &config::Password) -> bool {
    stored.starts_with('!')
        || Phc::parse(stored, &params(c)).is_some()
        || Foreign::parse(stored).is_some()
}

/// The kind of a stored hash; `None` if verifying it costs next to nothing.
pub fn kind(stored: &str, c: &config::Password) -> Option<Kind> {
    Kind::of(stored, &params(c))
}

/// The kind of hash that the current settings make.
pub fn our_kind(c: &config::Password) -> Kind {
    Kind::of_argon2(&params(c))
}

/// A hash of our kind, before it is computed.
fn unhashed(params: Params, salt: [u8; 16]) -> Phc {
    let (algorithm, version) = (Algorithm::Argon2id, Version::V0x13);
    Phc { algorithm, version, params, salt: salt.to_vec(), hash: vec![0; LENGTH] }
}

fn params(c: &config::Password) -> Params {
    Params::new(c.memory, c.passes, c.lanes, Some(LENGTH)).unwrap_or(Params::DEFAULT)
}

/// The state of one hashing thread: the parameters, and the memory that it reuses.
pub struct Scratch {
    params: Params,
    memory: Vec<Block>,
    /// What a wrong password must cost.
    pub slowest: Arc<Costs>,
    /// The kinds of hashes computed so far.
    #[cfg(test)]
    pub work: Vec<Kind>,
    /// The memory of each computed argon2 hash, in KiB.
    #[cfg(test)]
    pub computed: Vec<u32>,
}

impl Scratch {
    /// A state without memory, which is allocated by the first hash.
    pub fn new(c: &config::Password) -> Self {
        let mut slowest = Costs::default();
        slowest.note(our_kind(c));
        Self {
            params: params(c),
            memory: Vec::new(),
            slowest: Arc::new(slowest),
            #[cfg(test)]
            work: Vec::new(),
            #[cfg(test)]
            computed: Vec::new(),
        }
    }

    /// Frees the memory.
    pub fn release(&mut self) {
        self.memory = Vec::new();
    }

    /// The allocated memory, in KiB.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.memory.capacity()
    }

    /// Hashes a password to a PHC string.
    pub fn hash(&mut self, password: &str) -> Result<String> {
        let phc = unhashed(self.params.clone(), secret::random()?);
        let hash = self.compute(&phc, password)?;
        let p = &self.params;
        Ok(format!(
            "$argon2id$v=19$m={},t={},p={}${}${}",
            p.m_cost(),
            p.t_cost(),
            p.p_cost(),
            STANDARD_NO_PAD.encode(&phc.salt),
            STANDARD_NO_PAD.encode(hash)
        ))
    }

    /// Verifies a password, given in NFC and as typed.
    ///
    /// A wrong one costs the same whatever is stored, and if nothing is stored: see `cost`. Other services
    /// hash what was typed, whatever its normal form, so both forms are tried, and both count in the cost.
    pub fn verify(&mut self, normal: &str, typed: &str, stored: Option<&str>) -> Result<Verdict> {
        let forms = if typed == normal { &[normal][..] } else { &[normal, typed] };
        let (done, verdict) = self.judge(forms, stored)?;
        if verdict == Verdict::Wrong {
            let slowest = Arc::clone(&self.slowest);
            for (n, form) in forms.iter().enumerate() {
                for kind in slowest.rest(done.filter(|(count, _)| n < *count).map(|(_, kind)| kind))
                {
                    self.compute_and_discard(kind, form)?;
                }
            }
        }
        Ok(verdict)
    }

    /// The verdict, and how many hashes of which kind were computed for it.
    fn judge(
        &mut self,
        forms: &[&str],
        stored: Option<&str>,
    ) -> Result<(Option<(usize, Kind)>, Verdict)> {
        let right = |right| if right { Verdict::Outdated } else { Verdict::Wrong };
        let Some(stored) = stored else { return Ok((None, Verdict::Wrong)) };
        if let Some(phc) = Phc::parse(stored, &self.params) {
            let kind = Kind::of_argon2(&phc.params);
            if self.is_current(&phc) {
                let normal = forms.first().copied().unwrap_or_default();
                let verdict =
                    if self.matches(&phc, normal)? { Verdict::Right } else { Verdict::Wrong };
                return Ok((Some((1, kind)), verdict));
            }
            let mut found = false;
            for form in forms {
                found = found || self.matches(&phc, form)?;
            }
            return Ok((Some((forms.len(), kind)), right(found)));
        }
        if let Some(foreign) = Foreign::parse(stored) {
            let found = forms.iter().any(|form| self.matches_foreign(&foreign, form));
            let kind = Kind::of_foreign(&foreign).map(|kind| (forms.len(), kind));
            return Ok((kind, right(found)));
        }
        // Django marks accounts without a password with `!`.
        if !stored.starts_with('!') {
            tracing::warn!("a stored hash is of an unknown kind or too expensive to compute");
        }
        Ok((None, Verdict::Wrong))
    }

    /// Computes a hash of `kind` and discards it.
    fn compute_and_discard(&mut self, kind: Kind, password: &str) -> Result<()> {
        if let Some(foreign) = kind.dummy() {
            self.matches_foreign(&foreign, password);
            return Ok(());
        }
        let Kind::Argon2(memory, lanes, passes) = kind else { return Ok(()) };
        let params = Params::new(memory, passes, lanes, Some(LENGTH)).map_err(Error::internal)?;
        self.matches(&unhashed(params, [0; 16]), password).map(drop)
    }

    #[cfg_attr(not(test), expect(clippy::unused_self, reason = "tests count what is computed"))]
    fn matches_foreign(&mut self, foreign: &Foreign, password: &str) -> bool {
        #[cfg(test)]
        self.work.extend(Kind::of_foreign(foreign));
        foreign.matches(password)
    }

    fn is_current(&self, phc: &Phc) -> bool {
        let costs = |p: &Params| (p.m_cost(), p.t_cost(), p.p_cost());
        phc.algorithm == Algorithm::Argon2id
            && phc.version == Version::V0x13
            && costs(&phc.params) == costs(&self.params)
            && phc.hash.len() == LENGTH
    }

    fn matches(&mut self, phc: &Phc, password: &str) -> Result<bool> {
        let hash = self.compute(phc, password)?;
        Ok(constant_time::verify_slices_are_equal(&hash, &phc.hash).is_ok())
    }

    /// Hashes `password` with the algorithm, parameters, salt and length of `phc`.
    fn compute(&mut self, phc: &Phc, password: &str) -> Result<Vec<u8>> {
        #[cfg(test)]
        {
            self.computed.push(phc.params.m_cost());
            self.work.push(Kind::of_argon2(&phc.params));
        }
        let (ours, blocks) = (self.params.block_count(), phc.params.block_count());
        // Memory beyond what our hashes need is not kept.
        let mut more = Vec::new();
        let memory = if blocks > ours {
            more.resize(blocks, Block::new());
            &mut more
        } else {
            self.memory.resize(ours, Block::new());
            &mut self.memory
        };
        let mut hash = vec![0; phc.hash.len()];
        Argon2::new(phc.algorithm, phc.version, phc.params.clone())
            .hash_password_into_with_memory(
                password.as_bytes(),
                &phc.salt,
                &mut hash,
                &mut memory[..blocks],
            )
            .map_err(|e| Error::internal(e.to_string()))?;
        Ok(hash)
    }
}
