use super::{Auth, Caller, Error, Result, SignedIn};

impl Auth {
    /// Changes the password and ends every other session.
    pub async fn change_password(
        &self,
        _caller: &Caller,
        _by: &SignedIn,
        _current: &str,
        _new: &str,
    ) -> Result<()> {
        Err(Error::Unavailable)
    }

    /// Mails a link that resets the password; answers alike for any address.
    pub async fn forgot_password(&self, _caller: &Caller, _email: &str) -> Result<()> {
        Err(Error::Unavailable)
    }

    /// Sets a new password by a mailed token and ends every session.
    ///
    /// # Errors
    /// `LinkNotValid`, `Fields`.
    pub async fn reset_password(&self, _caller: &Caller, _token: &str, _new: &str) -> Result<()> {
        Err(Error::Unavailable)
    }
}
