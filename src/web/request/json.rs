//! [`Json`], the body of a request as a type, and [`request_body!`], which declares such types.
use super::{
    body::{self, Forms},
    fields::{Fields, Wrong, ok_if_valid},
};
use crate::web::Result;
use rocket::{
    Data, Request,
    data::{FromData, Outcome},
};
use std::convert::Infallible;

/// A type that [`request_body!`] declares.
pub trait RequestBody: Send + Sized {
    /// Reads every field of the body. Records the errors in `fields`.
    fn read(fields: &mut Fields<'_>) -> Self;
}

/// A body of type `T`: a JSON object, or also a form if `FORMS` is true. The native API takes no forms,
/// because any site can send one in a user's name. A handler checks its guards before it asks for the
/// body, so that a caller without credentials learns nothing about fields.
pub struct Json<T, const FORMS: bool = false>(Result<(T, Wrong)>);

impl<T, const FORMS: bool> Json<T, FORMS> {
    /// The body, if all fields are valid.
    ///
    /// # Errors
    /// [`Fields`](crate::flows::Error::Fields) with all errors, or why the body cannot be read
    /// (see [`body::read`]).
    pub fn valid(self) -> Result<T> {
        let (body, wrong) = self.lenient()?;
        Ok(ok_if_valid(body, wrong)?)
    }

    /// The body and the errors of its fields. An invalid field has its default value.
    ///
    /// # Errors
    /// Why the body cannot be read (see [`body::read`]).
    pub fn lenient(self) -> Result<(T, Wrong)> {
        self.0
    }
}

#[rocket::async_trait]
impl<'r, T: RequestBody, const FORMS: bool> FromData<'r> for Json<T, FORMS> {
    type Error = Infallible;

    async fn from_data(req: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        let forms = if FORMS { Forms::All } else { Forms::None };
        let body = body::read(req, data, forms).await;
        if let Err(e) = &body {
            let route = req.route().map(|r| r.uri.as_str());
            tracing::debug!(error = %e, ?route, "a body was refused");
        }
        Outcome::Success(Self(body.map(|body| body.look(T::read))))
    }
}

/// Declares the body of a request: the struct, its OpenAPI schema and how it is read. The type of a field
/// says whether the field is required (see [`Field`](super::fields::Field)), and its comment becomes its
/// description.
macro_rules! request_body {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $body:ident {
            $($(#[$field_attribute:meta])* $field_visibility:vis $field:ident: $type:ty,)+
        }
    ) => {
        #[derive(utoipa::ToSchema)]
        $(#[$attribute])*
        #[allow(clippy::option_option, reason = "null is not the same as an absent field")]
        $visibility struct $body {
            $($(#[$field_attribute])* $field_visibility $field: $type,)+
        }

        impl $crate::web::request::json::RequestBody for $body {
            fn read(fields: &mut $crate::web::request::fields::Fields<'_>) -> Self {
                Self { $($field: fields.get(stringify!($field)),)+ }
            }
        }
    };
}

pub(crate) use request_body;
