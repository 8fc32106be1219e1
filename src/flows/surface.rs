//! What differs between the surfaces: each holds one `const SURFACE: Surface` and hands it to the flows.
pub use crate::store::sessions::Rotation;

#[derive(Clone, Copy, Debug)]
pub struct Surface {
    /// The name of the surface, kept with the sessions it opens.
    pub client: &'static str,
    pub envelope: Envelope,
    /// The rule of the sessions that it opens. To a session that another surface opened, the stricter
    /// of both rules applies.
    pub rotation: Rotation,
    /// Whether superusers may sign in and refresh here.
    pub superusers: bool,
    /// Whether refresh tokens of the service that users come from may be presented here.
    pub legacy: bool,
}

/// What a refresh token looks like on the wire; either is accepted everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envelope {
    Uuid,
    Jwt,
}
