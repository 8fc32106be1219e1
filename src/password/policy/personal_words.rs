//! The words that a password must not consist of: the names of its owner and of the site (NIST 800-63B-4,
//! 3.1.1.2: "context-specific words").
use super::variants::{self, Variant};

/// The shortest name that counts, in characters. Shorter ones are parts of too many words.
const SHORTEST: usize = 3;
/// How much of a password must be left without the names in it, in characters.
const ENOUGH: usize = 5;

/// The names, whole and in their parts, in the spelling of [`variants::key`], longest first.
pub struct PersonalWords(Vec<String>);

impl PersonalWords {
    /// Takes addresses, usernames, first names. The parts of an address are names, too, except the last
    /// label of the domain. A host with `@` before it is treated as an address.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Vec::new();
        for name in names {
            let (local, domain) = name.rsplit_once('@').unwrap_or((name, ""));
            let domain = domain.rsplit_once('.').map_or(domain, |(labels, _)| labels);
            all.extend([name, local, domain]);
            all.extend(
                [local, domain].into_iter().flat_map(|n| n.split(|c: char| !c.is_alphanumeric())),
            );
        }
        let mut keys: Vec<String> = all.into_iter().map(variants::key).collect();
        keys.retain(|key| key.chars().count() >= SHORTEST);
        keys.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        keys.dedup();
        Self(keys)
    }

    /// Whether a password consists of some of these names and little else.
    pub fn covers_most_of(&self, form: &Variant) -> bool {
        let key = variants::key(&form.text);
        let rest = self.0.iter().fold(key.clone(), |rest, name| rest.replace(name.as_str(), " "));
        rest != key && rest.chars().filter(|c| *c != ' ').count() < ENOUGH
    }

    /// The names, longest first.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
