//! What differs between the surfaces: each holds one `const POLICY: Policy` and hands it to the flows.

#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// The name of the surface, kept with the sessions it opens.
    pub client: &'static str,
    pub envelope: Envelope,
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

/// What a refresh does to the refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// One use gives one successor, the same one again within the grace.
    Grace,
    /// One use gives one successor, and only once the access token issued with it has expired;
    /// a second use gives nothing.
    Strict,
    /// It stays valid.
    Keep,
}
