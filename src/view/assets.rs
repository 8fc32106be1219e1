//! The files that pages load from `/static/`: style, script, icon and logo. Each URL contains a hash of the
//! content, so that browsers can cache it forever.
use super::{Error, theme};
use crate::config::Brand;
use std::{
    collections::HashMap,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
    sync::Arc,
};

/// The maximum size of a logo in bytes.
const LARGEST_LOGO: u64 = 256 * 1024;

/// A file at `/static/`.
pub struct Asset {
    /// A media type, such as `text/css; charset=utf-8`.
    pub kind: &'static str,
    pub bytes: Arc<[u8]>,
    /// A hash of the content.
    pub mark: String,
}

impl Asset {
    fn new(kind: &'static str, bytes: Vec<u8>) -> Self {
        let mut mark = DefaultHasher::new();
        bytes.hash(&mut mark);
        Self { kind, bytes: bytes.into(), mark: format!("{:x}", mark.finish()) }
    }
}

/// The assets by name.
#[derive(Default)]
pub struct Assets(HashMap<String, Asset>);

impl Assets {
    /// The assets: `files` (by name), with the logo and the colours of the brand.
    pub fn new(files: HashMap<String, String>, brand: &Brand) -> Result<Self, Error> {
        let mut all = HashMap::new();
        for (name, mut text) in files {
            if name == "portcullis.css" {
                text.push_str(&theme::shades(brand));
            }
            let kind = kind(&name).ok_or_else(|| Error::Logo(name.clone()))?;
            all.insert(name, Asset::new(kind, text.into_bytes()));
        }
        if let Some(path) = &brand.logo {
            all.insert("logo".to_owned(), logo(path)?);
        }
        Ok(Self(all))
    }

    pub fn get(&self, name: &str) -> Option<&Asset> {
        self.0.get(name)
    }

    /// The URL of an asset.
    pub fn url(&self, name: &str) -> Option<String> {
        Some(format!("/static/{name}?v={}", self.get(name)?.mark))
    }
}

fn logo(path: &Path) -> Result<Asset, Error> {
    let wrong = || Error::Logo(path.display().to_string());
    let kind = path.to_str().and_then(kind).filter(|k| k.starts_with("image/"));
    let kind = kind.ok_or_else(wrong)?;
    if fs::metadata(path).map_err(|_| wrong())?.len() > LARGEST_LOGO {
        return Err(wrong());
    }
    let bytes = fs::read(path).map_err(|_| wrong())?;
    if is_image(kind, &bytes) { Ok(Asset::new(kind, bytes)) } else { Err(wrong()) }
}

/// Whether the content of a file looks like its media type.
fn is_image(kind: &str, bytes: &[u8]) -> bool {
    match kind {
        "image/png" => bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
        "image/jpeg" => bytes.starts_with(b"\xff\xd8\xff"),
        "image/webp" => bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"),
        _ => str::from_utf8(bytes).is_ok_and(|text| text.contains("<svg")),
    }
}

fn kind(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "jpg" | "jpeg" => "image/jpeg",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logo_must_match_its_file_extension() {
        let folder = tempfile::tempdir().unwrap();
        let read = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, bytes).unwrap();
            logo(&path).map(|asset| asset.kind).ok()
        };
        let png = b"\x89PNG\r\n\x1a\nxx";
        assert_eq!(read("logo.png", png), Some("image/png"));
        assert_eq!(read("logo.JPG", b"\xff\xd8\xff\xe0"), Some("image/jpeg"));
        assert_eq!(read("logo.webp", b"RIFF....WEBPVP8 "), Some("image/webp"));
        assert_eq!(read("logo.svg", b"<?xml version=\"1.0\"?><svg/>"), Some("image/svg+xml"));
        for (name, bytes) in [
            ("a.png", &b"<svg/>"[..]),
            ("a.jpg", png),
            ("a.webp", b""),
            ("a.svg", b""),
            ("a.gif", b"GIF89a"),
            ("a.css", b"<svg"),
        ] {
            assert_eq!(read(name, bytes), None, "{name}");
        }
        assert_eq!(read("big.svg", format!("<svg>{}", " ".repeat(300_000)).as_bytes()), None);
    }
}
