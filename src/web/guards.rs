//! Who is asking, proven: each guard builds on the one below and holds what it proved. Handlers take
//! them as `Result<Guard, Error>`; in routes that do not, the catchers tell what was wrong.
use super::{
    cookie, csrf,
    reply::problem::Problem,
    request::client::{caller, keep_language},
};
use crate::{
    flows::{Auth, Error, Operator, Result, SignedIn as Proven, User, UserId, surface::Rotation},
    tokens::Claims,
};
use rocket::{
    Request,
    request::{FromRequest, Outcome},
};
use std::{marker::PhantomData, sync::OnceLock};

/// A user with a living session, by access token or by cookie, as the database knows it now.
pub struct SignedIn(pub Proven);

/// The same, by access token only.
pub struct Bearer(pub Proven);

/// What a valid access token says; asks no database, so a role that was taken away since shows until
/// the token expires. `act` names the superuser who acts for the user, if one does.
pub struct Verified(pub Claims);

/// A user with the role `ADMIN`.
pub struct Admin(pub User);

/// A superuser.
pub struct Superuser(pub User);

/// A user who runs the place: a superuser, or one with the role `ADMIN`.
pub struct Operating(pub Operator);

/// The name of a role, as a type.
pub trait RoleName: Send + Sync {
    const NAME: &'static str;
}

/// A user with the role `R`, or a superuser.
pub struct Role<R: RoleName>(pub User, PhantomData<R>);

struct Known(UserId);

/// Keeps who has made a request, for the log.
fn know(req: &Request<'_>, user: UserId) {
    let _ = req.local_cache(OnceLock::<Known>::new).set(Known(user));
}

/// Who has made a request, as far as a guard has proved it.
pub fn known(req: &Request<'_>) -> Option<UserId> {
    req.local_cache(OnceLock::<Known>::new).get().map(|known| known.0)
}

/// The access token of the `Authorization` header, with its scheme `Bearer` or bare.
///
/// # Errors
/// `Malformed` for two headers; `TokenNotValid` for another scheme.
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
        _ => Err(Error::TokenNotValid),
    }
}

fn auth<'r>(req: &'r Request<'_>) -> Result<&'r Auth> {
    req.rocket().state::<Auth>().ok_or_else(|| Error::internal("portcullis is not attached"))
}

async fn by_token(req: &Request<'_>) -> Result<Option<Proven>> {
    let auth = auth(req)?;
    let Some(token) = authorization(req)? else { return Ok(None) };
    let claims = auth.verify_access(token)?;
    know(req, claims.user());
    auth.signed_in(&claims).await.map(Some)
}

async fn by_cookie(req: &Request<'_>) -> Result<Option<Proven>> {
    let auth = auth(req)?;
    let Some(token) = cookie::read(req, auth.config()) else { return Ok(None) };
    demand_same_origin(req, auth, token).await?;
    // What is only read is as lenient as the session.
    let proven = auth.signed_in_by_refresh(caller(req), Rotation::Keep, token).await?;
    know(req, proven.user.id);
    auth.note_seen(caller(req), &proven).await;
    Ok(Some(proven))
}

/// Refuses what another site may have sent with our cookie. In whose name it did stands in the log.
async fn demand_same_origin(req: &Request<'_>, auth: &Auth, token: &str) -> Result<()> {
    let refused = csrf::demand_same_origin(req, auth.config());
    if refused.is_err()
        && known(req).is_none()
        && let Some(owner) = auth.owner_of_refresh(token).await
    {
        know(req, owner);
    }
    refused
}

async fn signed_in(req: &Request<'_>) -> Result<Proven> {
    let proven = match by_token(req).await? {
        Some(proven) => proven,
        None => by_cookie(req).await?.ok_or(Error::Unauthenticated)?,
    };
    keep_language(req, proven.user.language.as_deref());
    Ok(proven)
}

async fn with_role(req: &Request<'_>, role: &str) -> Result<User> {
    let user = signed_in(req).await?.user;
    if user.has_role(role) { Ok(user) } else { Err(Error::Forbidden) }
}

/// The refresh token in the cookie of a request that comes from our own pages.
pub struct CookieToken<'r>(pub &'r str);

/// The token of the `Authorization` header, whatever it is.
pub struct BearerText<'r>(pub &'r str);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for BearerText<'r> {
    type Error = Error;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Error> {
        outcome(req, authorization(req).and_then(|t| t.map(Self).ok_or(Error::Unauthenticated)))
    }
}

/// A request that no other site sent: a login must not come from one.
pub struct NotForeign;

async fn cookie_token<'r>(req: &'r Request<'_>) -> Result<&'r str> {
    let auth = auth(req)?;
    let token = cookie::read(req, auth.config()).ok_or(Error::Unauthenticated)?;
    demand_same_origin(req, auth, token).await?;
    Ok(token)
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for CookieToken<'r> {
    type Error = Error;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Error> {
        outcome(req, cookie_token(req).await.map(Self))
    }
}

/// What a guard proved, or its error, kept for a catcher.
fn outcome<T>(req: &Request<'_>, proven: Result<T>) -> Outcome<T, Error> {
    match proven {
        Ok(proven) => Outcome::Success(proven),
        Err(e) => {
            let problem = Problem::from(&e);
            problem.keep(req);
            Outcome::Error((problem.status(), e))
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
                outcome($req, proven.await)
            }
        }
    };
}
guard!(NotForeign, , |req| {
    csrf::refuse_foreign(req, auth(req)?.config())?;
    Self
});
guard!(SignedIn, , |req| Self(signed_in(req).await?));
guard!(Bearer, , |req| Self(by_token(req).await?.ok_or(Error::Unauthenticated)?));
guard!(Verified, , |req| {
    let token = authorization(req)?.ok_or(Error::Unauthenticated)?;
    let claims = auth(req)?.verify_standing(token)?;
    know(req, claims.user());
    Self(claims)
});
guard!(Admin, , |req| Self(with_role(req, "ADMIN").await?));
guard!(Superuser, , |req| {
    let user = signed_in(req).await?.user;
    Self(Some(user).filter(|u| u.is_superuser).ok_or(Error::Forbidden)?)
});
guard!(Operating, , |req| Self(Operator::new(caller(req), signed_in(req).await?)?));
guard!(Role<R>, R: RoleName, |req| Self(with_role(req, R::NAME).await?, PhantomData));
