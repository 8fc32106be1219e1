//! The paths of pages to which several other pages lead.

/// The page to log in.
pub const LOGIN: &str = "/login";
/// The page of the user's own account.
pub const ACCOUNT: &str = "/account";
