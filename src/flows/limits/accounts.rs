//! Limits for each account, in the database, for all servers.
//!
//! The table has a row for a part of a keyed hash of the account's name, not for the name: it contains no
//! address of a person, unknown names are counted like known ones, and the number of rows is bounded. Two
//! names share a row by chance only, and nobody without the key can find such names.
//!
//! The delay after a failure grows and is capped, so an account is never locked. Its owner has a budget of
//! their own on every device on which they have logged in before ([`super::device`]), and the link of a
//! forgotten password makes another device known. An account is counted by the name that is given: its address,
//! its username and its id have a budget each, because a common one would reveal which names belong together.
use super::{Action, Inner, name, refused, stuffing::Stuffing};
use crate::{
    db::Tx,
    flows::{
        Auth, Caller, Login, Result, User, UserId,
        audit::{AuditEvent, AuditKind},
        work::Work,
    },
    store::attempts::{self, Pace},
};
use std::time::Duration;
use uuid::Uuid;

const DAY: Duration = Duration::from_hours(24);

/// How long an account's attempts are kept after the last one.
pub(crate) const KEPT: Duration = Duration::from_hours(24 * 7);

/// Failures in a row after which only one attempt a day is left (NIST SP 800-63B, 3.2.2).
const MOST_FAILURES: i64 = 100;

/// How many codes may be entered with one ticket.
const MOST_CODES: i64 = 5;

/// The longest delay between two registrations with one address. Nobody can have a known device before they
/// register, so strangers could keep them waiting.
const LONGEST_TO_REGISTER: Duration = Duration::from_mins(1);

/// How many bits of the hash a bucket keeps: 4 million buckets of each kind, at most.
const BITS: u32 = 22;

/// What is counted for an account. Each kind has budgets of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Logins from devices that have not logged in before.
    Login = 0,
    /// Logins from one device that has.
    KnownDevice = 1,
    /// Registrations with one address.
    Registration = 2,
    /// Mails that log in to one account, requested by unknown devices or by one known device, without a login.
    MailLogin = 3,
    /// Codes entered with one ticket of a login by mail.
    LoginCode = 4,
    /// Codes of a second factor.
    SecondFactor = 5,
}

impl Kind {
    const fn action(self) -> &'static str {
        match self {
            Self::Login | Self::KnownDevice => "login",
            Self::Registration => Action::Registration.name(),
            Self::MailLogin | Self::LoginCode => "mail_login",
            Self::SecondFactor => Action::SecondFactor.name(),
        }
    }
}

/// An attempt that was counted as a failure before it was judged.
#[must_use]
pub(crate) struct Attempt {
    /// `None` if there are no limits.
    bucket: Option<i64>,
    /// `None` if it comes from an unknown device, else whether the address was confirmed when the device became
    /// known.
    known: Option<bool>,
}

/// A request of a mail that logs in, which counts until somebody logs in with the mail.
#[must_use]
pub(crate) struct MailLogin(Attempt);

impl MailLogin {
    /// Whether a device requested it that has logged in to the account since its address was confirmed.
    /// Strangers cannot use up the mails of such a device.
    pub fn is_known_device(&self) -> bool {
        self.0.known.is_some()
    }
}

impl Auth {
    /// Counts a login before anything is looked up.
    ///
    /// # Errors
    /// [`Error::RateLimited`](crate::flows::Error::RateLimited), whether or not the account exists.
    pub(crate) async fn count_login(&self, caller: &Caller, login: Login<'_>) -> Result<Attempt> {
        let Some(limits) = &self.limits.0 else {
            return Ok(Attempt { bucket: None, known: None });
        };
        let name = name::of_login(login);
        let Some(known) = self.known_device(caller, &name) else {
            return self.count_stranger(limits, caller, &name).await;
        };
        let by_device = limits.addresses.count_known_login(known.mark);
        by_device.map_err(|wait| refused("login", "device", wait))?;
        let bucket = self.count_attempt(Kind::KnownDevice, &format!("{} {name}", known.id)).await?;
        let attempt = Attempt { bucket, known: Some(known.confirmed) };
        // Last: a device that only guesses must not use up what the others of the account share.
        let account = self.successor.mark(&format!("account {} {name}", known.confirmed));
        if let Err(wait) = limits.addresses.count_known_login(account) {
            self.uncount(&attempt).await;
            return Err(refused("login", "device", wait));
        }
        Ok(attempt)
    }

    /// Counts the login of a device again that logged in only before the address of `user` was confirmed: it may
    /// belong to somebody else, who registered the address first.
    ///
    /// # Errors
    /// [`Error::RateLimited`](crate::flows::Error::RateLimited).
    pub(crate) async fn recount_login(
        &self,
        caller: &Caller,
        login: Login<'_>,
        attempt: Attempt,
        user: Option<&User>,
    ) -> Result<Attempt> {
        let confirmed = user.is_some_and(|user| user.email_confirmed_at.is_some());
        match &self.limits.0 {
            Some(limits) if confirmed && attempt.known == Some(false) => {
                self.uncount(&attempt).await;
                self.count_stranger(limits, caller, &name::of_login(login)).await
            }
            _ => Ok(attempt),
        }
    }

    async fn count_stranger(&self, limits: &Inner, caller: &Caller, name: &str) -> Result<Attempt> {
        let slowed = limits.detector.now().noticed;
        let by_address = limits.addresses.count_login(caller.ip, slowed);
        by_address.map_err(|wait| refused("login", "address", wait))?;
        let bucket = self.count_attempt(Kind::Login, name).await?;
        Ok(Attempt { bucket, known: None })
    }

    /// Counts a registration with an address, before anything is looked up.
    ///
    /// # Errors
    /// [`Error::RateLimited`](crate::flows::Error::RateLimited), whether or not the account exists.
    pub(crate) async fn count_registration(&self, email: &str) -> Result<()> {
        self.count_attempt(Kind::Registration, &name::of_email(email)).await.map(drop)
    }

    /// Counts a code of a second factor before it is checked. A device on which a factor of the account was proven
    /// before has a budget of its own.
    ///
    /// # Errors
    /// [`Error::RateLimited`](crate::flows::Error::RateLimited).
    pub(crate) async fn count_code(&self, caller: &Caller, user: UserId) -> Result<Attempt> {
        let name = name::of_login(Login::Id(user));
        let device = self.device_with_factor(caller, user);
        let name = device.map_or_else(|| name.clone(), |id| format!("{id} {name}"));
        let bucket = self.count_attempt(Kind::SecondFactor, &name).await?;
        Ok(Attempt { bucket, known: device.map(|_| true) })
    }

    /// Counts a request of a mail that logs in, before anything is looked up.
    ///
    /// # Errors
    /// [`Error::RateLimited`](crate::flows::Error::RateLimited), whether or not the account exists.
    pub(crate) async fn count_mail_login(&self, caller: &Caller, email: &str) -> Result<MailLogin> {
        let (name, known) = self.name_on_device(caller, name::of_email(email));
        let bucket = self.count_attempt(Kind::MailLogin, &name).await?;
        Ok(MailLogin(Attempt { bucket, known }))
    }

    /// The request that led to a login of `user` on the caller's device.
    pub(crate) fn mail_login_of(&self, caller: &Caller, user: &User) -> MailLogin {
        let (name, known) = self.name_on_device(caller, name::of_email(&user.email));
        let bucket = self.limits.0.as_ref().map(|_| self.bucket(Kind::MailLogin, &name));
        MailLogin(Attempt { bucket, known })
    }

    /// The name under which a mail that logs in is counted, and the device.
    fn name_on_device(&self, caller: &Caller, name: String) -> (String, Option<bool>) {
        // Only accounts with a confirmed address have one. Somebody else may have used the device before.
        match self.known_device(caller, &name).filter(|device| device.confirmed) {
            Some(device) => (format!("{} {name}", device.id), Some(true)),
            None => (name, None),
        }
    }

    /// Counts a code that is entered with a ticket; `false` if there were [`MOST_CODES`]. Tickets that belong
    /// to no mail are counted like others, also without limits, so the table gets no row for each ticket.
    pub(crate) async fn count_login_code(&self, ticket: Uuid) -> Result<bool> {
        let bucket = self.bucket(Kind::LoginCode, &ticket.to_string());
        let mut db = self.db.write().await?;
        let pace = self.pace(Kind::LoginCode);
        let counted = attempts::count(&mut db, bucket, &pace, self.clock.now()).await?;
        db.commit().await?;
        Ok(counted)
    }

    /// Counts an attempt for `name`. Returns its bucket; `None` if there are no limits.
    pub(crate) async fn count_attempt(&self, kind: Kind, name: &str) -> Result<Option<i64>> {
        if self.limits.0.is_none() {
            return Ok(None);
        }
        let bucket = self.bucket(kind, name);
        let mut db = self.db.write().await?;
        let now = self.clock.now();
        if attempts::count(&mut db, bucket, &self.pace(kind), now).await? {
            db.commit().await?;
            return Ok(Some(bucket));
        }
        let until = attempts::blocked_until(&mut db, bucket).await?;
        Err(refused(kind.action(), "account", now.until(until.unwrap_or(now))))
    }

    /// Notes the answer to a login from an unknown device, and whether it shows an attack.
    pub(crate) fn note_answer(&self, attempt: &Attempt, right: bool) {
        let Some(limits) = self.limits.0.as_ref().filter(|_| attempt.known.is_none()) else {
            return;
        };
        let right = attempt.bucket.filter(|_| right);
        let Some(noticed) = limits.detector.note(right) else { return };
        metrics::counter!("portcullis_stuffing_total").increment(1);
        let auth = self.clone();
        let note = async move { auth.note_stuffing(noticed).await };
        if !self.background.start("recording credential stuffing failed", note) {
            tracing::warn!("credential stuffing was not recorded: too many tasks are waiting");
        }
    }

    async fn note_stuffing(&self, noticed: Stuffing) -> Result<()> {
        let nobody = Caller::default();
        let mut work = self.begin(&nobody).await?;
        let detail = format!("{} of {}", noticed.failed, noticed.logins);
        work.audit(AuditEvent::new(AuditKind::StuffingNoticed).detail(&detail)).await?;
        work.commit().await
    }

    /// Takes back an attempt that was not judged.
    pub(crate) async fn uncount(&self, attempt: &Attempt) {
        let done = async {
            let mut db = self.db.write().await?;
            attempt.take_back(&mut db).await?;
            Ok::<_, crate::flows::Error>(db.commit().await?)
        };
        if let Err(e) = done.await {
            tracing::warn!(error = %e, "a login that was not judged stays counted");
        }
    }

    fn pace(&self, kind: Kind) -> Pace {
        let limits = &self.config.limits;
        let guesses = Pace {
            free: limits.free_failures.into(),
            first: Duration::from_secs(1),
            longest: limits.longest_delay,
            most: MOST_FAILURES,
            last: DAY,
            forget: DAY / 4,
        };
        match kind {
            Kind::Login | Kind::KnownDevice | Kind::SecondFactor => guesses,
            Kind::Registration => Pace {
                longest: limits.longest_delay.min(LONGEST_TO_REGISTER),
                most: i64::MAX,
                ..guesses
            },
            // Each mail allows a stranger as many guesses as a ticket has.
            Kind::MailLogin => Pace {
                free: 3,
                first: Duration::from_mins(15),
                longest: Duration::from_hours(1),
                most: MOST_FAILURES / MOST_CODES,
                ..guesses
            },
            // A ticket lives for 20 minutes, while its mail waits and its code is valid.
            Kind::LoginCode => {
                let rest = Duration::from_mins(30);
                let forget = Duration::from_hours(1);
                Pace { free: MOST_CODES, first: rest, longest: rest, last: rest, forget, ..guesses }
            }
        }
    }

    fn bucket(&self, kind: Kind, name: &str) -> i64 {
        let hash = self.successor.mark(&format!("attempt {name}")).as_u128();
        let part = i64::try_from(hash & ((1 << BITS) - 1)).unwrap_or(0);
        ((kind as i64) << BITS) + part
    }
}

impl Attempt {
    async fn take_back(&self, db: &mut Tx) -> Result<()> {
        if let Some(bucket) = self.bucket {
            attempts::uncount(db, bucket).await?;
        }
        Ok(())
    }
}

impl Work<'_> {
    /// Takes back the count of a login that succeeded. The failures before it stay counted.
    pub async fn uncount(&mut self, attempt: &Attempt) -> Result<()> {
        attempt.take_back(&mut self.tx).await
    }

    /// Takes back the count of a request that led to a login.
    pub async fn uncount_mail_login(&mut self, request: &MailLogin) -> Result<()> {
        request.0.take_back(&mut self.tx).await
    }

    /// Forgets all failed logins of a user who has just proven that they read the account's mail.
    pub async fn forget_failures(&mut self, user: &User) -> Result<()> {
        if self.auth.limits.0.is_some() {
            for name in name::of_user(user) {
                let bucket = self.auth.bucket(Kind::Login, &name);
                attempts::clear(&mut self.tx, bucket).await?;
            }
        }
        Ok(())
    }
}
