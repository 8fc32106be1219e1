//! Second factors of the user's own account.
use super::{account::Proof, views::FactorsView};
use crate::{
    flows::{Auth, TotpSetup},
    web::{
        self,
        endpoints::{Endpoints, endpoints},
        guards::SignedIn,
        reply::{json::Reply, problem::Problem},
        request::{
            caller::Client,
            json::{Json, request_body},
        },
    },
};
use rocket::{State, delete, get, post};
use serde::Serialize;
use utoipa::ToSchema;

type Answer<T> = Result<Reply<T>, Problem>;
type Signed = web::Result<SignedIn>;

/// The operations on second factors.
pub fn endpoints() -> Endpoints {
    endpoints!["account", list, start_totp, confirm_totp, remove_totp, renew_recovery_codes]
}

/// Returns the second factors of the user
#[utoipa::path(responses((status = 200, body = FactorsView)))]
#[get("/auth/factors")]
pub async fn list(auth: &State<Auth>, by: Signed) -> Answer<FactorsView> {
    Ok(Reply::ok(auth.factors(&by?.0).await?.into()))
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
pub async fn start_totp(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Signed,
    body: Json<Proof>,
) -> Answer<TotpStarted> {
    let (by, body) = (by?.0, body.valid()?);
    let TotpSetup { secret, uri } = auth.start_totp(&client, &by, &body.password).await?;
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
pub async fn confirm_totp(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Signed,
    body: Json<TotpCode>,
) -> Answer<RecoveryCodes> {
    let (by, body) = (by?.0, body.valid()?);
    let recovery_codes = auth.confirm_totp(&client, &by, &body.code).await?;
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
pub async fn remove_totp(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Signed,
    body: Json<FactorProof>,
) -> Answer<()> {
    let (by, body) = (by?.0, body.valid()?);
    auth.remove_totp(&client, &by, &body.password, &body.code).await?;
    Ok(Reply::empty())
}

/// Replaces the recovery codes
#[utoipa::path(responses((status = 200, body = RecoveryCodes), (status = 429)))]
#[post("/auth/factors/recovery-codes", data = "<body>")]
pub async fn renew_recovery_codes(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Signed,
    body: Json<FactorProof>,
) -> Answer<RecoveryCodes> {
    let (by, body) = (by?.0, body.valid()?);
    let recovery_codes =
        auth.renew_recovery_codes(&client, &by, &body.password, &body.code).await?;
    Ok(Reply::ok(RecoveryCodes { recovery_codes }))
}
