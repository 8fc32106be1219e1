//! The guards, which prove who sends a request. Handlers take them as `Result<Guard, Error>`. If a route
//! takes the guard itself, the catchers report its error.
use super::{
    Error, Result, cookies, csrf,
    reply::{outcome, problem::Problem},
    request::{caller::caller, identity, language},
};
use crate::{
    config::Language,
    flows::{self, Auth, Claims, Operator, Session, SignedIn as Proven, User, surface::Rotation},
};
use rocket::{
    Request,
    request::{FromRequest, Outcome},
};
use std::{convert::Infallible, marker::PhantomData, ops::Deref};

/// A user with an active session, by access token or by cookie, as the database has them at this moment.
pub struct SignedIn(pub Proven);

/// The same as [`SignedIn`], but by access token only.
pub struct Bearer(pub Proven);

/// The claims of a valid access token. Does not read the database: a role that was revoked since then is
/// effective until the token expires. `act` names the superuser who acts for the user, if one does.
pub struct Verified(pub Claims);

/// A user with the role `ADMIN`, or a superuser.
pub struct Admin(pub User);

/// A superuser.
pub struct Superuser(pub User);

/// An operator: a superuser, or a user with the role `ADMIN`.
pub struct Operating(pub Operator, User);

/// The name of a role, as a type.
pub trait RoleName: Send + Sync {
    /// The name as it is stored.
    const NAME: &'static str;
}

/// A user with the role `R`, or a superuser.
pub struct Role<R: RoleName>(pub User, PhantomData<R>);

/// The person who reads a reply, logged in or not.
pub struct Visitor {
    /// `None` if the visitor is not logged in.
    pub user: Option<User>,
    /// The language of the reply.
    pub language: Language,
}

/// The refresh token in the cookie of a request that comes from our own pages.
pub struct CookieToken<'r>(pub &'r str);

/// The token in the `Authorization` header. It is not verified.
pub struct BearerText<'r>(pub &'r str);

/// Proof that no other site sent the request. A login must not come from another site.
pub struct NotForeign;

impl SignedIn {
    /// The session of the user. `actor_id` is set if a superuser acts for the user.
    pub fn session(&self) -> &Session {
        &self.0.session
    }
}

impl Bearer {
    /// The session of the user. `actor_id` is set if a superuser acts for the user.
    pub fn session(&self) -> &Session {
        &self.0.session
    }
}

macro_rules! deref {
    ($guard:ty, $($generic:ident: $bound:ident)?, $target:ty, |$it:ident| $field:expr) => {
        impl $(<$generic: $bound>)? Deref for $guard {
            type Target = $target;

            fn deref(&self) -> &$target {
                let $it = self;
                &$field
            }
        }
    };
}
deref!(SignedIn, , User, |it| it.0.user);
deref!(Bearer, , User, |it| it.0.user);
deref!(Verified, , Claims, |it| it.0);
deref!(Admin, , User, |it| it.0);
deref!(Superuser, , User, |it| it.0);
deref!(Operating, , User, |it| it.1);
deref!(Role<R>, R: RoleName, User, |it| it.0);

/// The access token of the `Authorization` header, with or without the scheme `Bearer`.
///
/// # Errors
/// [`Error::Malformed`] if there are two headers, [`flows::Error::TokenNotValid`] for another scheme.
pub fn authorization<'r>(req: &'r Request<'_>) -> Result<Option<&'r str>> {
    let mut headers = req.headers().get("authorization");
    let Some(header) = headers.next() else { return Ok(None) };
    if headers.next().is_some() {
        return Err(Error::Malformed);
    }
    let mut words = header.split(' ').filter(|word| !word.is_empty());
    match (words.next(), words.next(), words.next()) {
        (Some(token), None, _) if !token.eq_ignore_ascii_case("bearer") => Ok(Some(token)),
        (Some(scheme), Some(token), None) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(Some(token))
        }
        _ => Err(flows::Error::TokenNotValid.into()),
    }
}

fn auth<'r>(req: &'r Request<'_>) -> Result<&'r Auth> {
    req.rocket()
        .state::<Auth>()
        .ok_or_else(|| flows::Error::internal("portcullis is not attached").into())
}

async fn by_token(req: &Request<'_>) -> Result<Option<Proven>> {
    let auth = auth(req)?;
    let Some(token) = authorization(req)? else { return Ok(None) };
    let claims = auth.verify_access(token)?;
    identity::record_user(req, claims.user());
    Ok(Some(auth.signed_in(&claims).await?))
}

async fn by_cookie(req: &Request<'_>) -> Result<Option<Proven>> {
    let auth = auth(req)?;
    let Some(token) = cookie_token(req).await? else { return Ok(None) };
    // The token is only read here. It is not rotated.
    let proven = auth.signed_in_by_refresh(caller(req), Rotation::Keep, token).await?;
    identity::record_user(req, proven.user.id);
    auth.note_seen(caller(req), &proven).await;
    Ok(Some(proven))
}

/// The refresh token in the cookie. Refuses a request that another site may have sent with our cookie. Then the
/// log names the cookie's owner.
async fn cookie_token<'r>(req: &'r Request<'_>) -> Result<Option<&'r str>> {
    let auth = auth(req)?;
    let Some(token) = cookies::refresh_token::read(req, auth.config()) else { return Ok(None) };
    let refused = csrf::require_same_origin(req, auth.config());
    if refused.is_err()
        && !identity::is_proven(req)
        && let Some(owner) = auth.owner_of_refresh(token).await
    {
        identity::record_cookie_owner(req, owner);
    }
    refused.map(|()| Some(token))
}

async fn signed_in(req: &Request<'_>) -> Result<Proven> {
    let proven = match by_token(req).await? {
        Some(proven) => proven,
        None => by_cookie(req).await?.ok_or(Error::Unauthenticated)?,
    };
    identity::record_language(req, &proven.user);
    Ok(proven)
}

async fn with_role(req: &Request<'_>, role: &str) -> Result<User> {
    let user = signed_in(req).await?.user;
    if user.has_role(role) { Ok(user) } else { Err(flows::Error::Forbidden.into()) }
}

/// The outcome of a guard. Stores its error for the catcher.
fn finish<T>(req: &Request<'_>, proven: Result<T>) -> Outcome<T, Error> {
    match proven {
        Ok(proven) => Outcome::Success(proven),
        Err(e) => {
            let problem = Problem::from(&e);
            let status = problem.status();
            outcome::keep(req, problem);
            Outcome::Error((status, e))
        }
    }
}

macro_rules! guard {
    ($guard:ty, $($generic:ident: $bound:ident)?, |$req:ident| $proof:expr) => {
        #[rocket::async_trait]
        impl<'r, $($generic: $bound)?> FromRequest<'r> for $guard {
            type Error = Error;

            async fn from_request($req: &'r Request<'_>) -> Outcome<Self, Error> {
                let proven = async { Ok($proof) };
                finish($req, proven.await)
            }
        }
    };
}
guard!(NotForeign, , |req| {
    csrf::refuse_foreign(req, auth(req)?.config())?;
    Self
});
guard!(BearerText<'r>, , |req| Self(authorization(req)?.ok_or(Error::Unauthenticated)?));
guard!(CookieToken<'r>, , |req| Self(cookie_token(req).await?.ok_or(Error::Unauthenticated)?));
guard!(SignedIn, , |req| Self(signed_in(req).await?));
guard!(Bearer, , |req| Self(by_token(req).await?.ok_or(Error::Unauthenticated)?));
guard!(Verified, , |req| {
    let token = authorization(req)?.ok_or(Error::Unauthenticated)?;
    let claims = auth(req)?.verify_standing(token)?;
    identity::record_user(req, claims.user());
    Self(claims)
});
guard!(Admin, , |req| Self(with_role(req, "ADMIN").await?));
guard!(Superuser, , |req| {
    let user = signed_in(req).await?.user;
    Self(Some(user).filter(|u| u.is_superuser).ok_or(flows::Error::Forbidden)?)
});
guard!(Operating, , |req| {
    let by = signed_in(req).await?;
    let user = by.user.clone();
    Self(Operator::new(caller(req), by)?, user)
});
guard!(Role<R>, R: RoleName, |req| Self(with_role(req, R::NAME).await?, PhantomData));

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Visitor {
    type Error = Infallible;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let user = signed_in(req).await.ok().map(|by| by.user);
        let language = language::of_reader(req, user.as_ref());
        Outcome::Success(Self { user, language })
    }
}
