//! The paths of pages that several others lead to.

/// The page to log in.
pub const LOGIN: &str = "/login";
/// The page of one's own account.
pub const ACCOUNT: &str = "/account";
