//! Passwords of public leaks, in a filter that is part of the program.
//!
//! `leaked.filter` is a binary fuse filter with fingerprints of 16 bits. It contains the most frequent
//! passwords of a list of a million that the rest of the policy would accept. `scripts/leaked-filter`
//! generates it and names the package with the list. The filter has no false negatives, and one false
//! positive in 65,536 other passwords.
use aws_lc_rs::digest;
use std::sync::LazyLock;
use xorf::{BinaryFuse16, Descriptor, Filter};

static FILTER: LazyLock<BinaryFuse16> =
    LazyLock::new(|| read(include_bytes!("leaked.filter")).unwrap_or_else(|| unreachable!()));

/// Whether a password is in the filter, regardless of case.
pub fn contains(password: &str) -> bool {
    FILTER.contains(&key(password))
}

fn key(password: &str) -> u64 {
    let hash = digest::digest(&digest::SHA256, password.to_lowercase().as_bytes());
    hash.as_ref().iter().take(8).fold(0, |key, byte| key << 8 | u64::from(*byte))
}

/// Reads the format that `making::write` writes.
fn read(bytes: &[u8]) -> Option<BinaryFuse16> {
    let (seed, rest) = bytes.split_first_chunk()?;
    let (segment_length, rest) = rest.split_first_chunk()?;
    let (segment_length_mask, rest) = rest.split_first_chunk()?;
    let (segment_count_length, rest) = rest.split_first_chunk()?;
    let descriptor = Descriptor {
        seed: u64::from_le_bytes(*seed),
        segment_length: u32::from_le_bytes(*segment_length),
        segment_length_mask: u32::from_le_bytes(*segment_length_mask),
        segment_count_length: u32::from_le_bytes(*segment_count_length),
    };
    let (fingerprints, _) = rest.as_chunks();
    Some(BinaryFuse16 {
        descriptor,
        fingerprints: fingerprints.iter().map(|b| u16::from_le_bytes(*b)).collect(),
    })
}

#[cfg(all(test, leaked_list))]
mod making {
    use super::*;
    use crate::password::policy::{
        personal_words::PersonalWords,
        strength::{ENOUGH, guess},
        variants,
    };
    use std::{collections::HashSet, fs, path::Path, thread};

    /// How many passwords the filter takes: its size stays below 300 kB.
    const MOST: usize = 125_000;

    /// Writes the format that [`read`] reads.
    fn write(filter: &BinaryFuse16) -> Vec<u8> {
        let d = &filter.descriptor;
        let mut bytes = d.seed.to_le_bytes().to_vec();
        for n in [d.segment_length, d.segment_length_mask, d.segment_count_length] {
            bytes.extend(n.to_le_bytes());
        }
        bytes.extend(filter.fingerprints.iter().flat_map(|f| f.to_le_bytes()));
        bytes
    }

    /// Whether the policy accepts a password without the filter.
    fn passes(password: &str) -> bool {
        let names = PersonalWords::of([]);
        password.chars().count() >= 8
            && variants::of(password).iter().all(|form| guess(form, &names).guesses >= ENOUGH)
    }

    #[test]
    fn generate_the_filter() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let list = fs::read_to_string(folder.join("target/leaked/list.txt")).unwrap();
        let list: Vec<&str> = list.lines().collect();
        let part = list.len().div_ceil(thread::available_parallelism().unwrap().get());
        let left: Vec<&str> = thread::scope(|scope| {
            let parts = list.chunks(part).map(|some| {
                scope.spawn(|| some.iter().copied().filter(|p| passes(p)).collect::<Vec<_>>())
            });
            let parts: Vec<_> = parts.collect();
            parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
        });
        let mut seen = HashSet::new();
        let keys = left.iter().map(|password| key(password)).filter(|key| seen.insert(*key));
        let keys: Vec<u64> = keys.take(MOST).collect();
        let bytes = write(&BinaryFuse16::try_from(&keys).unwrap());
        println!("{} pass, {} taken, {} bytes", left.len(), keys.len(), bytes.len());
        let filter = read(&bytes).unwrap();
        assert!(keys.iter().all(|key| filter.contains(key)));
        fs::write(folder.join("src/password/policy/leaked.filter"), bytes).unwrap();
    }
}
