//! The password policy (NIST 800-63B-4, 3.1.1.2): a password must be long enough and hard to guess, and
//! nothing else. All characters are allowed, none are required, and passwords do not expire.
//!
//! A password is judged in each of its [`variants`], so that Russian words are recognized.
pub mod breach_file;
pub mod breach_filter;
pub mod feedback;
pub mod personal_words;
pub mod strength;
pub mod variants;

use super::{LONGEST, normal};
use crate::{
    config::{Config, Problem},
    field_error::FieldError,
    password::{Error, Result},
};
use breach_file::BreachFile;
use personal_words::PersonalWords;
use std::{borrow::Cow, io, path::Path, sync::Arc};
use strength::{Guess, guess};
use tokio::sync::Mutex;
use variants::Variant;

/// The password policy of this service.
pub struct Policy {
    min_length: usize,
    /// The site's own names.
    site: Vec<String>,
    leaked: Option<BreachFile>,
    /// Held while a password is judged for its strength.
    feedback_gate: Arc<Mutex<()>>,
}

impl Policy {
    /// # Errors
    /// Names the setting whose file cannot be used.
    pub fn new(config: &Config) -> Result<Self, Problem> {
        let p = &config.password;
        let leaked = p.breached_file.as_deref().map(open).transpose();
        let host = config.public_url.host_str().unwrap_or_default();
        Ok(Self {
            min_length: p.min_length,
            site: [
                Some("portcullis".to_owned()),
                Some(format!("@{host}")),
                config.brand.name.clone(),
            ]
            .into_iter()
            .flatten()
            .collect(),
            leaked: leaked.map_err(|why| Problem::new("portcullis.password.breached_file", why))?,
            feedback_gate: Arc::default(),
        })
    }

    /// Returns the NFC form of a password if it passes the checks that cost little.
    pub fn read<'p>(&self, password: &'p str) -> Result<Cow<'p, str>, FieldError> {
        let password = normal(password).ok_or(FieldError::TooLong(LONGEST))?;
        if password.is_empty() {
            Err(FieldError::Blank)
        } else if password.chars().any(char::is_control) {
            Err(FieldError::NotPrintable)
        } else if password.chars().count() < self.min_length {
            Err(FieldError::TooShort(self.min_length))
        } else {
            Ok(password)
        }
    }

    /// Why a user with the names `own` may not choose a password that [`Self::read`] returned; `None` if they
    /// may. It takes 1 ms, at most 60 ms, and reads the file of leaked passwords if one is configured.
    ///
    /// # Errors
    /// [`Error::Internal`] if the file of leaked passwords cannot be read.
    pub fn refuse(&self, password: &str, own: &[String]) -> Result<Option<FieldError>> {
        let names = PersonalWords::of(own.iter().chain(&self.site).map(String::as_str));
        if let Err(why) = judge(password, &names) {
            return Ok(Some(why));
        }
        let Some(file) = &self.leaked else { return Ok(None) };
        for spelling in [password, &password.to_lowercase()] {
            match file.contains(spelling) {
                Ok(true) => return Ok(Some(FieldError::Leaked)),
                Ok(false) => {}
                Err(e) => return Err(Error::internal(format!("password.breached_file: {e}"))),
            }
        }
        Ok(None)
    }

    /// How hard a password is to guess for an attacker who knows the names `own` of its owner.
    fn strength(&self, password: &str, own: &[String]) -> Strength {
        let Ok(password) = self.read(password) else { return Strength::Weak };
        let names = PersonalWords::of(own.iter().chain(&self.site).map(String::as_str));
        match judge(&password, &names) {
            Err(_) => Strength::Weak,
            Ok(guesses) if guesses < 100 * strength::ENOUGH => Strength::Fair,
            Ok(guesses) if guesses < 1_000_000 * strength::ENOUGH => Strength::Good,
            Ok(_) => Strength::Strong,
        }
    }
}

fn open(path: &Path) -> Result<BreachFile, String> {
    BreachFile::open(path).map_err(|e| match e.kind() {
        io::ErrorKind::InvalidData => e.to_string(),
        kind => format!("the file cannot be read: {kind}"),
    })
}

/// How hard a password is to guess, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Strength {
    /// The policy refuses it.
    Weak,
    /// The policy accepts it. It takes fewer than 10¹⁰ guesses.
    Fair,
    /// It takes at least 10¹⁰ and fewer than 10¹⁴ guesses.
    Good,
    /// It takes at least 10¹⁴ guesses.
    Strong,
}

impl Strength {
    /// The name in the keys of translated texts.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// How many guesses a password takes, if it may be chosen.
fn judge(password: &str, names: &PersonalWords) -> Result<u64, FieldError> {
    let forms = variants::of(password);
    if forms.iter().any(|form| names.covers_most_of(form)) {
        return Err(FieldError::TooSimilar);
    }
    let easiest = forms.iter().map(|form| guess(form, names)).min();
    let Some(Guess { guesses, .. }) = easiest.filter(|g| g.guesses >= strength::ENOUGH) else {
        let is_word = easiest.is_some_and(|g| g.is_word);
        return Err(if is_word { FieldError::Common } else { FieldError::Guessable });
    };
    let is_leaked = |form: &Variant| breach_filter::contains(&form.text);
    if breach_filter::contains(password) || forms.iter().any(is_leaked) {
        return Err(FieldError::Leaked);
    }
    Ok(guesses)
}

#[cfg(test)]
mod tests;
