use super::{Auth, Caller, Error, Result, SignedIn, User};

/// What a user changes about itself; `None` leaves a thing as it is.
#[derive(Debug, Default)]
pub struct ProfileChange<'a> {
    /// `Some(None)` removes the username.
    pub username: Option<Option<&'a str>>,
    pub first_name: Option<&'a str>,
    /// `Some(None)`: the service's own.
    pub language: Option<Option<&'a str>>,
}

impl Auth {
    pub async fn change_profile(
        &self,
        _caller: &Caller,
        _by: &SignedIn,
        _change: ProfileChange<'_>,
    ) -> Result<User> {
        Err(Error::Unavailable)
    }

    pub async fn delete_account(
        &self,
        _caller: &Caller,
        _by: &SignedIn,
        _password: &str,
    ) -> Result<()> {
        Err(Error::Unavailable)
    }

    /// Mails a link to the new address and a notice to the old one.
    pub async fn change_email(
        &self,
        _caller: &Caller,
        _by: &SignedIn,
        _email: &str,
        _password: &str,
    ) -> Result<()> {
        Err(Error::Unavailable)
    }
}
