//! The forms of a password that an attacker tries. Word lists and zxcvbn know only Latin letters, and Russian
//! words occur in two other forms: in Latin letters (`privet`), and typed with the wrong keyboard layout
//! (`ghbdtn`; `йцукен` is `qwerty`).
use std::{borrow::Cow, sync::LazyLock};
use unicode_normalization::UnicodeNormalization;

/// The keys that have a Russian letter besides the Latin one, in the order of `RUSSIAN_KEYS`.
const LATIN_KEYS: &str = "`qwertyuiop[]asdfghjkl;'zxcvbnm,.";
const SHIFTED_KEYS: &str = "~qwertyuiop{}asdfghjkl:\"zxcvbnm<>";
const RUSSIAN_KEYS: &str = "ёйцукенгшщзхъфывапролджэячсмитьбю";

/// Letters as passports spell them, but without the soft and the hard sign, which nobody types.
const PASSPORT: &str = "а=a б=b в=v г=g ґ=g д=d е=e ё=e э=e ж=zh з=z и=i і=i й=y ы=y к=k л=l м=m н=n \
                        о=o п=p р=r с=s т=t у=u ў=u ф=f х=kh ц=ts ч=ch ш=sh щ=shch ъ= ь= ю=yu я=ya \
                        є=ye ї=yi";
/// Letters as many write them in chats, where that differs.
const CHAT: &str = "й=j х=h ц=c щ=sch ы=i ю=u я=ja ё=yo";

/// One form of a password.
#[derive(Debug, PartialEq, Eq)]
pub struct Variant {
    /// The text, without Cyrillic letters.
    pub text: String,
    /// How many characters of the password are missing in it.
    pub lost: u32,
}

impl Variant {
    fn of(text: &str) -> Self {
        let lost = text.chars().filter(|c| "ьъ".contains(*c)).count();
        Self { text: latin(text), lost: u32::try_from(lost).unwrap_or(u32::MAX) }
    }
}

/// A password as typed, and as it would be with the other keyboard layout, if that differs.
pub fn of(password: &str) -> Vec<Variant> {
    let text: String = password.nfkc().collect();
    let lower = text.to_lowercase();
    let other = Variant::of(&on_the_other_layout(&lower));
    // A Latin password keeps its capitals: they make a word harder to guess.
    let typed = if is_russian(&lower) { Variant::of(&lower) } else { Variant { text, lost: 0 } };
    if other.text == lower { vec![typed] } else { vec![typed, other] }
}

/// A text in one spelling for comparing: lower case, Latin, only letters and digits.
pub fn key(text: &str) -> String {
    let lower = text.nfkc().collect::<String>().to_lowercase();
    latin(&lower).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Very common Russian words, names and passwords in Latin letters, in both usual spellings, most common
/// first.
pub fn russian_words() -> &'static [String] {
    static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let mut words = Vec::new();
        for word in include_str!("russian.txt").split_whitespace() {
            let passport = latin(word);
            let in_chat = |c| spelled(CHAT, c).map_or_else(|| spelling(c), Cow::Borrowed);
            let chat: String = word.chars().map(in_chat).collect();
            if chat != passport {
                words.push(chat);
            }
            words.push(passport);
        }
        words
    });
    &WORDS
}

fn is_russian(text: &str) -> bool {
    text.chars().any(|c| ('а'..='я').contains(&c) || c == 'ё')
}

/// What the same keys type with the other layout. `lower` is in lower case.
fn on_the_other_layout(lower: &str) -> String {
    let swap = |from: &str, to: &str, c: char| {
        from.chars().position(|k| k == c).and_then(|at| to.chars().nth(at))
    };
    let to_latin = is_russian(lower);
    let key = |c| {
        if to_latin {
            swap(RUSSIAN_KEYS, LATIN_KEYS, c)
        } else {
            swap(LATIN_KEYS, RUSSIAN_KEYS, c).or_else(|| swap(SHIFTED_KEYS, RUSSIAN_KEYS, c))
        }
    };
    lower.chars().map(|c| key(c).unwrap_or(c)).collect()
}

fn latin(lower: &str) -> String {
    lower.chars().map(spelling).collect()
}

/// A letter in Latin letters; any other character as it is.
fn spelling(c: char) -> Cow<'static, str> {
    spelled(PASSPORT, c).map_or_else(|| Cow::Owned(c.to_string()), Cow::Borrowed)
}

fn spelled(spellings: &'static str, c: char) -> Option<&'static str> {
    spellings.split(' ').find_map(|spelling| spelling.strip_prefix(c)?.strip_prefix('='))
}
