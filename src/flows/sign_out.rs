use super::{Auth, Caller, Error, Result, Session, SessionId, SignedIn};

impl Auth {
    /// Ends the session.
    pub async fn sign_out(&self, _caller: &Caller, _by: &SignedIn) -> Result<()> {
        Err(Error::Unavailable)
    }

    /// Ends the session that a refresh token (either envelope) belongs to.
    ///
    /// # Errors
    /// `TokenNotValid` if there is no such session or it has ended.
    pub async fn sign_out_by_refresh(&self, _caller: &Caller, _presented: &str) -> Result<()> {
        Err(Error::Unavailable)
    }

    /// Ends every session of the user.
    pub async fn sign_out_everywhere(&self, _caller: &Caller, _by: &SignedIn) -> Result<()> {
        Err(Error::Unavailable)
    }

    /// The user's living sessions, the last used first.
    pub async fn sessions(&self, _by: &SignedIn) -> Result<Vec<Session>> {
        Err(Error::Unavailable)
    }

    /// Ends one of the user's sessions.
    ///
    /// # Errors
    /// `NotFound` for anybody else's, as for none.
    pub async fn end_session(
        &self,
        _caller: &Caller,
        _by: &SignedIn,
        _id: SessionId,
    ) -> Result<()> {
        Err(Error::Unavailable)
    }
}
