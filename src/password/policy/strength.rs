//! How many guesses a password takes, as zxcvbn counts them (Wheeler, "zxcvbn: Low-Budget Password
//! Strength Estimation", USENIX Security 2016).
use super::{
    personal_words::PersonalWords,
    variants::{self, Variant},
};
use zxcvbn::{matching::patterns::MatchPattern, zxcvbn};

/// How much of a password is judged, in characters. The time of zxcvbn grows faster than the square of the
/// length: 24 characters that stand for letters (`4@8(`) take 27 ms, 32 take 55 ms, 100 take 600 ms.
const MAX_GUESSED_LENGTH: usize = 24;

/// The fewest guesses that are enough. What zxcvbn calls "somewhat guessable" is below this. Eight characters
/// without a pattern are enough: each multiplies the guesses by ten. Of random passwords with eight
/// characters, 4 to 12 in a hundred contain a word by chance; with ten characters, less than one in a
/// thousand.
pub const ENOUGH: u64 = 100_000_000;

/// What it takes to guess a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Guess {
    pub guesses: u64,
    /// Whether the whole password is one word of a list.
    pub is_word: bool,
}

/// What it takes to guess a password in this form, for an attacker who knows `names`.
pub fn guess(form: &Variant, names: &PersonalWords) -> Guess {
    let text: String = form.text.chars().take(MAX_GUESSED_LENGTH).collect();
    let words: Vec<&str> =
        names.iter().chain(variants::russian_words().iter().map(String::as_str)).collect();
    let found = zxcvbn(&text, &words);
    let is_word =
        matches!(found.sequence(), [one] if matches!(one.pattern, MatchPattern::Dictionary(_)));
    // Each character that the form has lost multiplies the guesses by ten.
    let guesses = found.guesses().saturating_mul(10_u64.saturating_pow(form.lost));
    Guess { guesses, is_word }
}
