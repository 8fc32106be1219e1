//! How many guesses a password stands, as zxcvbn counts them (Wheeler, "zxcvbn: Low-Budget Password
//! Strength Estimation", USENIX Security 2016).
use super::{
    personal_words::PersonalWords,
    variants::{self, Variant},
};
use zxcvbn::{matching::patterns::MatchPattern, zxcvbn};

/// So much of a password is looked at, in characters. zxcvbn takes more than the square of the length:
/// of signs that stand for letters (`4@8(`), 24 take it 27 ms, 32 take 55, 100 take 600.
const MOST: usize = 24;

/// What zxcvbn calls "somewhat guessable" is below this. Eight characters without a pattern, each of
/// which counts for ten guesses, are enough; of random ones 4 to 12 in a hundred have some word in them
/// by chance, of ten characters less than one in a thousand.
pub const ENOUGH: u64 = 100_000_000;

/// What it takes to guess a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Guess {
    pub guesses: u64,
    /// All of it is one word of a list.
    pub is_word: bool,
}

/// What it takes to guess a password in this form, for one who knows `names`.
pub fn guess(form: &Variant, names: &PersonalWords) -> Guess {
    let text: String = form.text.chars().take(MOST).collect();
    let words: Vec<&str> =
        names.iter().chain(variants::russian_words().iter().map(String::as_str)).collect();
    let found = zxcvbn(&text, &words);
    let is_word =
        matches!(found.sequence(), [one] if matches!(one.pattern, MatchPattern::Dictionary(_)));
    // A sign that the form has lost would have stood ten guesses.
    let guesses = found.guesses().saturating_mul(10_u64.saturating_pow(form.lost));
    Guess { guesses, is_word }
}
