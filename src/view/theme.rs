//! The brand in templates and in the style sheet.
use crate::config::{Brand, Color, Language};
use serde::Serialize;

/// The variables of the brand, for every page.
#[derive(Serialize)]
pub struct Look {
    pub name: String,
    /// The URL of the logo. `None`: the built-in one is drawn.
    pub logo: Option<String>,
    /// The colour of a button, as `#rrggbb`. `on_button` is that of the text on it.
    pub button: String,
    pub on_button: String,
    links: Vec<Link>,
}

#[derive(Serialize)]
struct Link {
    /// The language of the readers for whom it is shown. Empty: all languages.
    lang: &'static str,
    text: String,
    url: String,
}

const ACCENT: Color = Color([0x2f, 0x5b, 0xd8]);
const WHITE: Color = Color([255; 3]);
const BLACK: Color = Color([0; 3]);
/// The backgrounds with the least contrast to links: the darkest light one and the lightest dark one.
const LIGHT: Color = Color([0xf4, 0xf6, 0xf9]);
const DARK: Color = Color([0x1b, 0x20, 0x29]);
/// The minimum contrast ratio of text (WCAG 2.2, 1.4.3).
const READABLE: f64 = 4.5;

impl Look {
    pub fn new(brand: &Brand, logo: Option<String>) -> Self {
        let accent = brand.accent.unwrap_or(ACCENT);
        let links = brand.links.iter().map(|link| Link {
            lang: link.language.map(Language::tag).unwrap_or_default(),
            text: link.text.clone(),
            url: link.url.to_string(),
        });
        Self {
            name: brand.name.clone().unwrap_or_else(|| "Portcullis".to_owned()),
            logo,
            button: accent.into(),
            on_button: on(accent).into(),
            links: links.collect(),
        }
    }
}

/// The rules that are appended to the style sheet for `brand`.
pub fn shades(brand: &Brand) -> String {
    let Some(accent) = brand.accent else { return String::new() };
    let [light, dark, on, hover] = [
        readable(accent, LIGHT, BLACK),
        readable(accent, DARK, WHITE),
        on(accent),
        mix(accent, if on(accent) == WHITE { BLACK } else { WHITE }, 0.14),
    ]
    .map(String::from);
    let button = String::from(accent);
    format!(
        ":root{{--link:{light};--button:{button};--button-hover:{hover};--on-button:{on}}}\
         @media(prefers-color-scheme:dark){{:root{{--link:{dark};--button:{button};\
         --button-hover:{hover};--on-button:{on}}}}}"
    )
}

/// The colour of text on `ground`. White or black is always readable.
fn on(ground: Color) -> Color {
    if contrast(WHITE, ground) >= READABLE { WHITE } else { BLACK }
}

/// `color`, mixed with as much of `end` as it needs to be readable on `ground`.
fn readable(color: Color, ground: Color, end: Color) -> Color {
    (0..=20)
        .map(|step| mix(color, end, f64::from(step) / 20.0))
        .find(|shade| contrast(*shade, ground) >= READABLE)
        .unwrap_or(end)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
fn mix(Color(a): Color, Color(b): Color, share: f64) -> Color {
    let part = |i: usize| f64::from(a[i]) + (f64::from(b[i]) - f64::from(a[i])) * share;
    Color([0, 1, 2].map(|i| part(i).round() as u8))
}

/// The contrast ratio, from 1 to 21 (WCAG 2.2).
fn contrast(a: Color, b: Color) -> f64 {
    let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
    a.max(b) / a.min(b)
}

fn luminance(Color(rgb): Color) -> f64 {
    let [r, g, b] = rgb.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126f64.mul_add(r, 0.7152f64.mul_add(g, 0.0722 * b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_accent_colour_has_readable_contrast() {
        assert!((contrast(WHITE, BLACK) - 21.0).abs() < 0.01);
        for n in 0..=0xfff_u32 {
            let nibble = |shift: u32| u8::try_from(((n >> shift) & 15) * 17).unwrap();
            let accent = Color([nibble(8), nibble(4), nibble(0)]);
            assert!(contrast(on(accent), accent) >= READABLE, "{accent:?}");
            assert!(contrast(readable(accent, LIGHT, BLACK), LIGHT) >= READABLE, "{accent:?}");
            assert!(contrast(readable(accent, DARK, WHITE), DARK) >= READABLE, "{accent:?}");
            let hover = mix(accent, if on(accent) == WHITE { BLACK } else { WHITE }, 0.14);
            assert!(contrast(on(accent), hover) >= READABLE, "{accent:?}");
        }
    }
}
