//! What differs between the surfaces. Each surface has one `const SURFACE: Surface` and passes it
//! to the flows.
pub use crate::store::sessions::Rotation;

/// The rules of one surface.
#[derive(Clone, Copy, Debug)]
pub struct Surface {
    /// The name of the surface. It is stored with the sessions that the surface opens.
    pub client: &'static str,
    /// The form of the refresh tokens that it issues.
    pub envelope: Envelope,
    /// The rotation rule of the sessions that it opens. To a session that another surface opened,
    /// the stricter of both rules applies.
    pub rotation: Rotation,
    /// Whether superusers may log in and refresh here.
    pub superusers: bool,
    /// Whether a login may need a second step: then the right password gives a ticket. At other surfaces
    /// the code of a second factor comes with the password.
    pub challenges: bool,
    /// Whether refresh tokens of the service that users migrated from (simplejwt) are accepted
    /// here.
    pub legacy: bool,
}

/// The form of a refresh token on the wire. Every surface accepts both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envelope {
    /// The token's id as a plain UUID.
    Uuid,
    /// A signed JWT.
    Jwt,
}

impl Surface {
    /// A dialect. Superusers may log in, tokens of the service that users come from are accepted, and the code of
    /// a second factor comes with the password.
    pub const fn dialect(client: &'static str, envelope: Envelope, rotation: Rotation) -> Self {
        Self { client, envelope, rotation, superusers: true, challenges: false, legacy: true }
    }

    /// A surface with the rules of the native API: the cookie of one is valid for the other.
    pub const fn native(client: &'static str) -> Self {
        Self {
            challenges: true,
            legacy: false,
            ..Self::dialect(client, Envelope::Uuid, Rotation::Grace)
        }
    }
}
