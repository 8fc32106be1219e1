use super::{Auth, Caller, Error, Result, SignedIn, Tokens, UserId, policy::Policy};

impl Auth {
    /// Gives new tokens for a refresh token in either envelope, as the policy's rotation says.
    ///
    /// # Errors
    /// `TokenNotValid`, `TokenSuperseded`, `AccessStillValid`, `SuperuserRefused`, `Unavailable`.
    pub async fn refresh(
        &self,
        _caller: &Caller,
        _policy: &Policy,
        _presented: &str,
    ) -> Result<Tokens> {
        Err(Error::Unavailable)
    }

    /// Gives new tokens and kills the session's older refresh tokens at once.
    pub async fn rotate_all(
        &self,
        _caller: &Caller,
        _policy: &Policy,
        _by: &SignedIn,
        _id: UserId,
    ) -> Result<Tokens> {
        Err(Error::Unavailable)
    }
}
