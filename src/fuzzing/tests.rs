//! Runs every fuzz target for the inputs in its corpus, and then for random changes of them: without the
//! feedback of libFuzzer, but in any build. `FUZZ_SECONDS` says how long each target runs, 1 s by default.
use std::{
    collections::BTreeSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Declares a test for each target.
macro_rules! targets {
    ($($target:ident,)+) => {
        const TARGETS: &[&str] = &[$(stringify!($target)),+];
        $(#[test]
        fn $target() {
            run(stringify!($target), super::$target);
        })+
    };
}

targets! {
    accept, authorization, body, caller, cookies, csv, identifiers, import, next, password_hash,
    proxy_protocol, refresh_token,
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(folder);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_target_has_a_program() {
    let stem = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let programs: BTreeSet<_> = files("fuzz_targets").into_iter().map(stem).collect();
    assert_eq!(programs, TARGETS.iter().map(|name| (*name).to_owned()).collect());
}

#[expect(clippy::disallowed_methods, reason = "a test is configured by its environment")]
fn duration() -> Duration {
    let seconds = std::env::var("FUZZ_SECONDS").ok().and_then(|n| n.parse().ok());
    Duration::from_secs(seconds.unwrap_or(1))
}

fn run(name: &str, target: fn(&[u8])) {
    let inputs: Vec<_> =
        files(&format!("corpus/{name}")).iter().map(|f| fs::read(f).unwrap()).collect();
    assert!(inputs.len() > 5, "the corpus of {name}");
    for input in &inputs {
        check(target, input);
    }
    let words = dictionary(name);
    let mut random = Random(0);
    let start = Instant::now();
    while start.elapsed() < duration() {
        let mut input = random.of(&inputs).clone();
        for _ in 0..=random.below(4) {
            change(&mut input, &mut random, &inputs, &words);
        }
        check(target, &input);
    }
}

fn check(target: fn(&[u8]), input: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(input))) {
        println!("the input: \"{}\"", input.escape_ascii());
        resume_unwind(panic);
    }
}

/// The words in the dictionary of a target (libFuzzer's format): `"x\n"` is written as `"x\x0a"`.
fn dictionary(name: &str) -> Vec<Vec<u8>> {
    let file = format!("{}/fuzz/dictionaries/{name}.dict", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(file).unwrap();
    let word = |line: &str| {
        let line = line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).unwrap();
        let mut parts = line.split("\\x");
        let mut word = parts.next().unwrap().as_bytes().to_vec();
        for part in parts {
            word.push(u8::from_str_radix(&part[..2], 16).unwrap());
            word.extend(&part.as_bytes()[2..]);
        }
        word
    };
    text.lines().map(word).collect()
}

/// Pseudo-random numbers (`SplitMix64`), the same in every run.
struct Random(u64);

impl Random {
    /// A number below `end`; 0 if that is 0.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut n = self.0;
        n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((n ^ (n >> 31)) >> 32).unwrap() % end.max(1)
    }

    fn of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }
}

/// Changes one place of an input.
fn change(input: &mut Vec<u8>, random: &mut Random, inputs: &[Vec<u8>], words: &[Vec<u8>]) {
    let at = random.below(input.len() + 1);
    let end = (at + random.below(8)).min(input.len());
    let byte = u8::try_from(random.below(256)).unwrap();
    match random.below(7) {
        0 => drop(input.splice(at..end, [])),
        1 => drop(input.splice(at..end, [byte])),
        2 => input.insert(at, byte),
        3 => drop(input.splice(at..at, random.of(words).clone())),
        4 => drop(input.splice(at..end, random.of(words).clone())),
        5 => {
            let part = input[at..].to_vec();
            input.extend(&part[..part.len().min(512)]);
        }
        _ => {
            let other = random.of(inputs);
            let from = random.below(other.len());
            input.truncate(at);
            input.extend(&other[from..]);
        }
    }
    input.truncate(1 << 14);
}
