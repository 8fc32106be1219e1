//! Sessions: login, refresh, logout and revocation.
pub mod derive;
pub mod issue;
pub mod legacy;
pub mod login;
pub mod logout;
pub mod mail_login;
pub mod new_device;
pub mod refresh;
pub mod revoke;
pub mod revoked;
pub mod successor;
