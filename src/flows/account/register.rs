//! Registration.
use crate::{
    config::{EmailConfirmation, Registration},
    db::Conn,
    field_error::FieldError,
    flows::{Auth, Caller, Error, Result, User, audit::AuditEvent, mail::Kind, work::Work},
    identifiers::{self, Email, Username},
    store::users,
    time::Timestamp,
};

/// What a registration asks for, as typed.
pub struct NewAccount<'a> {
    pub email: &'a str,
    pub password: &'a str,
    pub username: Option<&'a str>,
    pub first_name: Option<&'a str>,
    pub invite: Option<&'a str>,
}

#[derive(Debug)]
pub enum Registered {
    Created(User),
    /// Nothing is told, since the address must be confirmed first; not even whether there is a new user.
    Pending(Option<User>),
}

/// The fields of a new user, read and found good.
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
            email: &self.email.email,
            email_key: &self.email.key,
            email_confirmed_at: None,
            username: self.username.as_ref().map(|u| u.name.as_str()),
            username_key: self.username.as_ref().map(|u| u.key.as_str()),
            first_name: &self.first_name,
            password_hash: Some(hash),
            is_superuser: false,
            language: Some(language),
            created_at: now,
            self_registered: false,
        }
    }

    /// What stood in the way of an insertion: the username, the address, or both.
    pub async fn taken(&self, db: &mut Conn) -> Result<Error> {
        let Err(named) = self.demand_username(db).await else { return Ok(Error::EmailTaken) };
        let Error::Fields(mut taken) = named else { return Err(named) };
        if users::by_email(db, &self.email.key).await?.is_some() {
            taken.push(("email", FieldError::Taken));
        }
        Ok(Error::Fields(taken))
    }

    /// # Errors
    /// `Fields` if the username is taken.
    async fn demand_username(&self, db: &mut Conn) -> Result<()> {
        if let Some(name) = &self.username
            && users::by_username(db, &name.key).await?.is_some()
        {
            return Err(Error::field("username", FieldError::Taken));
        }
        Ok(())
    }
}

impl Auth {
    /// Whether anybody may register.
    pub fn registration_open(&self) -> bool {
        self.runtime_settings().registration == Registration::Open
    }

    /// Registers a user and mails a link that confirms the address.
    ///
    /// Where the address has to be confirmed before anything else, a known address is answered like an
    /// unknown one, and its owner gets a mail instead.
    ///
    /// # Errors
    /// `Fields`, `EmailTaken`, `RegistrationClosed`, `InvitationNeeded`, `LinkNotValid` for an invitation
    /// that is none any more, `Busy`, `Unavailable`.
    pub async fn register(&self, caller: &Caller, new: NewAccount<'_>) -> Result<Registered> {
        match (self.runtime_settings().registration, new.invite.filter(|token| !token.is_empty())) {
            (Registration::Closed, _) => return Err(Error::RegistrationClosed),
            (_, Some(token)) => return self.accept(caller, new, token).await,
            (Registration::Invite, None) => return Err(Error::InvitationNeeded),
            (Registration::Open, None) => {}
        }
        let fields =
            self.read_fields((new.email, new.password), new.username, new.first_name).await?;
        let hash = self.hasher.hash(new.password).await?;
        let quiet = self.runtime_settings().email_confirmation == EmailConfirmation::Required;
        let mut work = self.begin(caller).await?;
        let mut row = fields.row(&hash, caller.language.tag(), work.now);
        row.self_registered = true;
        if quiet {
            // Before the address is looked at, so that both answers take the same statements.
            fields.demand_username(&mut work.tx).await?;
        }
        let Some(id) = users::insert(&mut work.tx, &row).await? else {
            if quiet {
                return work.tell_owner(&fields).await;
            }
            return Err(fields.taken(&mut work.tx).await?);
        };
        let user = users::by_id(&mut work.tx, id).await?.ok_or(Error::NotFound)?;
        work.mail(Kind::ConfirmEmail, &user).await?;
        work.audit(AuditEvent::own("registered", id)).await?;
        work.commit().await?;
        Ok(if quiet { Registered::Pending(Some(user)) } else { Registered::Created(user) })
    }

    /// Everything that is wrong with a registration: that its fields `wrong` could not be read, for which
    /// stand-ins are in `new`, and what is wrong with the others.
    pub async fn refuse_registration(
        &self,
        new: NewAccount<'_>,
        mut wrong: Vec<(&'static str, FieldError)>,
    ) -> Error {
        let names = (new.email, new.password);
        match self.read_fields(names, new.username, new.first_name).await {
            Ok(_) => {}
            Err(Error::Fields(more)) => {
                let known: Vec<_> = wrong.iter().map(|(name, _)| *name).collect();
                wrong.extend(more.into_iter().filter(|(name, _)| !known.contains(name)));
            }
            Err(e) => return e,
        }
        Error::Fields(wrong)
    }

    /// Reads what a user is made of, and names everything that is wrong with it at once.
    pub(crate) async fn read_fields(
        &self,
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
        if let Some(why) = self.hasher.refuse(&self.passwords, password, own).await? {
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
    /// Somebody registers an address that is registered already: only its mailbox learns of it.
    ///
    /// The account stays as it is, whoever made it: a stranger could take a password away otherwise. If it was
    /// never confirmed, the mail confirms it, and lets its reader set another password or decline.
    async fn tell_owner(mut self, fields: &Fields) -> Result<Registered> {
        let Some(user) = users::by_email(&mut self.tx, &fields.email.key).await? else {
            // The username was taken a moment ago.
            return Err(fields.taken(&mut self.tx).await?);
        };
        let kind = match user.email_confirmed_at {
            Some(_) => Kind::AccountExists,
            None => Kind::ConfirmEmail,
        };
        self.mail(kind, &user).await?;
        self.audit(AuditEvent::about("registered_again", user.id)).await?;
        self.commit().await?;
        Ok(Registered::Pending(None))
    }
}
