//! The forms of `/account/security` about the second factor: an authenticator app and recovery codes.
//!
//! A secret and new codes are shown in the reply to the form that made them, and by no other request: a
//! thief of the session cannot read them later.
use super::{
    security::{Security, view},
    views::Person,
};
use crate::{
    flows::{Error, TotpSetup},
    pages::{PageError, Sent, answer},
    view::{self, View},
    web::{self, Form, Notice, Page, Reply, UserContext, reply::text_file::TextFile},
};
use qrcode::{Color, EcLevel, QrCode};
use rocket::{Either, post};
use serde::Serialize;
use std::fmt::Write;

/// How many recovery codes a file contains at most.
const MOST_CODES: usize = 10;

/// The page with the secret of an authenticator app.
#[derive(Serialize)]
pub struct TotpPage {
    user: Person,
    secret: String,
    /// The secret in groups of four.
    key: String,
    qr: Qr,
}

impl View for TotpPage {
    const TEMPLATE: &'static str = "pages/totp.html";
    const PATH: &'static str = Security::PATH;
}

/// The page with new recovery codes.
#[derive(Serialize)]
pub struct RecoveryPage {
    user: Person,
    codes: Vec<String>,
}

impl View for RecoveryPage {
    const TEMPLATE: &'static str = "pages/recovery_codes.html";
    const PATH: &'static str = Security::PATH;
}

/// A QR code as an SVG path of dark squares of size 1, with the margin that readers need.
#[derive(Serialize)]
struct Qr {
    /// The width and height.
    size: usize,
    path: String,
}

impl Qr {
    /// The code of `text`.
    fn new(text: &str) -> Result<Self, Error> {
        const MARGIN: usize = 4;
        let code =
            QrCode::with_error_correction_level(text, EcLevel::M).map_err(Error::internal)?;
        let (width, mut path) = (code.width(), String::new());
        for (y, row) in code.to_colors().chunks(width).enumerate() {
            for (x, _) in row.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
                let _ = write!(path, "M{} {}h1v1h-1z", x + MARGIN, y + MARGIN);
            }
        }
        Ok(Self { size: width + 2 * MARGIN, path })
    }
}

fn setup_page(r: &UserContext<'_>, setup: &TotpSetup) -> Result<TotpPage, Error> {
    let groups: Vec<_> = setup.secret.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
    Ok(TotpPage {
        user: Person::new(r),
        key: groups.join(" "),
        qr: Qr::new(&setup.uri)?,
        secret: setup.secret.clone(),
    })
}

type Who<'r> = web::Result<UserContext<'r>>;
/// A page of its own, or what a form of the security page gives.
type Shown<V> = Result<Either<Page<V>, Either<Reply<()>, Page<Security>>>, PageError>;

/// A redirect to the security page.
fn back() -> Reply<()> {
    Reply::see(Security::PATH)
}

/// The security page again, with the error `e` in its form `form`. If what the form was about is gone, only
/// the page.
async fn refused(r: &UserContext<'_>, form: &'static str, e: web::Error) -> Sent<Security> {
    if matches!(e, web::Error::Flow(Error::NotFound | Error::FactorExists)) {
        return Ok(Either::Left(back()));
    }
    answer(Err(e), form, view(r)).await
}

/// Begins to set up an authenticator app.
#[post("/account/security/totp", data = "<form>")]
pub async fn start(reader: Who<'_>, form: Form) -> Shown<TotpPage> {
    let r = reader?;
    let started = async {
        let form = form.body?;
        let password = form.read(|f| f.text("password"))?;
        let setup = r.auth.start_totp(r.caller, &r.by, password).await?;
        Ok(setup_page(&r, &setup)?)
    };
    match started.await {
        Ok(page) => Ok(Either::Left(Page::ok(page))),
        Err(e) => Ok(Either::Right(refused(&r, "totp", e).await?)),
    }
}

/// Confirms the authenticator app, and shows the recovery codes.
#[post("/account/security/totp/confirm", data = "<form>")]
pub async fn confirm(
    reader: Who<'_>,
    form: Form,
) -> Result<Either<Page<RecoveryPage>, Either<Reply<()>, Page<TotpPage>>>, PageError> {
    let r = reader?;
    let secret = form.typed("secret");
    let confirmed = async {
        let form = form.body?;
        let code = form.read(|f| f.text("code"))?;
        Ok(r.auth.confirm_totp(r.caller, &r.by, code).await?)
    };
    let e = match confirmed.await {
        Ok(codes) => {
            return Ok(Either::Left(Page::ok(RecoveryPage { user: Person::new(&r), codes })));
        }
        Err(web::Error::Flow(Error::NotFound | Error::FactorExists)) => {
            return Ok(Either::Right(Either::Left(back())));
        }
        Err(e) => e,
    };
    // The page sent the secret along: it is not shown to anybody who does not have it.
    let Some(setup) = r.auth.totp_setup(&r.by, &secret) else {
        return match e {
            web::Error::Flow(_) => Ok(Either::Right(Either::Left(back()))),
            // None of our pages sent the form.
            e => Err(e.into()),
        };
    };
    let shown = setup_page(&r, &setup)?;
    Ok(Either::Right(answer(Err(e), "confirm", async { Ok(shown) }).await?))
}

/// Removes the authenticator app.
#[post("/account/security/totp/remove", data = "<form>")]
pub async fn remove(reader: Who<'_>, form: Form) -> Sent<Security> {
    let r = reader?;
    let removed = async {
        let form = form.body?;
        let (password, code) = form.read(|f| (f.text("password"), f.text("code")))?;
        r.auth.remove_totp(r.caller, &r.by, password, code).await?;
        Ok(back().with_notice(r.auth, Notice::TotpRemoved))
    };
    match removed.await {
        Ok(reply) => Ok(Either::Left(reply)),
        Err(e) => refused(&r, "remove", e).await,
    }
}

/// Replaces the recovery codes, and shows the new ones.
#[post("/account/security/recovery-codes", data = "<form>")]
pub async fn renew(reader: Who<'_>, form: Form) -> Shown<RecoveryPage> {
    let r = reader?;
    let renewed = async {
        let form = form.body?;
        let (password, code) = form.read(|f| (f.text("password"), f.text("code")))?;
        Ok(r.auth.renew_recovery_codes(r.caller, &r.by, password, code).await?)
    };
    match renewed.await {
        Ok(codes) => Ok(Either::Left(Page::ok(RecoveryPage { user: Person::new(&r), codes }))),
        Err(e) => Ok(Either::Right(refused(&r, "renew", e).await?)),
    }
}

/// The recovery codes of the page as a file. The page sends them along, since only hashes are stored.
#[post("/account/security/recovery-codes.txt", data = "<form>")]
pub fn download(reader: Who<'_>, form: Form) -> Result<TextFile, PageError> {
    let r = reader?;
    let form = form.body?;
    let codes = form.read(|f| f.texts("codes"))?;
    let is_code = |code: &&str| {
        let plain = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'-';
        code.len() == 19 && code.bytes().all(plain)
    };
    if codes.len() > MOST_CODES || !codes.iter().all(is_code) {
        return Err(web::Error::Malformed.into());
    }
    let names = [
        ("account", r.by.user.email.clone().into()),
        ("site", r.auth.config().site().to_owned().into()),
    ];
    let head = view::text(r.language, "recovery-file", &names);
    let text = format!("{head}\n\n{}\n", codes.join("\n"));
    Ok(TextFile::new("recovery-codes.txt", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qr_code_has_its_finder_patterns_and_a_margin() {
        let qr = Qr::new("otpauth://totp/example").unwrap();
        assert!(qr.size >= 21 + 8, "{}", qr.size);
        assert!(qr.path.starts_with("M4 4h1v1h-1zM5 4h1v1h-1z"));
        assert!(!qr.path.contains("M5 5h") && qr.path.contains("M6 6h"));
        assert!(qr.path.chars().all(|c| c.is_ascii_digit() || "Mhvz -".contains(c)));
    }
}
