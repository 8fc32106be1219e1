//! Known devices: a cookie that shows that somebody has logged in to an account on this device before.
//!
//! It proves nothing else. Its holder has a budget of their own for logins to that account, which strangers
//! cannot use up, and which does not help strangers. It holds a random id and, for each name of the account,
//! a MAC of both: so it can be checked before the account is looked up.
//!
//! The MAC also tells whether the address was confirmed then. If it was not, somebody else may have registered
//! it, and the device is forgotten when its owner confirms it.
//!
//! Another MAC is of the account itself, and tells whether a login from the device needs a mail. It is void once
//! the owner may have taken the account back from somebody else: when a mailed link sets another password, restores
//! the address or reports a login, or an operator sets a password.
//!
//! A third one shows that a second factor of the account was proven on the device.
use super::name;
use crate::{
    flows::{Auth, Caller, Result, User, UserId},
    secret,
};
use uuid::Uuid;

/// How many MACs a cookie holds, at most: five for each of the last accounts that were used on the device.
const MOST: usize = 15;

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

    fn holds(&self, mark: Uuid) -> bool {
        let mark = mark.to_string();
        self.marks.iter().any(|held| secret::same(&held.to_string(), &mark))
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
        let device = Device::parse(caller.device.as_deref()?)?;
        let id = device.id;
        let known = [true, false].map(|confirmed| {
            let mark = self.device_mark(id, name, confirmed);
            Known { id, confirmed, mark }
        });
        known.into_iter().find(|known| device.holds(known.mark))
    }

    /// Whether `user` has logged in on the caller's device since the devices of the account were forgotten.
    pub(crate) fn knows_device(&self, caller: &Caller, user: &User) -> bool {
        let device = caller.device.as_deref().and_then(Device::parse);
        device.is_some_and(|device| device.holds(self.account_mark(device.id, user)))
    }

    /// The id of the caller's device, if a second factor of the user was proven on it. A login before the factor was
    /// set up is not enough: whoever knows the password could make any number of devices known.
    pub(super) fn device_with_factor(&self, caller: &Caller, user: UserId) -> Option<Uuid> {
        let device = Device::parse(caller.device.as_deref()?)?;
        device.holds(self.factor_mark(device.id, user)).then_some(device.id)
    }

    /// The value of the cookie for a device on which `user` has just proven that the account is theirs, and perhaps
    /// a second factor as well; `None` if there are no limits.
    ///
    /// # Errors
    /// If the operating system gives no random bytes.
    pub(crate) fn remember_device(
        &self,
        caller: &Caller,
        user: &User,
        with_factor: bool,
    ) -> Result<Option<String>> {
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
        marks.push(self.account_mark(id, user));
        marks.extend(with_factor.then(|| self.factor_mark(id, user.id)));
        let others: Vec<_> = old.into_iter().filter(|mark| !marks.contains(mark)).collect();
        marks.extend(others);
        marks.truncate(MOST);
        let texts = std::iter::once(id).chain(marks).map(|part| part.to_string());
        Ok(Some(texts.collect::<Vec<_>>().join(".")))
    }

    fn account_mark(&self, device: Uuid, user: &User) -> Uuid {
        self.device_mark(device, &format!("account {} {}", user.id.0, user.device_version), true)
    }

    fn factor_mark(&self, device: Uuid, user: UserId) -> Uuid {
        self.device_mark(device, &format!("factor {}", user.0), true)
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
