//! The status and the code of each error.
use super::problem::Problem;
use crate::{field_error::FieldError, flows, web};
use rocket::http::Status;
use std::time::Duration;

/// The client has left. nginx uses the same status in its log; no client sees it.
const CLIENT_LEFT: Status = Status::new(499);

/// After what time to repeat a request that failed because of an overload or an outage.
const SOON: Duration = Duration::from_secs(2);

impl From<web::Error> for Problem {
    fn from(e: web::Error) -> Self {
        match e {
            web::Error::Flow(e) => e.into(),
            e => Self::from(&e),
        }
    }
}

impl From<&web::Error> for Problem {
    fn from(e: &web::Error) -> Self {
        use web::Error;
        match e {
            Error::Unauthenticated => Self::new(Status::Unauthorized, "unauthenticated"),
            Error::CsrfFailed => Self::new(Status::Forbidden, "csrf_failed"),
            Error::Malformed => Self::new(Status::BadRequest, "malformed"),
            Error::TooLarge => Self::new(Status::PayloadTooLarge, "body_too_large"),
            Error::UnsupportedType => Self::new(Status::UnsupportedMediaType, "unsupported_type"),
            Error::TooSlow => Self::new(Status::RequestTimeout, "request_timeout"),
            Error::Flow(e) => e.into(),
        }
    }
}

impl From<flows::Error> for Problem {
    fn from(e: flows::Error) -> Self {
        if let flows::Error::Internal(e) = &e {
            tracing::error!(error = %e, "internal error");
        }
        Self::from(&e)
    }
}

impl From<&flows::Error> for Problem {
    fn from(e: &flows::Error) -> Self {
        use flows::Error;
        match e {
            Error::BadCredentials => Self::new(Status::Unauthorized, "invalid_credentials"),
            Error::SecondFactorRequired(challenge) => {
                Self::new(Status::Unauthorized, "second_factor_required")
                    .with_challenge(challenge.clone())
            }
            Error::ChallengeNotValid => Self::new(Status::Unauthorized, "ticket_not_valid"),
            Error::WrongCode => Self::new(Status::Unauthorized, "invalid_code"),
            Error::TokenNotValid => Self::new(Status::Unauthorized, "token_not_valid"),
            Error::TokenSuperseded => Self::new(Status::Unauthorized, "token_superseded"),
            Error::AccessStillValid { retry_after } => {
                Self::new(Status::Unauthorized, "access_token_still_valid").with_retry(*retry_after)
            }
            Error::EmailNotConfirmed => Self::new(Status::Forbidden, "email_not_confirmed"),
            Error::AccountDisabled => Self::new(Status::Forbidden, "account_disabled"),
            Error::SuperuserRefused => Self::new(Status::Forbidden, "superuser_refused"),
            Error::RegistrationClosed => Self::new(Status::Forbidden, "registration_closed"),
            Error::InvitationNeeded => Self::new(Status::Forbidden, "invitation_needed"),
            Error::Forbidden => Self::new(Status::Forbidden, "forbidden"),
            Error::ProofRequired => Self::new(Status::Forbidden, "proof_required"),
            Error::PasswordRequired => Self::new(Status::Forbidden, "password_required"),
            Error::EmailTaken => Self::from(&Error::field("email", FieldError::Taken)),
            Error::Fields(fields) if fields.contains(&("email", FieldError::Taken)) => {
                Self::new(Status::Conflict, "email_taken").with_fields(fields)
            }
            Error::FactorExists => Self::new(Status::Conflict, "factor_exists"),
            Error::LastSuperuser => Self::new(Status::Conflict, "last_superuser"),
            Error::NoKeys => Self::new(Status::Conflict, "no_keys"),
            Error::KeyTooYoung { retry_after } => {
                Self::new(Status::Conflict, "key_too_young").with_retry(*retry_after)
            }
            Error::LinkNotValid => {
                Self::new(Status::BadRequest, "token_not_valid").with_words("link_not_valid")
            }
            Error::Fields(fields) => {
                Self::new(Status::BadRequest, "validation").with_fields(fields)
            }
            Error::NotFound => Self::new(Status::NotFound, "not_found"),
            Error::RateLimited { retry_after } => {
                Self::new(Status::TooManyRequests, "rate_limited").with_retry(*retry_after)
            }
            Error::Busy => Self::new(Status::ServiceUnavailable, "busy").with_retry(SOON),
            // Nobody reads this reply, so it has no text of its own.
            Error::CallerLeft => Self::new(CLIENT_LEFT, "client_left").with_words("busy"),
            Error::Unavailable | Error::Contended => {
                Self::new(Status::ServiceUnavailable, "unavailable").with_retry(SOON)
            }
            Error::Internal(_) => Self::new(Status::InternalServerError, "internal"),
        }
    }
}
