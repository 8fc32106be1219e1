//! Ids in paths. An id that cannot be parsed is treated as not found.
use crate::flows::{Error, SessionId, UserId};
use rocket::request::FromParam;
use uuid::Uuid;

impl FromParam<'_> for UserId {
    type Error = Error;

    fn from_param(text: &str) -> Result<Self, Error> {
        text.parse().map(Self).map_err(|_| Error::NotFound)
    }
}

impl FromParam<'_> for SessionId {
    type Error = Error;

    fn from_param(text: &str) -> Result<Self, Error> {
        Uuid::try_parse(text).map(Self).map_err(|_| Error::NotFound)
    }
}
