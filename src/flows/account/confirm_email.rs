//! Mailed links that confirm an address: the one a user registered with, or a new one.
//!
//! A link proves that the mail arrived, but not whose account it is: a stranger may have registered
//! the address with a password of their own, or asked for a change to it (Sudhodanan and Paverd,
//! "Pre-hijacked accounts", 2022). So confirming also requires a proof that the account is the
//! caller's own. A caller without one may decline or, for an account that was registered with the
//! address, set another password, which ends the sessions opened before.
use super::links::{CONFIRMING, LinkState};
use crate::{
    field_error::FieldError,
    flows::{
        Auth, Caller, Error, Registered, Result, SignedIn, User, UserId,
        audit::{AuditEvent, AuditKind},
        limits::Action,
        mail::Kind,
        work::Work,
    },
    identifiers::Email,
    password::Verdict,
    secret::{self, Digest},
    store::{
        emails,
        mail_tokens::{self, MailToken},
        users,
    },
};
use serde_json::json;

/// How many passwords may be tried with one link.
const MOST_PASSWORDS: i64 = 10;
/// How many codes may be tried until the address is confirmed, however many mails are requested.
const MOST_CODES: i64 = 10;

/// Proofs, in addition to the link, that the account is the caller's own. One is enough.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccountProof<'a> {
    /// A session of the account.
    pub session: Option<&'a SignedIn>,
    /// The mark of the browser that registered the address.
    pub mark: Option<&'a str>,
    /// The account's password.
    pub password: Option<&'a str>,
}

/// What the page of a mailed link shows.
#[derive(Clone, Debug)]
pub struct Confirmation {
    /// Whether the link can still be used, was used or has expired.
    pub state: LinkState,
    /// The address that the link confirms; empty for an unknown link.
    pub email: String,
    /// Whether the link changes the account's address.
    pub changes: bool,
    /// Whether the caller has proven that the account is their own.
    pub proven: bool,
    /// Whether the link can be declined.
    pub declinable: bool,
}

impl Auth {
    /// Confirms the address that a mailed token was sent to. It ends no session.
    ///
    /// # Errors
    /// [`Error::LinkNotValid`]; [`Error::ProofRequired`] if nothing proves that the account is the
    /// caller's own, or too many passwords were tried; [`Error::Fields`] if the password is wrong.
    pub async fn confirm_email(
        &self,
        caller: &Caller,
        token: &str,
        proof: AccountProof<'_>,
    ) -> Result<User> {
        self.limit(caller, Action::Link)?;
        let hash = secret::hash(secret::parse(token).ok_or(Error::LinkNotValid)?);
        let (link, user) = self.open_link(&mut self.db.read().await?, &hash, &CONFIRMING).await?;
        if !self.is_shown(&link, proof) {
            self.require_password(caller, &link, proof.password).await?;
        }
        let mut work = self.begin(caller).await?;
        users::lock(&mut work.tx, user.id).await?;
        // Link and user may have changed while the password was checked.
        let (link, user) = self.open_link(&mut work.tx, &hash, &CONFIRMING).await?;
        work.consume_and_confirm(&link, &user).await
    }

    /// The same as [`Auth::confirm_email`], with the six digits of the newest mail, in a session of
    /// the account.
    ///
    /// # Errors
    /// [`Error::Fields`] if the code is wrong or too old, or too many were tried: the link still
    /// works then; [`Error::Forbidden`] in a session that a superuser opened for the user.
    pub async fn confirm_by_code(
        &self,
        caller: &Caller,
        by: &SignedIn,
        code: &str,
    ) -> Result<User> {
        by.require_self()?;
        self.limit(caller, Action::Link)?;
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let wrong = || Error::field("code", FieldError::WrongCode);
        let mut work = self.begin(caller).await?;
        users::lock(&mut work.tx, by.user.id).await?;
        // Counted before the check, so that parallel attempts count like sequential ones.
        if !emails::count_code(&mut work.tx, by.user.id, MOST_CODES).await? {
            return Err(wrong());
        }
        let link = mail_tokens::newest_with_code(&mut work.tx, by.user.id, work.now).await?;
        let user = users::by_id(&mut work.tx, by.user.id).await?.ok_or_else(wrong)?;
        let link = link.filter(|link| {
            let right = self.code_hash(&link.hash, &code);
            let same = link.code_hash.as_ref().is_some_and(|hash| secret::same_hash(hash, &right));
            same && self.is_usable(link, &user)
        });
        let Some(link) = link else {
            let event = AuditEvent::own(AuditKind::CodeRefused, by.user.id);
            work.audit(event.in_session(by.session.id)).await?;
            work.commit().await?;
            return Err(wrong());
        };
        work.consume_and_confirm(&link, &user).await
    }

    /// The hash that is stored for the code of a link. Six digits are easy to guess for someone who
    /// has a plain hash, so this one needs the server's key.
    pub(crate) fn code_hash(&self, link: &Digest, code: &str) -> Digest {
        secret::hash(self.successor.mark_bytes(&[b"code", &link.0[..], code.as_bytes()].concat()))
    }

    /// Whether the session or the browser proves that the account of a link is the caller's own.
    fn is_shown(&self, link: &MailToken, proof: AccountProof<'_>) -> bool {
        // The session of a superuser who acts for the user proves nothing.
        let own = |by: &SignedIn| by.user.id == link.user_id && by.require_self().is_ok();
        let session = proof.session.is_some_and(own);
        session || proof.mark.is_some_and(|mark| self.has_mark(link, mark))
    }

    /// Requires the password of a link's account.
    async fn require_password(
        &self,
        caller: &Caller,
        link: &MailToken,
        password: Option<&str>,
    ) -> Result<()> {
        let password = password.ok_or(Error::ProofRequired)?;
        let mut db = self.db.write().await?;
        let may = mail_tokens::count_try(&mut db, &link.hash, MOST_PASSWORDS).await?;
        db.commit().await?;
        Error::ProofRequired.unless(may)?;
        let stored = users::password_hash(&mut self.db.read().await?, link.user_id).await?;
        let verifying = self.hasher.verify(password, stored.as_deref());
        if caller.unless_left(verifying).await? != Verdict::Wrong {
            return Ok(());
        }
        let mut work = self.begin(caller).await?;
        work.audit(AuditEvent::about(AuditKind::PasswordRefused, link.user_id)).await?;
        work.commit().await?;
        Err(Error::field("password", FieldError::WrongPassword))
    }

    /// Mails another link, unless the address is already confirmed.
    pub async fn resend_confirmation(&self, caller: &Caller, by: &SignedIn) -> Result<()> {
        if by.user.email_confirmed_at.is_some() {
            return Ok(());
        }
        self.limit(caller, Action::Mail)?;
        let mut work = self.begin_by(caller, by).await?;
        work.mail(Kind::ConfirmEmail, &by.user).await?;
        work.audit(AuditEvent::new(AuditKind::ConfirmationResent)).await?;
        work.commit().await
    }

    /// The mark that the browser keeps after a registration, which identifies it when the link is
    /// opened in it. If the registration created no user, the mark is random and proves nothing.
    pub fn browser_mark(&self, done: &Registered) -> Result<String> {
        match done {
            Registered::Created(user) | Registered::Pending(Some(user)) => {
                Ok(self.mark(user.id, &user.email))
            }
            Registered::Pending(None) => Ok(secret::token()?.to_string()),
        }
    }

    fn mark(&self, user: UserId, email: &str) -> String {
        self.successor.mark(&format!("{} {email}", user.0)).to_string()
    }

    /// Whether `mark` is that of the browser that registered the address of a link.
    fn has_mark(&self, link: &MailToken, mark: &str) -> bool {
        link.kind == Kind::ConfirmEmail && secret::same(&self.mark(link.user_id, &link.email), mark)
    }

    /// What the page of a link that confirms an address shows. It changes nothing.
    pub async fn confirmation(
        &self,
        caller: &Caller,
        token: &str,
        proof: AccountProof<'_>,
    ) -> Result<Confirmation> {
        self.limit(caller, Action::Link)?;
        let found = self.inspect_link(&mut self.db.read().await?, token, &CONFIRMING).await?;
        Ok(found.map_or_else(Confirmation::none, |(link, state, user)| {
            let changes = link.kind == Kind::ChangeEmail;
            let proven = self.is_shown(&link, proof);
            let declinable = changes || user.is_unclaimed();
            Confirmation { state, email: link.email, changes, proven, declinable }
        }))
    }
}

impl Work<'_> {
    /// Consumes a link and confirms its address. The link's user must be locked, and proven to be
    /// the caller.
    async fn consume_and_confirm(mut self, link: &MailToken, user: &User) -> Result<User> {
        Error::LinkNotValid
            .unless(mail_tokens::consume(&mut self.tx, &link.hash, self.now).await?)?;
        let changes = link.kind == Kind::ChangeEmail;
        if changes {
            self.change_to(link, user).await?;
        } else {
            users::confirm_email(&mut self.tx, user.id, self.now).await?;
            mail_tokens::revoke(&mut self.tx, user.id, Kind::ConfirmEmail).await?;
        }
        let kind = if changes { AuditKind::EmailChanged } else { AuditKind::EmailConfirmed };
        self.audit(AuditEvent::about(kind, user.id)).await?;
        let old = user;
        let user = users::by_id(&mut self.tx, user.id).await?.ok_or(Error::LinkNotValid)?;
        // An unconfirmed old address may be a typing error and belong to anybody: it gets no link
        // that restores it.
        if changes && old.email_confirmed_at.is_some() && old.email != user.email {
            let args = json!({ "new_email": user.email });
            self.mail_to(Kind::RestoreEmail, &user, &old.email, &args).await?;
        }
        self.commit().await?;
        Ok(user)
    }

    /// Changes the user's address to the one that `link` was sent to. Deletes another account with
    /// that address if a stranger registered it and nobody confirmed it.
    async fn change_to(&mut self, link: &MailToken, user: &User) -> Result<()> {
        let new = Email::parse(&link.email).map_err(|_| Error::LinkNotValid)?;
        self.free_address(&new, user, User::is_unclaimed).await?;
        let names = (new.email.as_str(), new.key.as_str());
        let version = link.credential_version;
        let changed = emails::set(&mut self.tx, user.id, version, names, self.now).await?;
        Error::LinkNotValid.unless(changed)
    }
}

impl Confirmation {
    /// The page of an unknown link.
    pub fn none() -> Self {
        let state = LinkState::Expired;
        Self { state, email: String::new(), changes: false, proven: false, declinable: false }
    }
}
