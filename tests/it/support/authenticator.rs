//! An authenticator app.
use super::{PASSWORD, Person, Service};
use aws_lc_rs::hmac;
use serde_json::json;
use std::time::Duration;

/// An authenticator app that knows a secret, and the recovery codes that came with it.
pub struct Authenticator {
    secret: Vec<u8>,
    pub recovery_codes: Vec<String>,
}

impl Authenticator {
    /// An app that was given `secret` in base32.
    pub fn new(secret: &str) -> Self {
        let secret = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
        Self { secret, recovery_codes: Vec::new() }
    }

    /// The code that the app shows when its clock differs by `seconds` from that of the service.
    pub fn code_at(&self, service: &Service, seconds: i64) -> String {
        let step = (service.clock.now().unix() + seconds) / 30;
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.secret);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let at = usize::from(tag.as_ref()[19] & 15);
        let part: [u8; 4] = tag.as_ref()[at..at + 4].try_into().unwrap();
        format!("{:06}", (u32::from_be_bytes(part) & 0x7fff_ffff) % 1_000_000)
    }

    /// The code that the app shows now.
    pub fn code(&self, service: &Service) -> String {
        self.code_at(service, 0)
    }

    /// A code that no app shows around now.
    pub fn wrong_code(&self, service: &Service) -> String {
        let near: Vec<_> = (-3..=3).map(|n| self.code_at(service, 30 * n)).collect();
        (0..10).map(|n| format!("{n:06}")).find(|code| !near.contains(code)).unwrap()
    }
}

impl Person<'_> {
    /// Sets up an authenticator app. Afterwards a step has passed, so that its next code is new.
    pub async fn sets_up_totp(&self) -> Authenticator {
        let begun = self.post("/auth/factors/totp", json!({ "password": PASSWORD })).await;
        let mut app = Authenticator::new(begun.expect(200)["secret"].as_str().unwrap());
        let code = json!({ "code": app.code(self.service) });
        let done = self.post("/auth/factors/totp/confirm", code).await;
        let codes = done.expect(200)["recovery_codes"].as_array().unwrap();
        app.recovery_codes = codes.iter().map(|c| c.as_str().unwrap().to_owned()).collect();
        self.service.advance(Duration::from_secs(30));
        app
    }

    /// The ticket that the right password gives.
    pub async fn ticket(&self) -> String {
        let reply = self.login().await;
        let body = reply.refused(401, "second_factor_required");
        body["ticket"].as_str().unwrap().to_owned()
    }

    /// Finishes a login.
    pub async fn finish(&self, ticket: &str, code: &str) -> super::Reply {
        let body = json!({ "ticket": ticket, "code": code });
        self.keep(self.post("/auth/login/second-factor", body).await)
    }
}
