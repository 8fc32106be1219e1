//! Second factors of the user's own account.
use super::{account::Proof, views::FactorsView};
use crate::{
    flows::TotpSetup,
    web::{self, Endpoints, Json, Problem, Reply, UserContext, endpoints, request_body},
};
use rocket::{delete, get, post};
use serde::Serialize;
use utoipa::ToSchema;

type Answer<T> = Result<Reply<T>, Problem>;
type Signed<'r> = web::Result<UserContext<'r>>;

/// The operations on second factors.
pub fn endpoints() -> Endpoints {
    endpoints!["account", list, start_totp, confirm_totp, remove_totp, renew_recovery_codes]
}

/// Returns the second factors of the user
#[utoipa::path(responses((status = 200, body = FactorsView)))]
#[get("/auth/factors")]
pub async fn list(me: Signed<'_>) -> Answer<FactorsView> {
    let me = me?;
    Ok(Reply::ok(me.auth.factors(&me.by).await?.into()))
}

/// An authenticator app that is being set up.
#[derive(Serialize, ToSchema)]
pub struct TotpStarted {
    /// In base32, to type it into the app.
    secret: String,
    /// For a QR code.
    otpauth_uri: String,
}

/// Begins to set up an authenticator app, which counts once a code confirms it. Needs a confirmed address
#[utoipa::path(responses((status = 200, body = TotpStarted), (status = 429)))]
#[post("/auth/factors/totp", data = "<body>")]
pub async fn start_totp(me: Signed<'_>, body: Json<Proof>) -> Answer<TotpStarted> {
    let (me, body) = (me?, body.valid()?);
    let TotpSetup { secret, uri } = me.auth.start_totp(me.caller, &me.by, &body.password).await?;
    Ok(Reply::ok(TotpStarted { secret, otpauth_uri: uri }))
}

request_body! {
    #[schema(example = json!({"code": "123456"}))]
    pub struct TotpCode {
        /// Six digits of the app.
        code: String,
    }
}

/// Recovery codes, which are not shown again.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodes {
    /// Each works once.
    recovery_codes: Vec<String>,
}

/// Confirms the authenticator app within ten minutes, ends every other session and returns the recovery codes
#[utoipa::path(responses((status = 200, body = RecoveryCodes), (status = 429)))]
#[post("/auth/factors/totp/confirm", data = "<body>")]
pub async fn confirm_totp(me: Signed<'_>, body: Json<TotpCode>) -> Answer<RecoveryCodes> {
    let (me, body) = (me?, body.valid()?);
    let recovery_codes = me.auth.confirm_totp(me.caller, &me.by, &body.code).await?;
    Ok(Reply::ok(RecoveryCodes { recovery_codes }))
}

request_body! {
    #[schema(example = json!({"password": "correct horse battery staple", "code": "123456"}))]
    pub struct FactorProof {
        password: String,
        /// Six digits of the authenticator app, or a recovery code.
        code: String,
    }
}

/// Removes the authenticator app and the recovery codes, and ends every other session
#[utoipa::path(responses((status = 204), (status = 429)))]
#[delete("/auth/factors/totp", data = "<body>")]
pub async fn remove_totp(me: Signed<'_>, body: Json<FactorProof>) -> Answer<()> {
    let (me, body) = (me?, body.valid()?);
    me.auth.remove_totp(me.caller, &me.by, &body.password, &body.code).await?;
    Ok(Reply::empty())
}

/// Replaces the recovery codes
#[utoipa::path(responses((status = 200, body = RecoveryCodes), (status = 429)))]
#[post("/auth/factors/recovery-codes", data = "<body>")]
pub async fn renew_recovery_codes(
    me: Signed<'_>,
    body: Json<FactorProof>,
) -> Answer<RecoveryCodes> {
    let (me, body) = (me?, body.valid()?);
    let recovery_codes =
        me.auth.renew_recovery_codes(me.caller, &me.by, &body.password, &body.code).await?;
    Ok(Reply::ok(RecoveryCodes { recovery_codes }))
}
