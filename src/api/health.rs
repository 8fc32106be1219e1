//! `/health/…`: whether the process answers, and whether it can serve requests.
use crate::{
    flows::{Auth, Error},
    web::{Endpoints, Problem, Reply, endpoints, reply::problem::ProblemDocument},
};
use rocket::{State, get};
use serde::Serialize;
use utoipa::ToSchema;

/// The health checks.
pub fn endpoints() -> Endpoints {
    endpoints!["service", live, ready]
}

#[derive(Serialize, ToSchema)]
pub struct Health {
    status: &'static str,
    /// What an operator should look at. `clock_skew`: the clock of this machine differs from that of the
    /// database by more than 3 s.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<&'static str>,
}

impl Health {
    const fn good() -> Self {
        Self { status: "ok", warnings: Vec::new() }
    }
}

/// Reports whether the process answers
#[utoipa::path(responses((status = 200, body = Health)))]
#[get("/health/live")]
fn live() -> Reply<Health> {
    Reply::ok(Health::good())
}

/// Reports whether the database answers, has every migration and accepts writes
#[utoipa::path(responses((status = 200, body = Health),
        (status = 503, body = ProblemDocument, content_type = "application/problem+json")))]
#[get("/health/ready")]
async fn ready(auth: &State<Auth>) -> Result<Reply<Health>, Problem> {
    if auth.ready().await {
        let warnings = if auth.clock_is_off() { vec!["clock_skew"] } else { Vec::new() };
        Ok(Reply::ok(Health { warnings, ..Health::good() }))
    } else {
        Err(Error::Unavailable.into())
    }
}
