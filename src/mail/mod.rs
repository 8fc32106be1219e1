//! Sends mail: by SMTP, into a folder, or, for development, kept in memory and shown at `/dev/mail`.
//!
//! lettre's `tracing` feature stays off: it logs the dialogue with the server, including passwords and links.
mod folder;
mod smtp;

use crate::{
    config::Config,
    time::{Clock, Timestamp},
};
use lettre::{
    Address, AsyncTransport, Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use std::{
    collections::VecDeque,
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use uuid::Uuid;

/// The time limit for sending one mail, because lettre waits for answers without limit. Shorter than the
/// lease of a mail: otherwise another replica could send it, too.
const SEND_TIMEOUT: Duration = Duration::from_mins(1);
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");
/// The number of mails that `dev:` keeps.
const KEPT: usize = 200;

/// Why a mail was not sent. Contains neither addresses nor passwords.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "mail.url should be dev:, file:DIR, smtps://USER:PASSWORD@HOST:PORT or \
         smtp://USER:PASSWORD@HOST:PORT?tls=required|opportunistic|none"
    )]
    Url,
    #[error("mail.from is not a valid address")]
    From,
    #[error("the recipient's address is not valid")]
    Recipient,
    #[error("the mail could not be built")]
    Message,
    /// The reply code (RFC 5321, 4.2).
    #[error("the mail server answered {0}")]
    Answer(u16),
    #[error("the mail server refused the connection: is the port in mail.url right?")]
    Refused,
    #[error("the host in mail.url is unknown")]
    UnknownHost,
    #[error("the certificate of the mail server is not trusted, or not for the host in mail.url")]
    Untrusted,
    #[error("the mail server did not answer in time")]
    Silent,
    #[error("the connection to the mail server failed")]
    Unreachable,
    #[error("the mail server does not support TLS, the login method or this address")]
    Unfit,
    #[error("the mail could not be written to its folder")]
    Folder,
}

impl Error {
    /// Whether the same mail would be refused again. If the server refuses our password (RFC 4954, 6) or all
    /// our mail (521, 554), the reason is not this mail, and the operator can fix it.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Recipient | Self::Message => true,
            Self::Answer(code) => {
                (500..600).contains(code) && ![521, 530, 534, 535, 538, 554].contains(code)
            }
            _ => false,
        }
    }
}

impl From<lettre::transport::smtp::Error> for Error {
    /// The server's text may contain the recipient, so only its code is kept.
    fn from(e: lettre::transport::smtp::Error) -> Self {
        match e.status() {
            Some(code) => Self::Answer(code.into()),
            None if e.is_client() => Self::Unfit,
            None => connection_error(&e),
        }
    }
}

/// Why a connection cannot be opened, or was lost. lettre and Rust's standard library identify a failed DNS
/// lookup and a bad certificate by the error's text only.
fn connection_error(e: &lettre::transport::smtp::Error) -> Error {
    let mut cause: &dyn std::error::Error = e;
    // Stops at an I/O error: its source has no `ErrorKind`.
    while let Some(source) = cause.source().filter(|_| !cause.is::<io::Error>()) {
        cause = source;
    }
    let text = cause.to_string();
    match cause.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => Error::Refused,
        Some(io::ErrorKind::TimedOut) => Error::Silent,
        _ if text.starts_with("invalid peer certificate") => Error::Untrusted,
        _ if ["failed to lookup", "could not resolve"].iter().any(|t| text.starts_with(t)) => {
            Error::UnknownHost
        }
        _ => Error::Unreachable,
    }
}

/// A mail to one recipient.
pub struct Letter {
    pub to: String,
    /// The same in every attempt to send this mail.
    pub message_id: Uuid,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// A mail that was kept instead of being sent.
#[derive(Clone, serde::Serialize)]
pub struct Kept {
    pub id: Uuid,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// Every URL in the text.
    pub links: Vec<String>,
    pub at: Timestamp,
}

/// Sends mails by the transport that `mail.url` names.
#[derive(Clone)]
pub struct Mailer {
    from: Mailbox,
    transport: Transport,
    clock: Clock,
    timeout: Duration,
}

#[derive(Clone)]
enum Transport {
    Dev(Arc<Mutex<VecDeque<Kept>>>),
    Smtp(smtp::Smtp),
    Folder(PathBuf),
}

impl Mailer {
    /// Reads the settings. Does not connect.
    pub fn new(config: &Config, clock: &Clock) -> Result<Self, Error> {
        let from = config.mail.from.parse().map_err(|_| Error::From)?;
        Ok(Self {
            from,
            transport: Transport::read(config)?,
            clock: clock.clone(),
            timeout: SEND_TIMEOUT,
        })
    }

    /// Sends a mail: to the server, into the folder, or to `/dev/mail`. It counts as sent once the server has
    /// accepted it for delivery.
    pub async fn send(&self, letter: Letter) -> Result<(), Error> {
        let message = self.message(&letter)?;
        match &self.transport {
            Transport::Dev(kept) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() == KEPT {
                    kept.pop_front();
                }
                kept.push_back(keep(letter, self.clock.now()));
                Ok(())
            }
            Transport::Smtp(smtp) => {
                let sent = tokio::time::timeout(self.timeout, smtp.send(message)).await;
                sent.map_err(|_| Error::Silent)?.map(drop).map_err(Error::from)
            }
            Transport::Folder(folder) => {
                let written = folder::write(folder, letter.message_id, &message.formatted()).await;
                written.map_err(|_| Error::Folder)
            }
        }
    }

    fn message(&self, letter: &Letter) -> Result<Message, Error> {
        let to: Address = letter.to.parse().map_err(|_| Error::Recipient)?;
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&letter.subject)
            .date(self.date())
            .message_id(Some(format!("<{}@{}>", letter.message_id, self.from.email.domain())))
            // Prevents automatic replies such as vacation notices (RFC 3834).
            .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()))
            .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
            .map_err(|_| Error::Message)
    }

    fn date(&self) -> std::time::SystemTime {
        let micros = u64::try_from(self.clock.now().micros()).unwrap_or_default();
        std::time::UNIX_EPOCH + Duration::from_micros(micros)
    }

    /// Whether mails are kept instead of being sent.
    pub fn keeps(&self) -> bool {
        matches!(self.transport, Transport::Dev(_))
    }

    /// The kept mails, newest last; `None` if mails are sent.
    pub fn kept(&self) -> Option<Vec<Kept>> {
        match &self.transport {
            Transport::Dev(kept) => {
                let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                Some(kept.iter().cloned().collect())
            }
            _ => None,
        }
    }
}

impl Transport {
    fn read(config: &Config) -> Result<Self, Error> {
        let url = config.mail.url.0.as_str();
        if url == "dev:" {
            return Ok(Self::Dev(Arc::default()));
        }
        if let Some(folder) = url.strip_prefix("file:").filter(|folder| !folder.is_empty()) {
            return Ok(Self::Folder(folder.into()));
        }
        // Some servers refuse a greeting that is not a DNS name.
        let name = config.public_url.domain().filter(|name| name.contains('.'));
        smtp::transport(url, name).map(Self::Smtp)
    }
}

fn keep(letter: Letter, at: Timestamp) -> Kept {
    let is_link = |word: &&str| word.starts_with("http://") || word.starts_with("https://");
    let links = letter.text.split_whitespace().filter(is_link).map(str::to_owned).collect();
    let Letter { to, message_id: id, subject, text, html } = letter;
    Kept { id, to, subject, text, html, links, at }
}

#[cfg(test)]
mod tests;
