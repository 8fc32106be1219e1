//! Mailed links that prove an address: the one a user registered with, or another one.
//!
//! A link proves that the mail arrived. Whose account it is, it does not: a stranger may have registered the
//! address with a password of their own, or asked for a change to it (Sudhodanan and Paverd, "Pre-hijacked
//! accounts", 2022). So confirming takes a sign of the account as well. Who has none may decline, or, for an
//! account that was registered with the address, set another password, which ends what was opened before.
use super::links::{CONFIRMING, LinkState};
use crate::{
    field_error::FieldError,
    flows::{
        Auth, Caller, Error, Registered, Result, SignedIn, User, UserId, audit::AuditEvent,
        mail::Kind, work::Work,
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

/// So many passwords may be tried by one link.
const MOST_PASSWORDS: i64 = 10;
/// So many codes may be tried until the address is confirmed, whatever number of mails is asked for.
const MOST_CODES: i64 = 10;

/// What shows, beside the link, that the account is one's own. One is enough.
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
    pub state: LinkState,
    /// The address that it proves; empty for a link that never was.
    pub email: String,
    /// Whether it is another address than the account's own.
    pub changes: bool,
    /// Whether the reader has shown that the account is theirs.
    pub proven: bool,
    /// Whether it can be declined.
    pub declinable: bool,
}

impl Auth {
    /// Proves the address that a mailed token was sent to. It ends no session.
    ///
    /// # Errors
    /// `LinkNotValid`; `ProofRequired` if nothing shows that the account is the caller's own; `Fields` if
    /// the password is wrong.
    pub async fn confirm_email(
        &self,
        caller: &Caller,
        token: &str,
        proof: AccountProof<'_>,
    ) -> Result<User> {
        let hash = secret::hash(secret::parse(token).ok_or(Error::LinkNotValid)?);
        let mut db = self.db.read().await?;
        let (link, user) = self.open_link(&mut db, &hash, &CONFIRMING).await?;
        drop(db);
        if !self.is_shown(&link, proof) {
            self.demand_password(caller, &link, proof.password).await?;
        }
        let mut work = self.begin(caller).await?;
        users::lock(&mut work.tx, user.id).await?;
        // It may have changed while the password was checked.
        let (link, user) = self.open_link(&mut work.tx, &hash, &CONFIRMING).await?;
        work.conclude(&link, &user).await
    }

    /// The same by the six digits of the newest mail, in a session of the account.
    ///
    /// # Errors
    /// `Fields` if the code is wrong or too old, or too many were tried: the link still works then;
    /// `Forbidden` in a session that a superuser opened for the user.
    pub async fn confirm_by_code(
        &self,
        caller: &Caller,
        by: &SignedIn,
        code: &str,
    ) -> Result<User> {
        by.demand_self()?;
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let wrong = || Error::field("code", FieldError::WrongCode);
        let mut work = self.begin(caller).await?;
        users::lock(&mut work.tx, by.user.id).await?;
        // Counted before it is checked, so that parallel tries count like tries in a row.
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
            let event = AuditEvent::own("code_refused", by.user.id);
            work.audit(event.in_session(by.session.id)).await?;
            work.commit().await?;
            return Err(wrong());
        };
        work.conclude(&link, &user).await
    }

    /// What is stored in the place of the code beside a link. Six digits are soon guessed by who has the
    /// hash, so it takes the server's key.
    pub(crate) fn code_hash(&self, link: &Digest, code: &str) -> Digest {
        secret::hash(self.successor.mark_bytes(&[b"code", &link.0[..], code.as_bytes()].concat()))
    }

    /// Whether session or browser show that the account of a link is the caller's own.
    fn is_shown(&self, link: &MailToken, proof: AccountProof<'_>) -> bool {
        // A superuser who acts for the user shows nothing of the user's own.
        let own = |by: &SignedIn| by.user.id == link.user_id && by.demand_self().is_ok();
        let session = proof.session.is_some_and(own);
        session || proof.mark.is_some_and(|mark| self.has_mark(link, mark))
    }

    /// Demands the password of the account of a link.
    async fn demand_password(
        &self,
        caller: &Caller,
        link: &MailToken,
        password: Option<&str>,
    ) -> Result<()> {
        let password = password.ok_or(Error::ProofRequired)?;
        let mut db = self.db.write().await?;
        let may = mail_tokens::count_try(&mut db, &link.hash, MOST_PASSWORDS).await?;
        db.commit().await?;
        if !may {
            return Err(Error::ProofRequired);
        }
        let stored = users::password_hash(&mut self.db.read().await?, link.user_id).await?;
        if self.hasher.verify(password, stored.as_deref()).await? != Verdict::Wrong {
            return Ok(());
        }
        let mut work = self.begin(caller).await?;
        work.audit(AuditEvent::about("password_refused", link.user_id)).await?;
        work.commit().await?;
        Err(Error::field("password", FieldError::WrongPassword))
    }

    /// Mails the link again, unless the address is confirmed.
    pub async fn resend_confirmation(&self, caller: &Caller, by: &SignedIn) -> Result<()> {
        if by.user.email_confirmed_at.is_some() {
            return Ok(());
        }
        let mut work = self.begin_by(caller, by).await?;
        work.mail(Kind::ConfirmEmail, &by.user).await?;
        work.audit(AuditEvent::new("confirmation_resent")).await?;
        work.commit().await
    }

    /// What the browser that registers keeps, to be known by when the link is opened in it. One whose
    /// registration made no user gets one that is good for nothing.
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

    /// Whether `mark` is that of the browser which registered the address of a link.
    fn has_mark(&self, link: &MailToken, mark: &str) -> bool {
        link.kind == Kind::ConfirmEmail.name()
            && secret::same(&self.mark(link.user_id, &link.email), mark)
    }

    /// Looks at a mailed token that is to confirm an address, and changes nothing.
    pub async fn confirmation(&self, token: &str, proof: AccountProof<'_>) -> Result<Confirmation> {
        let mut db = self.db.read().await?;
        let found = self.look_at_link(&mut db, token, &CONFIRMING).await?;
        Ok(found.map_or_else(Confirmation::none, |(link, state, user)| {
            let changes = link.kind == Kind::ChangeEmail.name();
            let proven = self.is_shown(&link, proof);
            let declinable = changes || user.is_unclaimed();
            Confirmation { state, email: link.email, changes, proven, declinable }
        }))
    }
}

impl Work<'_> {
    /// Confirms by a link whose user is locked and has been shown to be the caller.
    async fn conclude(mut self, link: &MailToken, user: &User) -> Result<User> {
        if !mail_tokens::consume(&mut self.tx, &link.hash, self.now).await? {
            return Err(Error::LinkNotValid);
        }
        let changes = link.kind == Kind::ChangeEmail.name();
        if changes {
            self.change_to(link, user).await?;
        } else {
            users::confirm_email(&mut self.tx, user.id, self.now).await?;
            mail_tokens::revoke(&mut self.tx, user.id, Kind::ConfirmEmail.name()).await?;
        }
        let kind = if changes { "email_changed" } else { "email_confirmed" };
        self.audit(AuditEvent::about(kind, user.id)).await?;
        let old = user;
        let user = users::by_id(&mut self.tx, user.id).await?.ok_or(Error::LinkNotValid)?;
        // An address that was never confirmed may belong to anybody, by a typing error: it gets no way back.
        if changes && old.email_confirmed_at.is_some() && old.email != user.email {
            let args = json!({ "new_email": user.email });
            self.mail_to(Kind::RestoreEmail, &user, &old.email, &args).await?;
        }
        self.commit().await?;
        Ok(user)
    }

    /// Gives the user the address that `link` was sent to, in the place of an account that a stranger made
    /// for it and nobody confirmed.
    async fn change_to(&mut self, link: &MailToken, user: &User) -> Result<()> {
        let new = Email::parse(&link.email).map_err(|_| Error::LinkNotValid)?;
        self.free_address(&new, user, User::is_unclaimed).await?;
        let names = (new.email.as_str(), new.key.as_str());
        if emails::set(&mut self.tx, user.id, link.credentials, names, self.now).await? {
            Ok(())
        } else {
            Err(Error::LinkNotValid)
        }
    }
}

impl Confirmation {
    /// Of a link that never was.
    pub fn none() -> Self {
        let state = LinkState::Expired;
        Self { state, email: String::new(), changes: false, proven: false, declinable: false }
    }
}
