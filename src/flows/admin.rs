//! What an operator does from the command line; each act is in the audit log as `cli`.
use super::{Auth, Error, Result, User, UserId};

/// How an operator names a user.
#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    Id(UserId),
    /// An address if it holds an `@`, a number is an id, anything else a username.
    Name(&'a str),
}

/// A user as an operator adds it.
#[derive(Debug)]
pub struct NewUser<'a> {
    pub email: &'a str,
    pub password: &'a str,
    pub username: Option<&'a str>,
    pub first_name: Option<&'a str>,
    pub roles: &'a [String],
    pub superuser: bool,
    pub confirmed: bool,
}

impl Auth {
    pub async fn add_user(&self, _new: NewUser<'_>) -> Result<User> {
        Err(Error::Unavailable)
    }

    /// # Errors
    /// `NotFound`.
    pub async fn find_user(&self, _by: By<'_>) -> Result<User> {
        Err(Error::Unavailable)
    }

    /// Users with an id above `after`, by id.
    pub async fn users(&self, _after: UserId, _limit: u32) -> Result<Vec<User>> {
        Err(Error::Unavailable)
    }

    /// Sets a password and ends every session.
    pub async fn set_password(&self, _id: UserId, _password: &str) -> Result<()> {
        Err(Error::Unavailable)
    }

    pub async fn grant(&self, _id: UserId, _role: &str) -> Result<User> {
        Err(Error::Unavailable)
    }

    pub async fn revoke(&self, _id: UserId, _role: &str) -> Result<User> {
        Err(Error::Unavailable)
    }

    /// Disabling ends every session.
    pub async fn set_active(&self, _id: UserId, _active: bool) -> Result<User> {
        Err(Error::Unavailable)
    }

    /// # Errors
    /// `LastSuperuser`.
    pub async fn delete_user(&self, _id: UserId) -> Result<()> {
        Err(Error::Unavailable)
    }
}
