//! Mails: put into the outbox in the transaction of what causes them, and sent later.
//!
//! The outbox holds no token. A link is made when its mail is sent, stored as a hash, and bound to
//! the state of the account for which it was asked.
use super::{Auth, Error, Result, User, UserId, secret};
use crate::{
    mail::Letter,
    store::{
        Channel, Conn,
        outbox::{self, Mail, NewMail},
    },
    time::Timestamp,
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinSet;

/// Nobody else sends a mail while its sender may still be at it.
const LEASE: Duration = Duration::from_mins(2);
/// The delay before the second attempt; it doubles with each.
const FIRST_DELAY: Duration = Duration::from_secs(30);
const LONGEST_DELAY: Duration = Duration::from_hours(1);
/// After this long a mail is given up, for an operator to see.
const GIVE_UP: Duration = Duration::from_hours(24);
/// How many mails one process sends at once, so that a slow mailbox does not hold up the others.
const AT_ONCE: usize = 8;
/// So many mails of one kind are sent to one address within [`PER`] (OWASP ASVS 5, 6.3).
const MOST: i64 = 5;
pub const PER: Duration = Duration::from_hours(1);

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    ConfirmEmail,
    ResetPassword,
    ChangeEmail,
    EmailChanged,
    RestoreEmail,
    PasswordChanged,
    AccountExists,
    AccountDeleted,
    Invitation,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConfirmEmail => "confirm_email",
            Self::ResetPassword => "reset_password",
            Self::ChangeEmail => "change_email",
            Self::EmailChanged => "email_changed",
            Self::RestoreEmail => "restore_email",
            Self::PasswordChanged => "password_changed",
            Self::AccountExists => "account_exists",
            Self::AccountDeleted => "account_deleted",
            Self::Invitation => "invitation",
        }
    }
}

/// Puts a mail to a user's own address into the outbox.
pub async fn to_user(db: &mut Conn, kind: Kind, user: &User, now: Timestamp) -> Result<()> {
    put(db, kind, user, &user.email, &json!({}), now).await
}

/// Puts the last mail to a user who has just been deleted into the outbox.
pub async fn farewell(db: &mut Conn, user: &User, now: Timestamp) -> Result<()> {
    let mail = (Kind::AccountDeleted, user.email.as_str());
    put_about(db, None, mail, user, &json!({}), now).await
}

/// Puts a mail about `user` into the outbox; `args` are what its text needs beside the name. Beyond a
/// few in an hour it is left out, whoever asks.
pub async fn put(
    db: &mut Conn,
    kind: Kind,
    user: &User,
    recipient: &str,
    args: &Value,
    now: Timestamp,
) -> Result<()> {
    put_about(db, Some(user.id), (kind, recipient), user, args, now).await
}

async fn put_about(
    db: &mut Conn,
    id: Option<UserId>,
    (kind, recipient): (Kind, &str),
    user: &User,
    args: &Value,
    now: Timestamp,
) -> Result<()> {
    if has_enough(db, kind, recipient, now).await? {
        return Ok(());
    }
    // Whoever registers somebody else's address chooses the name: it would be a message to a stranger.
    let own = user.email_confirmed_at.is_some() && recipient == user.email;
    let name = if own { user.first_name.as_str() } else { "" };
    let mut all = json!({ "name": name, "email": user.email });
    if let (Some(all), Some(args)) = (all.as_object_mut(), args.as_object()) {
        all.extend(args.clone());
    }
    let mail = NewMail {
        kind: kind.name(),
        user_id: id,
        recipient,
        language: user.language.as_deref().unwrap_or_default(),
        args: &all.to_string(),
        credentials: user.credentials,
    };
    outbox::insert(db, &mail, now).await?;
    Ok(db.notify(Channel::Outbox).await?)
}

/// Whether an address has been sent as many mails of a kind as it may be for now.
pub async fn has_enough(
    db: &mut Conn,
    kind: Kind,
    recipient: &str,
    now: Timestamp,
) -> Result<bool> {
    Ok(outbox::count_since(db, recipient, kind.name(), now.minus(PER)).await? >= MOST)
}

impl Auth {
    /// Waits until a flow of this process has put a mail into the outbox.
    pub async fn mail_was_put(&self) {
        self.post.notified().await;
    }

    /// Sends the mails that are due; gives how many were sent. Once it returns, those that this
    /// process was sending already are sent as well.
    pub async fn deliver_due(&self) -> Result<usize> {
        let _one_at_a_time = self.sending.lock().await;
        let (mut sent, mut failed, mut under_way) = (0, None, JoinSet::new());
        loop {
            // As many as there is room for: a slow mailbox takes one place, not all. After a failure
            // those under way are still waited for: one that is cut off may be sent twice.
            let room = AT_ONCE.saturating_sub(under_way.len());
            let claimed = if failed.is_none() { self.claim(room).await } else { Ok(Vec::new()) };
            match claimed {
                Ok(mails) => mails.into_iter().for_each(|mail| {
                    let auth = self.clone();
                    under_way.spawn(async move { auth.deliver(&mail).await });
                }),
                Err(e) => failed = Some(e),
            }
            match under_way.join_next().await {
                Some(done) => match done.map_err(Error::internal).flatten() {
                    Ok(done) => sent += usize::from(done),
                    Err(e) => failed = Some(e),
                },
                None => return failed.map_or(Ok(sent), Err),
            }
        }
    }

    async fn claim(&self, most: usize) -> Result<Vec<Mail>> {
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mails = outbox::claim(&mut db, most, now.plus(LEASE), now).await?;
        db.commit().await?;
        Ok(mails)
    }

    /// Sends one claimed mail; `false` if it was not sent, now or for good.
    async fn deliver(&self, mail: &Mail) -> Result<bool> {
        // What cannot be put together, because of a template say, is a failed attempt like any other.
        let sent = match self.letter(mail).await {
            Ok(Some(letter)) => {
                let sent = self.mailer.send(letter).await;
                sent.map_err(|e| (e.to_string(), e.is_permanent()))
            }
            Ok(None) => {
                let mut db = self.db.write().await?;
                outbox::drop(&mut db, mail.id).await?;
                db.commit().await?;
                return Ok(false);
            }
            Err(Error::Internal(e)) => Err((e.to_string(), false)),
            Err(e) => return Err(e),
        };
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        match &sent {
            Ok(()) => outbox::mark_sent(&mut db, mail.id, now).await?,
            Err((error, is_permanent)) => {
                let due_at = now.plus(delay(mail.attempts));
                let given_up = *is_permanent || due_at > mail.created_at.plus(GIVE_UP);
                if given_up {
                    outbox::fail(&mut db, mail.id, error).await?;
                } else {
                    outbox::retry(&mut db, mail.id, due_at, error).await?;
                }
                let (id, attempt) = (mail.id, mail.attempts);
                tracing::warn!(
                    id,
                    kind = mail.kind,
                    attempt,
                    given_up,
                    error,
                    "a mail was not sent"
                );
            }
        }
        db.commit().await?;
        Ok(sent.is_ok())
    }

    /// Sends one mail to `address` at once, past the outbox.
    ///
    /// # Errors
    /// `Fields` if it is no address; what the mail server says otherwise.
    pub async fn test_mail(&self, address: &str) -> Result<()> {
        let to = super::address::Address::parse(address).map_err(|e| Error::field("address", e))?;
        let args = json!({
            "site": self.config.site(), "home": self.config.link("/"), "name": "",
            "email": to.email,
        });
        let (subject, text, html) =
            self.templates.letter(self.config.language, "test", &args).map_err(Error::internal)?;
        let letter = Letter { to: to.email, message_id: secret::token()?, subject, text, html };
        self.mailer.send(letter).await.map_err(Error::internal)
    }
}

fn delay(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(16);
    (FIRST_DELAY * 2_u32.pow(doublings)).min(LONGEST_DELAY)
}
