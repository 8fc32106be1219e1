use super::{Auth, Caller, Error, Result, SignedIn, Tokens, UserId, policy::Policy};

/// Whom somebody says to be.
#[derive(Clone, Copy, Debug)]
pub enum Login<'a> {
    Email(&'a str),
    Username(&'a str),
    /// An address if it holds an `@`, else a username.
    Either(&'a str),
    Id(UserId),
}

impl Auth {
    /// Opens a session for whoever knows the password.
    pub async fn sign_in(
        &self,
        _caller: &Caller,
        _policy: &Policy,
        _login: Login<'_>,
        _password: &str,
        _remember: bool,
    ) -> Result<Tokens> {
        Err(Error::Unavailable)
    }

    /// Opens a session of `id` for `by`: that user itself, or a superuser (kept in the audit log).
    ///
    /// # Errors
    /// `Forbidden` for another user's id, `NotFound` (to superusers only) for an unknown one.
    pub async fn tokens_for(
        &self,
        _caller: &Caller,
        _policy: &Policy,
        _by: &SignedIn,
        _id: UserId,
    ) -> Result<Tokens> {
        Err(Error::Unavailable)
    }
}
