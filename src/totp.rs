//! Codes of authenticator apps: TOTP (RFC 6238) with the parameters that every app supports, which are
//! HMAC-SHA-1, six digits and steps of 30 seconds. Also the recovery codes, which replace the app when it is
//! lost.
use crate::{secret, time::Timestamp};
use aws_lc_rs::hmac;
use data_encoding::{BASE32, BASE32_NOPAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt::Write;
use zeroize::Zeroizing;

/// The length of a secret in bytes (RFC 4226, 4).
pub const SECRET: usize = 20;
/// The length of a step in seconds.
const STEP: i64 = 30;
/// How many steps the clock of a device may be behind or ahead (RFC 6238, 5.2).
const DRIFT: i64 = 1;
/// The length of a recovery code in bytes: 80 bits, too many to guess them from a hash.
const RECOVERY: usize = 10;

/// The secret that an authenticator app shares with the service.
#[derive(Clone)]
pub struct TotpSecret(Zeroizing<Vec<u8>>);

impl TotpSecret {
    /// A new random secret.
    ///
    /// # Errors
    /// If the operating system gives no random bytes.
    pub fn random() -> secret::Result<Self> {
        let bytes: [u8; SECRET] = secret::random()?;
        Ok(Self(bytes.to_vec().into()))
    }

    /// A secret from its bytes.
    pub fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads [`Self::text`].
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE32_NOPAD.decode(text.as_bytes()).ok()?;
        (bytes.len() == SECRET).then(|| Self(bytes.into()))
    }

    /// The secret as it is typed into an app: base32.
    pub fn text(&self) -> String {
        BASE32_NOPAD.encode(&self.0)
    }

    /// The URI that an app reads from a QR code. `issuer` is the name of the service, `account` that of the
    /// user.
    pub fn uri(&self, issuer: &str, account: &str) -> String {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        // A colon separates the issuer from the account.
        let issuer = encode(&issuer.replace(':', " "));
        let (account, secret) = (encode(account), self.text());
        format!(
            "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}\
             &algorithm=SHA1&digits=6&period={STEP}"
        )
    }

    /// The step after `last` whose code is `code`, if the code is valid at `now`.
    pub fn step_of(&self, code: &str, last: i64, now: Timestamp) -> Option<i64> {
        let current = now.unix().div_euclid(STEP);
        let candidates = current - DRIFT..=current + DRIFT;
        // All codes are compared, so that the time does not show which step matches.
        let matching: Vec<_> =
            candidates.filter(|step| secret::same(&self.code(*step), code)).collect();
        matching.into_iter().find(|step| *step > last)
    }

    /// The code of a step (RFC 4226, 5.3).
    fn code(&self, step: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let offset = usize::from(tag[tag.len() - 1] & 0xf);
        let number = tag[offset..offset + 4].iter().fold(0, |n, byte| n << 8 | u32::from(*byte));
        format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
    }
}

/// A code as a person typed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypedCode {
    /// Six digits of an authenticator app.
    App(String),
    /// A recovery code, in its canonical form.
    Recovery(String),
}

impl TypedCode {
    /// Reads a code. Spaces, hyphens and the case of letters do not matter. `None` if it cannot be a code.
    pub fn parse(text: &str) -> Option<Self> {
        let mark = |c: &char| !c.is_whitespace() && *c != '-';
        let code: String = text.chars().filter(mark).map(|c| c.to_ascii_uppercase()).collect();
        if code.len() == 6 && code.bytes().all(|c| c.is_ascii_digit()) {
            return Some(Self::App(code));
        }
        let bytes = BASE32.decode(code.as_bytes()).ok()?;
        (bytes.len() == RECOVERY).then_some(Self::Recovery(code))
    }
}

/// A new recovery code in its canonical form: 16 letters and digits.
///
/// # Errors
/// If the operating system gives no random bytes.
pub fn recovery_code() -> secret::Result<String> {
    let bytes: [u8; RECOVERY] = secret::random()?;
    Ok(BASE32.encode(&bytes))
}

/// A recovery code as it is shown: in groups of four.
pub fn in_groups(code: &str) -> String {
    let mut text = String::new();
    for (n, c) in code.chars().enumerate() {
        let gap = if n > 0 && n % 4 == 0 { "-" } else { "" };
        let _ = write!(text, "{gap}{c}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> TotpSecret {
        TotpSecret(b"12345678901234567890".to_vec().into())
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, whose codes have eight digits.
        for (time, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(example().code(time / STEP), code[2..], "{time}");
        }
    }

    #[test]
    fn a_code_is_valid_one_step_early_or_late_and_only_after_the_last_one() {
        let (secret, at) = (example(), |step: i64| Timestamp::from_unix(step * STEP + 7));
        let code = secret.code(1000);
        for (now, valid) in [(998, false), (999, true), (1000, true), (1001, true), (1002, false)] {
            assert_eq!(secret.step_of(&code, 0, at(now)).is_some(), valid, "{now}");
        }
        assert_eq!(secret.step_of(&code, 999, at(1000)), Some(1000));
        assert_eq!(secret.step_of(&code, 1000, at(1000)), None);
        assert_eq!(secret.step_of("", 0, at(1000)), None);
    }

    #[test]
    fn the_uri_is_escaped() {
        let uri = example().uri("Ann: & co", "ann+x@example.com");
        assert_eq!(
            uri,
            "otpauth://totp/Ann%20%20%26%20co:ann%2Bx%40example%2Ecom\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Ann%20%20%26%20co\
             &algorithm=SHA1&digits=6&period=30"
        );
        let text = example().text();
        assert_eq!(TotpSecret::parse(&text).unwrap().bytes(), example().bytes());
        assert!(TotpSecret::parse("").is_none() && TotpSecret::parse(&text[8..]).is_none());
    }

    #[test]
    fn codes_are_read_as_people_type_them() {
        for text in ["123456", " 123 456 ", "123-456"] {
            assert_eq!(TypedCode::parse(text), Some(TypedCode::App("123456".to_owned())));
        }
        let code = recovery_code().unwrap();
        let typed = format!(" {} ", in_groups(&code).to_lowercase());
        assert_eq!(typed.trim().len(), 19);
        assert_eq!(TypedCode::parse(&typed), Some(TypedCode::Recovery(code)));
        for text in ["", "12345", "1234567", "١٢٣٤٥٦", "AAAA-AAAA-AAAA-AAA", "AAAA-AAAA-AAAA-AAA1"]
        {
            assert_eq!(TypedCode::parse(text), None, "{text}");
        }
    }
}
