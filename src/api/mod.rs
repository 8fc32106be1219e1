//! The native JSON API.
mod account;
mod admin;
mod factors;
mod health;
mod metrics;
mod sessions;
mod views;
mod well_known;

use crate::{
    flows::surface::{Envelope, Rotation, Surface},
    web::endpoints::Endpoints,
};
pub use views::{FactorsView, UserView};

/// The refresh token is in the cookie, as a UUID.
pub const SURFACE: Surface = Surface {
    client: "native",
    envelope: Envelope::Uuid,
    rotation: Rotation::Grace,
    superusers: true,
    challenges: true,
    legacy: false,
};

/// The endpoints to mount and to document. Those of the metrics only if `metrics` is true.
pub fn endpoints(metrics: bool) -> Vec<Endpoints> {
    let mut all = vec![account::endpoints(), factors::endpoints(), sessions::endpoints()];
    all.extend([admin::endpoints(), well_known::endpoints(), health::endpoints()]);
    if metrics {
        all.push(metrics::endpoints());
    }
    all
}
