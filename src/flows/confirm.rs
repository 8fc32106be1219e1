use super::{Auth, Caller, Error, Result, SignedIn, User};

/// What a mailed link is still good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    Usable,
    /// It has done its work.
    Done,
    /// It is too old, was withdrawn, or never was.
    Expired,
}

impl Auth {
    /// Confirms the address that a mailed token was sent to. `by` is who confirms, if signed in:
    /// that session outlives the confirmation.
    ///
    /// # Errors
    /// `LinkNotValid`.
    pub async fn confirm_email(
        &self,
        _caller: &Caller,
        _token: &str,
        _by: Option<&SignedIn>,
    ) -> Result<User> {
        Err(Error::Unavailable)
    }

    /// Mails the link again, if the address is not confirmed.
    pub async fn resend_confirmation(&self, _caller: &Caller, _by: &SignedIn) -> Result<()> {
        Err(Error::Unavailable)
    }

    /// Looks at a mailed token and changes nothing.
    pub async fn mail_link_state(&self, _token: &str) -> Result<LinkState> {
        Err(Error::Unavailable)
    }
}
