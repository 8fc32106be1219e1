//! Addresses, usernames, first names and role names. Each is normalized, so that two that look or read alike
//! count as the same.

use crate::field_error::FieldError;
use caseless::Caseless;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_script::{Script, UnicodeScript};

/// An e-mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// The address for mails: as its owner wrote it, with the domain in ASCII and lower case.
    pub email: String,
    /// The address for comparing: all of it in lower case.
    pub key: String,
}

impl Email {
    /// The longest address (RFC 5321, 4.5.3.1.3), in bytes.
    const LONGEST: usize = 254;

    /// Parses an address. The local part must be ASCII and is not converted to it: other letters have
    /// different spellings that look the same, and hardly any mail server delivers to them. The domain may
    /// be international (IDNA, UTS 46), and has at least one dot.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(FieldError::Blank);
        }
        // Before the domain is parsed, which takes time.
        if text.len() > 4 * Self::LONGEST {
            return Err(FieldError::NotEmail);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(FieldError::NotEmail)?;
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| FieldError::NotEmail)?;
        let email = format!("{local}@{domain}");
        let plain = is_local_part(local) && is_domain(&domain);
        if !plain || email.len() > Self::LONGEST {
            return Err(FieldError::NotEmail);
        }
        let key = email.to_ascii_lowercase();
        Ok(Self { email, key })
    }
}

/// A dot-atom (RFC 5322, 3.2.3) of at most 64 bytes.
fn is_local_part(local: &str) -> bool {
    let is_atom = |atom: &str| {
        !atom.is_empty()
            && atom
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b))
    };
    local.len() <= 64 && local.split('.').all(is_atom)
}

/// Two labels or more, of which the last one starts with a letter: an IP address is not a domain.
fn is_domain(domain: &str) -> bool {
    domain.split('.').all(|label| (1..=63).contains(&label.len()))
        && domain
            .rsplit_once('.')
            .is_some_and(|(_, last)| last.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// A username.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username {
    /// The username as it is shown (NFKC, single spaces).
    pub name: String,
    /// The username for comparing: caseless (Unicode 3.13, D147).
    pub key: String,
}

impl Username {
    /// The longest username, in characters.
    pub const LONGEST: usize = 64;

    /// More bytes than any 64 characters take, even if they are decomposed.
    const MOST_BYTES: usize = 18 * 4 * Self::LONGEST;

    /// Parses a username: letters of any script, digits, spaces inside, `.`, `_`, `-`, `+`.
    ///
    /// It refuses invisible characters, and words that mix Latin, Cyrillic and Greek letters, which look
    /// alike (a part of UTS 39). A word entirely in one of these alphabets may still look like one in
    /// another.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        if text.len() > Self::MOST_BYTES {
            return Err(FieldError::TooLong(Self::LONGEST));
        }
        let name: String = text.trim().nfkc().collect();
        let name = name.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        if name.is_empty() {
            return Err(FieldError::Blank);
        }
        if name.chars().count() > Self::LONGEST {
            return Err(FieldError::TooLong(Self::LONGEST));
        }
        let mut after_letter = false;
        for c in name.chars() {
            let mark = is_combining_mark(c);
            let fits = if mark { after_letter } else { c.is_alphanumeric() || is_separator(c) };
            if !fits || is_unseen(c) {
                return Err(FieldError::NotUsername);
            }
            after_letter = mark || c.is_alphabetic();
        }
        let named = name.chars().any(char::is_alphanumeric);
        if !named || name.split(is_separator).any(mixes_alphabets) {
            return Err(FieldError::NotUsername);
        }
        let key =
            name.chars().nfd().default_case_fold().nfkd().default_case_fold().nfkc().collect();
        Ok(Self { name, key })
    }
}

fn is_separator(c: char) -> bool {
    " ._-+".contains(c)
}

/// Whether a letter or mark is invisible (from Unicode's `Default_Ignorable_Code_Point`).
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}')
        || matches!(c, '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a word has letters of more than one of the alphabets with similar letters.
fn mixes_alphabets(word: &str) -> bool {
    let has = |alphabet| word.chars().any(|c| c.script() == alphabet);
    [Script::Latin, Script::Cyrillic, Script::Greek].into_iter().filter(|s| has(*s)).count() > 1
}

/// Parses a first name: at most 150 characters, as in Django. It may be empty.
pub fn first_name(text: &str) -> Result<String, FieldError> {
    const LONGEST: usize = 150;
    let text = text.trim();
    // A character takes 12 bytes at most, even if it is decomposed.
    if text.len() > 12 * LONGEST {
        return Err(FieldError::TooLong(LONGEST));
    }
    let name: String = text.nfc().collect();
    if name.chars().count() > LONGEST {
        return Err(FieldError::TooLong(LONGEST));
    }
    if name.chars().any(char::is_control) {
        return Err(FieldError::NotPrintable);
    }
    Ok(name)
}

/// How many roles a user may have. Even with names of full length, an access token stays within 8 KiB, which
/// is the limit here and of proxies.
pub const MOST_ROLES: usize = 50;

/// Parses the name of a role: 1 to 64 ASCII letters, digits, `_`, `.`, `:`, `-`.
pub fn role(text: &str) -> Result<String, FieldError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.:-".contains(&b);
    if (1..=64).contains(&text.len()) && text.bytes().all(plain) {
        Ok(text.to_owned())
    } else {
        Err(FieldError::NotRole)
    }
}

#[cfg(test)]
mod tests;
