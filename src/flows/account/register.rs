//! Registration.
use crate::{
    config::{EmailConfirmation, Registration},
    db::Conn,
    field_error::FieldError,
    flows::{
        Auth, Caller, Error, Result, User,
        audit::{AuditEvent, AuditKind},
        limits::Action,
        mail::Kind,
        work::Work,
    },
    identifiers::{self, Email, Username},
    store::users,
    time::Timestamp,
};

/// The fields of a registration, as typed.
pub struct NewAccount<'a> {
    /// The email address.
    pub email: &'a str,
    /// The password in plain text.
    pub password: &'a str,
    /// The username that the user wants; `None` for none.
    pub username: Option<&'a str>,
    /// The first name; `None` for none.
    pub first_name: Option<&'a str>,
    /// The token of an invitation link. `None` or an empty text means no invitation.
    pub invite: Option<&'a str>,
}

/// The result of a registration.
#[derive(Debug)]
pub enum Registered {
    /// The new user, who need not confirm the address before they log in.
    Created(User),
    /// The address must be confirmed first. The caller must not learn whether there is a new user.
    Pending(Option<User>),
}

/// The fields of a new user, parsed and checked.
pub(crate) struct Fields {
    pub email: Email,
    pub username: Option<Username>,
    pub first_name: String,
}

impl Fields {
    /// The row of a new user with these fields.
    pub fn row<'a>(
        &'a self,
        hash: &'a str,
        language: &'a str,
        now: Timestamp,
    ) -> users::NewUser<'a> {
        users::NewUser {
            id: None,
            email: &self.email.email,
            email_key: &self.email.key,
            email_confirmed_at: None,
            username: self.username.as_ref().map(|u| u.name.as_str()),
            username_key: self.username.as_ref().map(|u| u.key.as_str()),
            first_name: &self.first_name,
            password_hash: Some(hash),
            is_active: true,
            is_superuser: false,
            language: Some(language),
            created_at: now,
            last_login_at: None,
            self_registered: false,
            notify_new_devices: true,
        }
    }

    /// Why an insertion failed: the username, the address, or both are taken.
    pub async fn taken(&self, db: &mut Conn) -> Result<Error> {
        let Err(named) = self.require_free_username(db).await else { return Ok(Error::EmailTaken) };
        let Error::Fields(mut taken) = named else { return Err(named) };
        if users::by_email(db, &self.email.key).await?.is_some() {
            taken.push(("email", FieldError::Taken));
        }
        Ok(Error::Fields(taken))
    }

    /// # Errors
    /// [`Error::Fields`] if the username is taken.
    async fn require_free_username(&self, db: &mut Conn) -> Result<()> {
        let Some(name) = &self.username else { return Ok(()) };
        let owner = users::by_username(db, &name.key).await?;
        Error::field("username", FieldError::Taken).when(owner.is_some())
    }
}

impl Auth {
    /// Whether anybody may register.
    pub fn registration_open(&self) -> bool {
        self.runtime_settings().registration == Registration::Open
    }

    /// Registers a user and mails a link that confirms the address.
    ///
    /// Where email confirmation is required, a known address gets the same response as an unknown
    /// one, and its owner gets a mail instead.
    ///
    /// # Errors
    /// [`Error::Fields`], [`Error::EmailTaken`], [`Error::RegistrationClosed`],
    /// [`Error::InvitationNeeded`], [`Error::LinkNotValid`] for an invitation that is no longer
    /// valid, [`Error::RateLimited`], [`Error::Busy`], [`Error::Unavailable`].
    pub async fn register(&self, caller: &Caller, new: NewAccount<'_>) -> Result<Registered> {
        self.limit(caller, Action::Registration)?;
        match (self.runtime_settings().registration, new.invite.filter(|token| !token.is_empty())) {
            (Registration::Closed, _) => return Err(Error::RegistrationClosed),
            (_, Some(token)) => return self.accept(caller, new, token).await,
            (Registration::Invite, None) => return Err(Error::InvitationNeeded),
            (Registration::Open, None) => {}
        }
        let fields = self
            .read_fields(caller, (new.email, new.password), new.username, new.first_name)
            .await?;
        self.count_registration(new.email).await?;
        let hash = caller.unless_left(self.hasher.hash(new.password)).await?;
        let quiet = self.runtime_settings().email_confirmation == EmailConfirmation::Required;
        let mut work = self.begin(caller).await?;
        let mut row = fields.row(&hash, caller.language.tag(), work.now);
        row.self_registered = true;
        if quiet {
            // Checked before the address, so that known and unknown addresses take the same
            // statements.
            fields.require_free_username(&mut work.tx).await?;
        }
        let Some(user) = users::insert(&mut work.tx, &row).await? else {
            if quiet {
                return work.notify_owner(&fields).await;
            }
            return Err(fields.taken(&mut work.tx).await?);
        };
        work.mail(Kind::ConfirmEmail, &user).await?;
        work.audit(AuditEvent::own(AuditKind::Registered, user.id)).await?;
        work.commit().await?;
        Ok(if quiet { Registered::Pending(Some(user)) } else { Registered::Created(user) })
    }

    /// All errors of a registration: the fields `wrong`, which could not be read and have
    /// placeholders in `new`, and the errors of the other fields.
    pub async fn refuse_registration(
        &self,
        caller: &Caller,
        new: NewAccount<'_>,
        mut wrong: Vec<(&'static str, FieldError)>,
    ) -> Error {
        if let Err(e) = self.limit(caller, Action::Registration) {
            return e;
        }
        let names = (new.email, new.password);
        match self.read_fields(caller, names, new.username, new.first_name).await {
            Ok(_) => {}
            Err(Error::Fields(more)) => {
                let known: Vec<_> = wrong.iter().map(|(name, _)| *name).collect();
                wrong.extend(more.into_iter().filter(|(name, _)| !known.contains(name)));
            }
            Err(e) => return e,
        }
        Error::Fields(wrong)
    }

    /// Parses and checks the fields of a new user, and reports all wrong fields at once.
    pub(crate) async fn read_fields(
        &self,
        caller: &Caller,
        (email, password): (&str, &str),
        username: Option<&str>,
        first_name: Option<&str>,
    ) -> Result<Fields> {
        let mut wrong = Vec::new();
        let mut keep = |name, why| wrong.push((name, why));
        let email = Email::parse(email).map_err(|e| keep("email", e)).ok();
        let username = username
            .filter(|name| !name.trim().is_empty())
            .and_then(|name| Username::parse(name).map_err(|e| keep("username", e)).ok());
        let first_name = identifiers::first_name(first_name.unwrap_or_default())
            .map_err(|e| keep("first_name", e))
            .ok();
        let mut own: Vec<String> = email.iter().map(|e| e.email.clone()).collect();
        own.extend(username.iter().map(|u| u.name.clone()));
        own.extend(first_name.clone());
        let judging = self.hasher.refuse(&self.passwords, password, own);
        if let Some(why) = caller.unless_left(judging).await? {
            keep("password", why);
        }
        match (email, first_name) {
            (Some(email), Some(first_name)) if wrong.is_empty() => {
                Ok(Fields { email, username, first_name })
            }
            _ => Err(Error::Fields(wrong)),
        }
    }
}

impl Work<'_> {
    /// Handles the registration of an address that is already registered: only its mailbox learns
    /// of it.
    ///
    /// The account stays as it is, whoever registered it: otherwise a stranger could remove its
    /// password. If the address was never confirmed, the mail lets its reader confirm it, set
    /// another password or decline.
    async fn notify_owner(mut self, fields: &Fields) -> Result<Registered> {
        let Some(user) = users::by_email(&mut self.tx, &fields.email.key).await? else {
            // So the insertion failed because the username was taken a moment ago.
            return Err(fields.taken(&mut self.tx).await?);
        };
        let kind = match user.email_confirmed_at {
            Some(_) => Kind::AccountExists,
            None => Kind::ConfirmEmail,
        };
        self.mail(kind, &user).await?;
        let repeated = AuditEvent::about(AuditKind::RegistrationRepeated, user.id);
        self.audit_repeated(repeated).await?;
        self.commit().await?;
        Ok(Registered::Pending(None))
    }
}
