//! Entry points for fuzzing. Each passes bytes to one parser of input from outside, and asserts what must
//! hold for any bytes. The programs in `fuzz/fuzz_targets` run them with libFuzzer; the tests run them
//! for their corpora and for random changes of these.
mod headers;
mod next;
mod proxy_protocol;
mod request_body;
mod tokens;
mod users;

pub use headers::{accept, caller, cookies};
pub use next::next;
pub use proxy_protocol::proxy_protocol;
pub use request_body::body;
pub use tokens::{authorization, refresh_token};
pub use users::{csv, identifiers, import, password_hash};

#[cfg(test)]
mod tests;
