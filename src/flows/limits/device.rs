//! Known devices: a cookie that shows that somebody has logged in to an account on this device before.
//!
//! It proves nothing else. Its holder has a budget of their own for logins to that account, which strangers
//! cannot use up, and which does not help strangers. It holds a random id and, for each name of the account,
//! a MAC of both: so it can be checked before the account is looked up.
//!
//! The MAC also tells whether the address was confirmed then. If it was not, somebody else may have registered
//! it, and the device is forgotten when its owner confirms it.
use super::name;
use crate::{
    flows::{Auth, Caller, Result, User},
    secret,
};
use uuid::Uuid;

/// How many MACs a cookie holds, at most: the names of the last accounts that were used on the device.
const MOST: usize = 9;

/// The value of the cookie.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Device {
    pub id: Uuid,
    marks: Vec<Uuid>,
}

impl Device {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(MOST + 2, '.').map(secret::parse);
        let id = parts.next()??;
        Some(Self { id, marks: parts.take(MOST).collect::<Option<_>>()? })
    }
}

/// A device that has logged in to an account before.
pub(super) struct Known {
    pub id: Uuid,
    /// Whether the address of the account was confirmed then.
    pub confirmed: bool,
    /// What the cookie holds for the name of the account.
    pub mark: Uuid,
}

impl Auth {
    /// The device that the caller uses, if it has logged in with `name` before.
    pub(super) fn known_device(&self, caller: &Caller, name: &str) -> Option<Known> {
        let Device { id, marks } = Device::parse(caller.device.as_deref()?)?;
        let known = [true, false].map(|confirmed| {
            let mark = self.device_mark(id, name, confirmed);
            Known { id, confirmed, mark }
        });
        let holds = |mark: &str| marks.iter().any(|held| secret::same(&held.to_string(), mark));
        known.into_iter().find(|known| holds(&known.mark.to_string()))
    }

    /// Whether `user`, whose address is confirmed, has logged in on the caller's device since then.
    pub(crate) fn knows_device(&self, caller: &Caller, user: &User) -> bool {
        let known = |name: &String| self.known_device(caller, name).is_some_and(|it| it.confirmed);
        name::of_user(user).iter().any(known)
    }

    /// The value of the cookie for a device on which `user` has just proven that the account is theirs;
    /// `None` if there are no limits.
    ///
    /// # Errors
    /// If the operating system gives no random bytes.
    pub(crate) fn remember_device(&self, caller: &Caller, user: &User) -> Result<Option<String>> {
        if self.limits.0.is_none() {
            return Ok(None);
        }
        let before = caller.device.as_deref().and_then(Device::parse);
        let (id, old) = match before {
            Some(device) => (device.id, device.marks),
            None => (secret::token()?, Vec::new()),
        };
        let confirmed = user.email_confirmed_at.is_some();
        let mut marks: Vec<_> =
            name::of_user(user).iter().map(|name| self.device_mark(id, name, confirmed)).collect();
        let others: Vec<_> = old.into_iter().filter(|mark| !marks.contains(mark)).collect();
        marks.extend(others);
        marks.truncate(MOST);
        let texts = std::iter::once(id).chain(marks).map(|part| part.to_string());
        Ok(Some(texts.collect::<Vec<_>>().join(".")))
    }

    fn device_mark(&self, device: Uuid, name: &str, confirmed: bool) -> Uuid {
        let before = if confirmed { "" } else { "unconfirmed " };
        self.successor.mark(&format!("device {before}{device} {name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_that_was_not_made_here_is_ignored() {
        let (id, mark) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(Device::parse(&id.to_string()), Some(Device { id, marks: Vec::new() }));
        assert_eq!(Device::parse(&format!("{id}.{mark}")), Some(Device { id, marks: vec![mark] }));
        let long = format!("{id}{}", format!(".{mark}").repeat(MOST));
        assert_eq!(Device::parse(&long).unwrap().marks.len(), MOST);
        for wrong in ["", ".", "x", &format!("{id}."), &format!("{id}.x"), &format!(".{id}")] {
            assert_eq!(Device::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Device::parse(&format!("{long}.{mark}")).unwrap().marks.len(), MOST);
    }
}
