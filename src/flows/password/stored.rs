//! Hashes as they are stored: how ours are made, and how any is judged.
use super::{
    super::{Error, Result, secret},
    Verdict,
    foreign::Foreign,
    phc::Phc,
};
use crate::config;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::constant_time;
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};

/// The length of a hash of ours, in bytes.
const LENGTH: usize = 32;

/// Whether a hash of another's making can be judged at login, at a cost that a login may have. One that
/// begins with `!` lets nobody in, as Django marks accounts without a password.
pub fn is_known(stored: &str, c: &config::Password) -> bool {
    stored.starts_with('!')
        || Phc::parse(stored, &params(c)).is_some()
        || Foreign::parse(stored).is_some()
}

fn params(c: &config::Password) -> Params {
    Params::new(c.memory, c.passes, c.lanes, Some(LENGTH)).unwrap_or(Params::DEFAULT)
}

/// What one thread works with: the parameters, and the memory that is used again and again.
pub struct Bench {
    params: Params,
    memory: Vec<Block>,
    /// The memory that each hash of argon2 took, in KiB.
    #[cfg(test)]
    pub computed: Vec<u32>,
}

impl Bench {
    pub fn new(c: &config::Password) -> Self {
        Self {
            params: params(c),
            memory: Vec::new(),
            #[cfg(test)]
            computed: Vec::new(),
        }
    }

    /// Gives the memory back.
    pub fn release(&mut self) {
        self.memory = Vec::new();
    }

    /// The memory held, in KiB.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.memory.capacity()
    }

    /// A hash as a PHC string.
    pub fn hash(&mut self, password: &str) -> Result<String> {
        let phc = Phc {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            params: self.params.clone(),
            salt: secret::random::<16>()?.to_vec(),
            hash: vec![0; LENGTH],
        };
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

    /// Judges a password, given in NFC and as typed.
    ///
    /// A hash of ours costs one computation. With anything else that is wrong, one of ours comes on
    /// top, always: nothing stored and a cheap foreign hash then take no less time than ours, and no
    /// clock decides.
    pub fn verify(&mut self, normal: &str, typed: &str, stored: Option<&str>) -> Result<Verdict> {
        let phc = stored.and_then(|stored| Phc::parse(stored, &self.params));
        if let Some(phc) = phc.as_ref().filter(|phc| self.is_current(phc)) {
            let right = self.matches(phc, normal)?;
            return Ok(if right { Verdict::Right } else { Verdict::Wrong });
        }
        // Others have hashed what was typed, whatever its normal form.
        let forms = if typed == normal { &[normal][..] } else { &[normal, typed] };
        let mut right = false;
        if let Some(phc) = phc {
            for form in forms {
                right = right || self.matches(&phc, form)?;
            }
        } else if let Some(stored) = stored {
            match Foreign::parse(stored) {
                Some(foreign) => right = forms.iter().any(|form| foreign.matches(form)),
                // Django marks accounts without a password so.
                None if stored.starts_with('!') => {}
                None => tracing::warn!("a stored hash is of no known kind or asks for too much"),
            }
        }
        if right {
            return Ok(Verdict::Outdated);
        }
        self.dummy(normal)?;
        Ok(Verdict::Wrong)
    }

    /// Takes as long as a hash of ours.
    fn dummy(&mut self, password: &str) -> Result<()> {
        let phc = Phc {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            params: self.params.clone(),
            salt: vec![0; 16],
            hash: vec![0; LENGTH],
        };
        self.matches(&phc, password).map(drop)
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

    /// Hashes `password` in the way of `phc`, to as many bytes.
    fn compute(&mut self, phc: &Phc, password: &str) -> Result<Vec<u8>> {
        #[cfg(test)]
        self.computed.push(phc.params.m_cost());
        let (ours, blocks) = (self.params.block_count(), phc.params.block_count());
        // What a foreign hash takes beyond ours is not kept.
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
