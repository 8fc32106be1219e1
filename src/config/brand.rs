//! The look of pages and mails.
use super::Language;
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, str::FromStr};
use url::Url;

/// The look of pages and mails.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(documented::DocumentedFields))]
#[serde(default, deny_unknown_fields)]
pub struct Brand {
    /// The name of the site. If it is not set, pages say `Portcullis` and mails name the host of
    /// `public_url`.
    pub name: Option<String>,
    /// An image file: SVG, PNG, WebP or JPEG, at most 256 KiB. It is read once, at the start.
    pub logo: Option<PathBuf>,
    /// The colour of buttons and links, as `#rrggbb`. If it is not set, it is `#2f5bd8`. The shade is
    /// adjusted where the contrast would be too low.
    pub accent: Option<Color>,
    /// Links in the footer of every page: `TEXT <URL>`, or `ru: TEXT <URL>` for the readers of one
    /// language.
    pub links: Vec<Link>,
}

/// A colour, written `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Color(pub [u8; 3]);

impl FromStr for Color {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text
            .strip_prefix('#')
            .filter(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_hexdigit()));
        let number = digits.and_then(|d| u32::from_str_radix(d, 16).ok());
        let [_, r, g, b] = number.ok_or("should be a colour such as \"#2f5bd8\"")?.to_be_bytes();
        Ok(Self([r, g, b]))
    }
}

impl TryFrom<String> for Color {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Color> for String {
    fn from(Color([r, g, b]): Color) -> Self {
        format!("#{r:02x}{g:02x}{b:02x}")
    }
}

/// A link, written `TEXT <URL>`, or `LANGUAGE: TEXT <URL>` for the readers of one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Link {
    /// The language whose readers see the link; `None` if all readers see it.
    pub language: Option<Language>,
    /// The text of the link, without surrounding spaces; never empty.
    pub text: String,
    /// The target, with the scheme `https`, `http` or `mailto`.
    pub url: Url,
}

impl TryFrom<String> for Link {
    type Error = &'static str;

    fn try_from(line: String) -> Result<Self, Self::Error> {
        let wrong = "should be a list of \"TEXT <https://…>\"";
        let (text, url) =
            line.trim().strip_suffix('>').and_then(|l| l.split_once('<')).ok_or(wrong)?;
        let exact = |tag: &str| Language::ALL.into_iter().find(|l| l.tag() == tag.trim());
        let (language, text) = match text.split_once(':').map(|(tag, text)| (exact(tag), text)) {
            Some((Some(language), text)) => (Some(language), text),
            _ => (None, text),
        };
        let url = Url::parse(url.trim()).map_err(|_| wrong)?;
        let text = text.trim().to_owned();
        if text.is_empty() || !["https", "http", "mailto"].contains(&url.scheme()) {
            return Err(wrong);
        }
        Ok(Self { language, text, url })
    }
}

impl From<Link> for String {
    fn from(link: Link) -> Self {
        let tag = link.language.map(|l| format!("{}: ", l.tag())).unwrap_or_default();
        format!("{tag}{} <{}>", link.text, link.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_has_six_hex_digits() {
        assert_eq!("#2F5bd8".parse(), Ok(Color([0x2f, 0x5b, 0xd8])));
        assert_eq!(String::from(Color([1, 2, 255])), "#0102ff");
        for wrong in ["", "#", "2f5bd8", "#2f5bd", "#2f5bd88", "#+12345", "red", "#яяя"] {
            assert!(wrong.parse::<Color>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_link_has_a_text_a_url_and_an_optional_language() {
        let link = |line: &str| Link::try_from(line.to_owned());
        let all = link("Privacy: ours <https://example.com/privacy>").unwrap();
        assert_eq!((all.language, all.text.as_str()), (None, "Privacy: ours"));
        let ru = link("ru: Приватность <https://example.com/ru>").unwrap();
        assert_eq!((ru.language, ru.text.as_str()), (Some(Language::Ru), "Приватность"));
        assert_eq!(link(&String::from(ru.clone())), Ok(ru));
        for wrong in
            ["", "Privacy", "Privacy <>", "<https://example.com>", "x <javascript:alert(1)>"]
        {
            assert!(link(wrong).is_err(), "{wrong}");
        }
    }
}
