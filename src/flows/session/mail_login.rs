//! Login by mail: one mail with a link and a code of six digits, each for the browser that requested it.
//!
//! The request returns a ticket, which the browser keeps. The code works only together with it, and the
//! link logs in only the browser that has it; any other browser is shown the code. So who persuades a user
//! to open a link, or reads one mail, gets no session in a browser of their own. The password is not
//! involved: for an account whose address is not confirmed, the mail is the one that confirms it, because a
//! stranger may have registered the address.
use super::login::Evidence;
use crate::{
    db::Conn,
    field_error::FieldError,
    flows::{
        Auth, Caller, Error, Result, Tokens, User, UserId,
        account::links,
        audit::{AuditEvent, AuditKind},
        limits::{Action, MailLogin},
        mail::{Kind, MOST, message},
        surface::Surface,
        work::Work,
    },
    identifiers::Email,
    secret::{self, Digest},
    store::{
        mail_tokens::{self, MailToken},
        users,
    },
};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

/// How long a link and a code that log in are valid.
pub const LIFETIME: Duration = message::LOGIN;

/// How many mails that log in one address gets in an hour, if devices request them that the account knows. They
/// have a limit of their own, because strangers must not use up their mails.
const MOST_KNOWN: i64 = 20;

/// What the page of a mailed link that logs in shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginLink {
    /// The browser requested the mail, so a button logs it in to the account with this address.
    Usable(String),
    /// Another browser requested the mail: this code logs that one in.
    Code(String),
    /// The link was used or replaced by a newer one, is too old, or never existed.
    Expired,
}

impl Auth {
    /// Mails a link and a code that log in. Returns the ticket of the request before it looks for the user,
    /// so the response is the same for any address.
    ///
    /// # Errors
    /// [`Error::Fields`] if `email` is not an address; [`Error::RateLimited`], [`Error::Busy`],
    /// [`Error::Unavailable`].
    pub async fn request_mail_login(&self, caller: &Caller, email: &str) -> Result<Uuid> {
        self.limit(caller, Action::Mail)?;
        let email = Email::parse(email).map_err(|e| Error::field("email", e))?;
        let request = self.count_mail_login(caller, &email.email).await?;
        let ticket = secret::token()?;
        let mark = self.ticket_mark(ticket);
        let (auth, caller) = (self.clone(), caller.clone());
        // No mail is promised to any address while the database accepts no writes.
        drop(self.db.write().await?);
        let started = self.background.start("enqueueing a requested mail failed", async move {
            auth.begin(&caller).await?.mail_login(&email, mark, &request).await
        });
        Error::Busy.unless(started)?;
        Ok(ticket)
    }

    /// Opens a session for the holder of a ticket who knows the code in its mail.
    ///
    /// # Errors
    /// [`Error::Fields`] if the code is wrong or too old, five were tried, or there was no mail: these look
    /// the same from outside; [`Error::SuperuserRefused`]; [`Error::RateLimited`].
    pub async fn log_in_by_code(
        &self,
        caller: &Caller,
        surface: &Surface,
        (ticket, code): (&str, &str),
        remember: bool,
    ) -> Result<Tokens> {
        self.limit(caller, Action::Link)?;
        let wrong = || Error::field("code", FieldError::WrongCode);
        let mark = self.ticket_mark(secret::parse(ticket).ok_or_else(wrong)?);
        // Counted before anything is looked up, and for tickets without a mail as well.
        if !self.count_login_code(mark).await? {
            return Err(wrong());
        }
        let found = self.open_ticket(&mut self.db.read().await?, mark).await?;
        let Some((link, user)) = found else {
            self.count_unknown(caller, AuditKind::LoginFailed);
            return Err(wrong());
        };
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        if !secret::same(&self.login_code(&link.hash), &code) {
            self.note_failed_login(caller, user.id, "wrong code from a mail".to_owned());
            return Err(wrong());
        }
        self.log_in_by_mail(caller, surface, &link, &user, remember).await?.ok_or_else(wrong)
    }

    /// Opens a session for the browser that has the ticket of a mailed link.
    ///
    /// # Errors
    /// [`Error::LinkNotValid`]; [`Error::ProofRequired`] in another browser; [`Error::SuperuserRefused`];
    /// [`Error::RateLimited`].
    pub async fn log_in_by_link(
        &self,
        caller: &Caller,
        surface: &Surface,
        (token, ticket): (&str, Option<Uuid>),
        remember: bool,
    ) -> Result<Tokens> {
        self.limit(caller, Action::Link)?;
        let hash = secret::hash(secret::parse(token).ok_or(Error::LinkNotValid)?);
        let (link, user) = self.open_link(&mut self.db.read().await?, &hash, &links::LOGIN).await?;
        Error::ProofRequired.unless(self.is_for(&link, ticket))?;
        let done = self.log_in_by_mail(caller, surface, &link, &user, remember).await?;
        done.ok_or(Error::LinkNotValid)
    }

    /// What the page of a mailed link shows in the browser that has this ticket, or none. It changes nothing.
    pub async fn login_link(
        &self,
        caller: &Caller,
        token: &str,
        ticket: Option<Uuid>,
    ) -> Result<LoginLink> {
        self.limit(caller, Action::Link)?;
        let Some(token) = secret::parse(token) else { return Ok(LoginLink::Expired) };
        let mut db = self.db.read().await?;
        match self.open_link(&mut db, &secret::hash(token), &links::LOGIN).await {
            Ok((link, user)) if self.is_for(&link, ticket) => Ok(LoginLink::Usable(user.email)),
            Ok((link, _)) => Ok(LoginLink::Code(self.login_code(&link.hash))),
            Err(Error::LinkNotValid) => Ok(LoginLink::Expired),
            Err(e) => Err(e),
        }
    }

    /// The code beside a link that logs in. It is computed from the link's hash with the server's key, so
    /// it is not stored, and a browser with the link can be shown it.
    pub(crate) fn login_code(&self, link: &Digest) -> String {
        let mac = self.successor.mark_bytes(&[b"login code ", &link.0[..]].concat());
        secret::digits(mac)
    }

    async fn log_in_by_mail(
        &self,
        caller: &Caller,
        surface: &Surface,
        link: &MailToken,
        user: &User,
        remember: bool,
    ) -> Result<Option<Tokens>> {
        self.admit(surface, user)?;
        let request = self.mail_login_of(caller, user);
        let evidence = Evidence::Mail { link: &link.hash, request: &request };
        self.log_in_as(caller, surface, user, remember, evidence).await
    }

    /// The link with this keyed ticket and its user, if it may still be used.
    async fn open_ticket(&self, db: &mut Conn, mark: Uuid) -> Result<Option<(MailToken, User)>> {
        let link = mail_tokens::by_ticket(db, mark).await?;
        // A ticket without a mail takes as many queries. No user has the id 0.
        let user = users::by_id(db, link.as_ref().map_or(UserId(0), |link| link.user_id)).await?;
        Ok(link.zip(user).filter(|(link, user)| self.is_usable(link, user)))
    }

    fn is_for(&self, link: &MailToken, ticket: Option<Uuid>) -> bool {
        let texts = link.ticket.zip(ticket.map(|ticket| self.ticket_mark(ticket)));
        texts.is_some_and(|(a, b)| secret::same(&a.to_string(), &b.to_string()))
    }

    /// What is stored instead of a ticket.
    fn ticket_mark(&self, ticket: Uuid) -> Uuid {
        self.successor.mark(&format!("login ticket {ticket}"))
    }
}

impl Work<'_> {
    async fn mail_login(mut self, email: &Email, mark: Uuid, request: &MailLogin) -> Result<()> {
        let user = users::by_email(&mut self.tx, &email.key).await?.filter(|u| u.is_active);
        let Some(user) = user else {
            self.auth.count_unknown(self.caller, AuditKind::LoginMailRequested);
            return Ok(());
        };
        if user.email_confirmed_at.is_none() {
            self.mail(Kind::ConfirmEmail, &user).await?;
            self.audit_repeated(AuditEvent::about(AuditKind::ConfirmationResent, user.id)).await?;
            return self.commit().await;
        }
        let args = json!({ "ticket": mark });
        let most = if request.is_known_device() { MOST_KNOWN } else { MOST };
        self.mail_up_to(most, Kind::Login, &user, &user.email, &args).await?;
        self.audit_repeated(AuditEvent::about(AuditKind::LoginMailRequested, user.id)).await?;
        self.commit().await
    }
}
