//! What a password must not be made of: the names of its owner and of the site (NIST 800-63B-4,
//! 3.1.1.2: "context-specific words").
use super::variants::{self, Variant};

/// Shorter ones are in too many words.
const SHORTEST: usize = 3;
/// What has to be left of a password without the names in it, in characters.
const ENOUGH: usize = 5;

/// Words, each whole and in its parts, in the spelling of [`variants::key`], the longest first.
pub struct PersonalWords(Vec<String>);

impl PersonalWords {
    /// Addresses, usernames, first names. Of an address its parts are names as well, but not the last
    /// one of the domain; `@` before a host makes it one.
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

    /// Whether a password is some of these names and little else.
    pub fn make_up(&self, form: &Variant) -> bool {
        let key = variants::key(&form.text);
        let rest = self.0.iter().fold(key.clone(), |rest, name| rest.replace(name.as_str(), " "));
        rest != key && rest.chars().filter(|c| *c != ' ').count() < ENOUGH
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
