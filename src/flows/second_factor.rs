//! Second factors: which ones a user has, and how a code of one is checked.
//!
//! A code counts once. A step of an authenticator app is used up by a compare-and-set in the database, a
//! recovery code by its deletion: of several requests with one code, on any replicas, one succeeds.
use crate::{
    db::Conn,
    flows::{
        Auth, Result, User, UserId,
        audit::{AuditEvent, AuditKind},
        mail::Kind,
        work::Work,
    },
    secret::{self, Digest},
    store::{
        login_challenges, recovery_codes,
        totp::{self, Totp},
    },
    time::Timestamp,
    totp::{TotpSecret, TypedCode},
};
use serde_json::json;

/// So few recovery codes are left that their owner should renew them.
const FEW: i64 = 3;
/// How many recovery codes a user gets.
const CODES: usize = 10;

/// A proof beside the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// A code of an authenticator app.
    Totp,
    /// A recovery code.
    RecoveryCode,
}

impl Factor {
    /// The name in the API and in audit events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery_code",
        }
    }

    /// What it adds to what a session says about the login (RFC 8176). There is no word for a recovery code.
    pub(crate) const fn amr(self) -> &'static str {
        match self {
            Self::Totp => "otp mfa",
            Self::RecoveryCode => "mfa",
        }
    }
}

/// The second factors of a user, as they and operators may see them.
#[derive(Clone, Debug)]
pub struct Factors {
    /// The authenticator app; `None` if there is none.
    pub totp: Option<TotpInfo>,
    /// How many recovery codes are left.
    pub recovery_codes_left: i64,
}

/// An authenticator app, without its secret.
#[derive(Clone, Copy, Debug)]
pub struct TotpInfo {
    /// When it was set up.
    pub confirmed_at: Timestamp,
    /// When one of its codes was last accepted.
    pub last_used_at: Option<Timestamp>,
}

impl Factors {
    /// Whether so few recovery codes are left that their owner should renew them.
    pub fn has_few_codes(&self) -> bool {
        self.totp.is_some() && is_few(self.recovery_codes_left)
    }

    /// The factors of a user.
    pub(crate) async fn of(db: &mut Conn, user: UserId) -> Result<Self> {
        let totp = totp::of_user(db, user).await?.and_then(|totp| {
            let last_used_at = totp.last_used_at;
            totp.confirmed_at.map(|confirmed_at| TotpInfo { confirmed_at, last_used_at })
        });
        Ok(Self { totp, recovery_codes_left: recovery_codes::count(db, user).await? })
    }
}

/// Whether so few recovery codes are left that their owner should renew them.
pub fn is_few(left: i64) -> bool {
    left <= FEW
}

/// The factors of which a login needs one, beside the password; none if the password is enough.
pub(crate) async fn required_of(db: &mut Conn, user: UserId) -> Result<Vec<Factor>> {
    if !totp::is_confirmed(db, user).await? {
        return Ok(Vec::new());
    }
    let with_codes = recovery_codes::count(db, user).await? > 0;
    let codes = with_codes.then_some(Factor::RecoveryCode);
    Ok([Some(Factor::Totp), codes].into_iter().flatten().collect())
}

impl Auth {
    /// The secret of an authenticator app.
    pub(crate) fn open_totp(&self, user: UserId, totp: &Totp) -> Result<TotpSecret> {
        Ok(TotpSecret::from_bytes(self.keys.open_totp(user, &totp.secret)?))
    }

    /// The hash that is stored for a recovery code. Its owner is part of it.
    fn recovery_hash(&self, user: UserId, code: &str) -> Digest {
        secret::hash(self.successor.mark(&format!("recovery code {} {code}", user.0)))
    }
}

impl Work<'_> {
    /// Uses up a code of a user, whose row is locked. Returns the factor that it proves; `None` if it is
    /// wrong or was used before, and then the caller commits the audit event.
    pub async fn use_code(&mut self, user: &User, code: &str) -> Result<Option<Factor>> {
        let proven = match TypedCode::parse(code) {
            Some(TypedCode::App(code)) => {
                self.use_totp(user.id, &code).await?.then_some(Factor::Totp)
            }
            Some(TypedCode::Recovery(code)) => {
                let hash = self.auth.recovery_hash(user.id, &code);
                let consumed = recovery_codes::consume(&mut self.tx, user.id, &hash).await?;
                consumed.then_some(Factor::RecoveryCode)
            }
            None => None,
        };
        let Some(factor) = proven else {
            let refused = AuditEvent::about(AuditKind::SecondFactorRefused, user.id);
            self.audit_repeated(refused).await?;
            return Ok(None);
        };
        let event = AuditEvent::own(AuditKind::SecondFactorUsed, user.id);
        self.audit(event.detail(factor.name())).await?;
        if factor == Factor::RecoveryCode {
            let left = recovery_codes::count(&mut self.tx, user.id).await?;
            self.mail_to(Kind::RecoveryCodeUsed, user, &user.email, &json!({ "left": left }))
                .await?;
        }
        Ok(Some(factor))
    }

    async fn use_totp(&mut self, user: UserId, code: &str) -> Result<bool> {
        let totp = totp::of_user(&mut self.tx, user).await?;
        let Some(totp) = totp.filter(|totp| totp.confirmed_at.is_some()) else { return Ok(false) };
        let secret = self.auth.open_totp(user, &totp)?;
        match secret.step_of(code, totp.last_step, self.now) {
            Some(step) => Ok(totp::use_step(&mut self.tx, user, step, self.now).await?),
            None => Ok(false),
        }
    }

    /// Replaces the recovery codes of a user, and returns the new ones as they are shown.
    pub async fn replace_recovery_codes(&mut self, user: UserId) -> Result<Vec<String>> {
        recovery_codes::remove_all(&mut self.tx, user).await?;
        let mut codes = Vec::with_capacity(CODES);
        for _ in 0..CODES {
            let code = crate::totp::recovery_code()?;
            let hash = self.auth.recovery_hash(user, &code);
            recovery_codes::insert(&mut self.tx, user, &hash, self.now).await?;
            codes.push(crate::totp::in_groups(&code));
        }
        Ok(codes)
    }

    /// Removes all factors of a user, whose row is locked, and the logins that wait for one. `false` if the
    /// user has none.
    pub async fn remove_factors(&mut self, user: UserId) -> Result<bool> {
        if !totp::remove_since(&mut self.tx, user, Timestamp::from_unix(0)).await? {
            return Ok(false);
        }
        recovery_codes::remove_all(&mut self.tx, user).await?;
        login_challenges::remove_all(&mut self.tx, user).await?;
        Ok(true)
    }

    /// Removes the factors and the recovery codes that were set up at `since` or later, because somebody else
    /// did it, and mails the user, whose row is locked.
    pub async fn remove_factors_since(&mut self, user: &User, since: Timestamp) -> Result<()> {
        login_challenges::remove_all(&mut self.tx, user.id).await?;
        if !totp::remove_since(&mut self.tx, user.id, since).await? {
            return Ok(recovery_codes::remove_since(&mut self.tx, user.id, since).await?);
        }
        recovery_codes::remove_all(&mut self.tx, user.id).await?;
        self.mail(Kind::TotpRemoved, user).await?;
        self.audit(AuditEvent::about(AuditKind::TotpRemoved, user.id)).await
    }
}
