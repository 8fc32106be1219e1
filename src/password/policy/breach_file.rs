//! A sorted file of SHA-1 hashes of leaked passwords, as published by Have I Been Pwned: a line is
//! `HASH:COUNT`. It may have many GB: finding a password takes about 35 reads of a few bytes each, and
//! nothing is kept in memory.

use aws_lc_rs::digest;
use std::{
    fs::File,
    io::{Error, ErrorKind, Read, Result, Seek, SeekFrom},
    path::{Path, PathBuf},
};

/// The length of a hash, in hexadecimal digits.
const HASH: usize = 40;
/// The length of a read, in bytes: more than two lines.
const WINDOW: usize = 160;
/// How many places of a file are checked when it is opened.
const SAMPLES: u64 = 1000;

/// A file of hashes. It is opened again for each query, so that it may be replaced.
pub struct BreachFile(PathBuf);

/// A line: its hash in upper case, and the offset of the next line.
struct Line {
    hash: [u8; HASH],
    next: u64,
}

impl BreachFile {
    /// Checks samples of the file for its format and order.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidData`] if the format is wrong or the file is not sorted; other kinds if it cannot
    /// be read.
    pub fn open(path: &Path) -> Result<Self> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut last = line_at(&mut file, 0)?.ok_or_else(no_hashes)?.hash;
        for n in 1..=SAMPLES {
            let place = u64::try_from(u128::from(length) * u128::from(n) / u128::from(SAMPLES));
            let Some(line) = line_at(&mut file, place.unwrap_or(length))? else { break };
            if line.hash < last {
                return Err(Error::new(ErrorKind::InvalidData, "it is not sorted by hash"));
            }
            last = line.hash;
        }
        Ok(Self(path.to_owned()))
    }

    /// Whether the hash of `password` is in the file.
    pub fn contains(&self, password: &str) -> Result<bool> {
        let hash = hash(password);
        let mut file = File::open(&self.0)?;
        // The line, if it exists, starts between these offsets.
        let (mut from, mut to) = (0, file.metadata()?.len());
        while from < to {
            let middle = from.midpoint(to);
            match line_at(&mut file, middle)? {
                Some(line) if line.hash == *hash => return Ok(true),
                Some(line) if line.hash[..] < *hash => from = line.next,
                _ => to = middle,
            }
        }
        Ok(false)
    }
}

/// The first line that starts at `place` or after it.
fn line_at(file: &mut File, place: u64) -> Result<Option<Line>> {
    let before = place.saturating_sub(1);
    file.seek(SeekFrom::Start(before))?;
    let mut window = Vec::with_capacity(WINDOW);
    file.take(WINDOW as u64).read_to_end(&mut window)?;
    let is_end = window.len() < WINDOW;
    let end_of_line = |bytes: &[u8]| bytes.iter().position(|b| *b == b'\n');
    let start = match end_of_line(&window) {
        _ if place == 0 => 0,
        Some(at) => at + 1,
        None if is_end => return Ok(None),
        None => return Err(no_hashes()),
    };
    let rest = &window[start..];
    if rest.is_empty() && is_end {
        return Ok(None);
    }
    let (hash, after) = rest.split_first_chunk::<HASH>().ok_or_else(no_hashes)?;
    let ends = after.first().is_none_or(|b| b":\r\n".contains(b));
    let length = match end_of_line(rest) {
        Some(at) => at + 1,
        None if is_end => rest.len(),
        None => return Err(no_hashes()),
    };
    if !ends || !hash.iter().all(u8::is_ascii_hexdigit) {
        return Err(no_hashes());
    }
    let hash = hash.map(|b| b.to_ascii_uppercase());
    Ok(Some(Line { hash, next: before + (start + length) as u64 }))
}

fn no_hashes() -> Error {
    Error::new(ErrorKind::InvalidData, "it should have a SHA-1 hash in each line: HASH:COUNT")
}

/// SHA-1, because the file has it. Nothing here depends on its strength.
fn hash(password: &str) -> Vec<u8> {
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    hex::encode_upper(digest).into_bytes()
}

#[cfg(test)]
mod tests;
