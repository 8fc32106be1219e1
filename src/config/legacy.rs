//! Tokens of the service that users come from, accepted until a date.
use super::{Algorithm, Config, Problem, problem::Checks};
use crate::time::Timestamp;
use ::time::Date;
use serde::{Deserialize, Serialize};

/// Tokens of the service that users come from.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(documented::DocumentedFields))]
#[serde(default, deny_unknown_fields)]
pub struct Legacy {
    /// Whether the dialects accept refresh tokens of `djangorestframework-simplejwt`. Needs
    /// `jwt.algorithm = "HS256"`, and its `SIGNING_KEY` as `jwt.secret`.
    pub accept_simplejwt: bool,
    /// The last day on which they are accepted, in UTC, such as `2027-01-31`. Required with
    /// `legacy.accept_simplejwt`.
    pub until: Option<Date>,
}

impl Config {
    /// Whether refresh tokens of simplejwt are accepted at `now`.
    pub fn accepts_simplejwt(&self, now: Timestamp) -> bool {
        let end =
            |day: Date| day.next_day().map(|day| day.midnight().assume_utc().unix_timestamp());
        self.legacy.accept_simplejwt
            && self.legacy.until.and_then(end).is_some_and(|end| now < Timestamp::from_unix(end))
    }

    pub(super) fn check_legacy(&self, checks: &mut Checks) {
        let Legacy { accept_simplejwt, until } = self.legacy;
        checks.require(
            !accept_simplejwt || self.jwt.algorithm == Algorithm::HS256,
            "legacy.accept_simplejwt",
            "needs jwt.algorithm = \"HS256\", and the SIGNING_KEY of simplejwt as jwt.secret",
        );
        checks.require(
            !accept_simplejwt || until.is_some(),
            "legacy.until",
            "should be the last day on which such tokens are accepted, for example \"2027-01-31\"",
        );
    }

    pub(super) fn warn_of_legacy(&self) -> Option<Problem> {
        let idle = self.legacy.until.is_some() && !self.legacy.accept_simplejwt;
        idle.then(|| Problem::new("legacy.until", "has no effect without legacy.accept_simplejwt"))
    }
}
