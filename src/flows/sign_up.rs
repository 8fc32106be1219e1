use super::{Auth, Caller, Error, Result, User};

/// What a registration asks for, as typed.
#[derive(Debug)]
pub struct NewAccount<'a> {
    pub email: &'a str,
    pub password: &'a str,
    pub username: Option<&'a str>,
    pub first_name: Option<&'a str>,
    pub invite: Option<&'a str>,
}

#[derive(Debug)]
pub enum SignedUp {
    Created(User),
    /// Nothing is told, since the address must be confirmed first.
    Pending,
}

impl Auth {
    /// Registers a user and mails a link that confirms the address.
    ///
    /// # Errors
    /// `Fields`, `EmailTaken`, `RegistrationClosed`, `Busy`, `Unavailable`.
    pub async fn sign_up(&self, _caller: &Caller, _new: NewAccount<'_>) -> Result<SignedUp> {
        Err(Error::Unavailable)
    }
}
