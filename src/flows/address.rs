//! Names that users go by, in one spelling each, so that two that look or read alike are one.
use super::Lacking;
use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;

/// An e-mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Where mails go: as its owner wrote it, the domain in ASCII and lower case.
    pub email: String,
    /// What it is compared by: all of it in lower case.
    pub key: String,
}

impl Address {
    /// The longest address (RFC 5321, 4.5.3.1.3), in bytes.
    const LONGEST: usize = 254;

    /// Reads an address. The local part is ASCII: letters beyond it have spellings that differ and
    /// look the same, and hardly any server delivers to them. The domain may be international
    /// (IDNA, UTS 46); it has at least one dot.
    pub fn parse(text: &str) -> Result<Self, Lacking> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Lacking::Blank);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(Lacking::NotEmail)?;
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| Lacking::NotEmail)?;
        let email = format!("{local}@{domain}");
        let plain = is_local_part(local) && is_domain(&domain);
        if !plain || email.len() > Self::LONGEST {
            return Err(Lacking::NotEmail);
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

/// Two labels or more, the last one not a number: an address literal is no domain.
fn is_domain(domain: &str) -> bool {
    let labels: Vec<_> = domain.split('.').collect();
    let last_is_name = labels.last().is_some_and(|l| l.bytes().any(|b| b.is_ascii_alphabetic()));
    labels.len() >= 2 && labels.iter().all(|l| !l.is_empty() && l.len() <= 63) && last_is_name
}

/// A username.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username {
    /// As it is shown (NFKC, single spaces).
    pub name: String,
    /// What it is compared by: caseless (Unicode 3.13, D147).
    pub key: String,
}

impl Username {
    /// The longest username, in characters.
    pub const LONGEST: usize = 64;

    /// Reads a username: letters of any script, digits, spaces inside, `.`, `_`, `-`, `+`.
    pub fn parse(text: &str) -> Result<Self, Lacking> {
        // NFKC makes text longer at most 18 times.
        if text.len() > 4 * Self::LONGEST * 18 {
            return Err(Lacking::TooLong(Self::LONGEST));
        }
        let name: String = text.nfkc().collect();
        let name = name.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        if name.is_empty() {
            return Err(Lacking::Blank);
        }
        if name.chars().count() > Self::LONGEST {
            return Err(Lacking::TooLong(Self::LONGEST));
        }
        let mut after_letter = false;
        for c in name.chars() {
            let mark = unicode_normalization::char::is_combining_mark(c);
            if !(c.is_alphanumeric() || " ._-+".contains(c) || mark && after_letter) {
                return Err(Lacking::NotUsername);
            }
            after_letter = mark || c.is_alphabetic();
        }
        if !name.chars().any(char::is_alphanumeric) {
            return Err(Lacking::NotUsername);
        }
        let key =
            name.chars().nfd().default_case_fold().nfkd().default_case_fold().nfkc().collect();
        Ok(Self { name, key })
    }
}

/// Reads a first name: at most 150 characters, as Django has it; it may be empty.
pub fn first_name(text: &str) -> Result<String, Lacking> {
    const LONGEST: usize = 150;
    let name: String = text.trim().nfc().collect();
    if name.chars().count() > LONGEST {
        return Err(Lacking::TooLong(LONGEST));
    }
    if name.chars().any(char::is_control) {
        return Err(Lacking::NotPrintable);
    }
    Ok(name)
}

/// Reads the name of a role: up to 64 of ASCII letters, digits, `_`, `.`, `:`, `-`.
pub fn role(text: &str) -> Result<String, Lacking> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.:-".contains(&b);
    if (1..=64).contains(&text.len()) && text.bytes().all(plain) {
        Ok(text.to_owned())
    } else {
        Err(Lacking::NotRole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_address_has_one_key() {
        for (typed, key) in [
            (" Ann@Example.COM ", "ann@example.com"),
            ("a.b+c@mail.example.com", "a.b+c@mail.example.com"),
            ("ann@пример.рф", "ann@xn--e1afmkfd.xn--p1ai"),
            ("ann@ｅxample.com", "ann@example.com"),
        ] {
            assert_eq!(Address::parse(typed).unwrap().key, key);
        }
        assert_eq!(Address::parse("Ann@Example.COM").unwrap().email, "Ann@example.com");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for typed in [
            "ann",
            "@example.com",
            "ann@",
            "ann@localhost",
            "ann@@example.com",
            "a b@example.com",
            "ａdmin@example.com",
            "straße@example.com",
            "adm\u{131}n@example.com",
            "ann@127.0.0.1",
            "ann@[127.0.0.1]",
            "\"ann\"@example.com",
            "ann\r\nBcc: x@example.com",
            "a..b@example.com",
            ".a@example.com",
            "ann@example..com",
            "ann@-example.com",
            "ann@exa_mple.com",
            "ann\0@example.com",
        ] {
            assert_eq!(Address::parse(typed), Err(Lacking::NotEmail), "{typed}");
        }
        assert_eq!(Address::parse("  "), Err(Lacking::Blank));
        assert!(Address::parse(&format!("{}@example.com", "a".repeat(65))).is_err());
    }

    #[test]
    fn usernames_that_read_alike_are_one() {
        let key = |name| Username::parse(name).unwrap().key;
        assert_eq!(key("Ann"), key("ann"));
        assert_eq!(key("Ａnn"), key("ann"));
        assert_eq!(key("Straße"), key("STRASSE"));
        assert_eq!(key("John  Smith"), key("john smith"));
        assert_eq!(key("Ёж"), key("\u{415}\u{308}ж"));
        assert_eq!(Username::parse(" John Smith ").unwrap().name, "John Smith");
    }

    #[test]
    fn what_is_no_username_is_refused() {
        for name in
            ["ann@example.com", "a\tb", "a\0", "<b>", "a/b", "\u{308}a", "...", "a\u{200b}b"]
        {
            assert_eq!(Username::parse(name), Err(Lacking::NotUsername), "{name}");
        }
        assert_eq!(Username::parse(" "), Err(Lacking::Blank));
        assert!(Username::parse(&"a".repeat(64)).is_ok());
        assert_eq!(Username::parse(&"a".repeat(65)), Err(Lacking::TooLong(64)));
        assert_eq!(Username::parse(&"\u{fdfa}".repeat(10)), Err(Lacking::TooLong(64)));
    }

    #[test]
    fn roles_and_first_names() {
        assert!(role("ADMIN").is_ok() && role("team:read").is_ok());
        assert!(role("A,B").is_err() && role("").is_err());
        assert_eq!(first_name(" Ann ").unwrap(), "Ann");
        assert_eq!(first_name("A\nB"), Err(Lacking::NotPrintable));
    }

    proptest! {
        #[test]
        fn reading_a_name_again_changes_nothing(text in "\\PC{0,40}") {
            if let Ok(name) = Username::parse(&text) {
                prop_assert_eq!(&Username::parse(&name.name).unwrap().key, &name.key);
            }
            if let Ok(email) = Address::parse(&text) {
                prop_assert_eq!(&Address::parse(&email.email).unwrap(), &email);
            }
        }
    }
}
