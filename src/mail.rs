//! Mail: by SMTP, into a folder, or, while developing, kept in memory and shown at `/dev/mail`.
use crate::{
    config::{Config, Secret},
    time::{Clock, Timestamp},
};
use lettre::{
    Address, AsyncFileTransport, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use uuid::Uuid;

/// How long a mail server may take for each answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many mails are kept while developing.
const KEPT: usize = 200;

/// What went wrong, with neither addresses nor passwords in it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("mail.url is none of dev:, smtp://, smtps://, file:")]
    Url,
    #[error("mail.from is no address")]
    From,
    #[error("the recipient's address cannot be written to")]
    Recipient,
    #[error("the mail could not be put together")]
    Message,
    #[error("the mail server answered {0}")]
    Answer(String),
    #[error("the mail server cannot be reached")]
    Unreachable,
    #[error("the mail could not be written to its folder")]
    Folder,
}

/// A mail to one person.
pub struct Letter {
    pub to: String,
    /// The same whenever this mail is sent again.
    pub message_id: Uuid,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// A mail that was kept instead of being sent.
#[derive(Clone, serde::Serialize)]
pub struct Kept {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// Every address in the text.
    pub links: Vec<String>,
    pub at: Timestamp,
}

#[derive(Clone)]
pub struct Mailer {
    from: Mailbox,
    way: Way,
    clock: Clock,
}

#[derive(Clone)]
enum Way {
    Dev(Arc<Mutex<VecDeque<Kept>>>),
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Folder(AsyncFileTransport<Tokio1Executor>),
}

impl Mailer {
    /// Connects to nothing yet.
    pub fn new(config: &Config, clock: &Clock) -> Result<Self, Error> {
        let from = config.mail.from.parse().map_err(|_| Error::From)?;
        Ok(Self { from, way: Way::read(&config.mail.url)?, clock: clock.clone() })
    }

    pub async fn send(&self, letter: Letter) -> Result<(), Error> {
        let message = self.message(&letter)?;
        match &self.way {
            Way::Dev(kept) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() == KEPT {
                    kept.pop_front();
                }
                kept.push_back(keep(letter, self.clock.now()));
                Ok(())
            }
            Way::Smtp(smtp) => match smtp.send(message).await {
                Ok(_) => Ok(()),
                // The server's words may name the recipient; its code does not.
                Err(e) => Err(e
                    .status()
                    .map_or(Error::Unreachable, |code| Error::Answer(code.to_string()))),
            },
            Way::Folder(folder) => folder.send(message).await.map(drop).map_err(|_| Error::Folder),
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
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
            .map_err(|_| Error::Message)
    }

    fn date(&self) -> std::time::SystemTime {
        let micros = u64::try_from(self.clock.now().micros()).unwrap_or_default();
        std::time::UNIX_EPOCH + Duration::from_micros(micros)
    }

    /// The mails that were kept, the newest last; `None` if mails are sent.
    pub fn kept(&self) -> Option<Vec<Kept>> {
        match &self.way {
            Way::Dev(kept) => {
                let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                Some(kept.iter().cloned().collect())
            }
            _ => None,
        }
    }
}

impl Way {
    fn read(url: &Secret) -> Result<Self, Error> {
        let url = url.0.as_str();
        if url == "dev:" {
            return Ok(Self::Dev(Arc::default()));
        }
        if let Some(folder) = url.strip_prefix("file:") {
            return Ok(Self::Folder(AsyncFileTransport::new(folder)));
        }
        if !url.starts_with("smtp://") && !url.starts_with("smtps://") {
            return Err(Error::Url);
        }
        // A password must not travel in clear: STARTTLS unless the URL or a loopback host says else.
        let mut parsed = url::Url::parse(url).map_err(|_| Error::Url)?;
        let local = matches!(parsed.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if parsed.scheme() == "smtp" && !local && parsed.query().is_none() {
            parsed.set_query(Some("tls=required"));
        }
        let smtp = AsyncSmtpTransport::<Tokio1Executor>::from_url(parsed.as_str())
            .map_err(|_| Error::Url)?
            .timeout(Some(PATIENCE))
            .build();
        Ok(Self::Smtp(smtp))
    }
}

fn keep(letter: Letter, at: Timestamp) -> Kept {
    let is_link = |word: &&str| word.starts_with("http://") || word.starts_with("https://");
    let links = letter.text.split_whitespace().filter(is_link).map(str::to_owned).collect();
    let Letter { to, subject, text, html, .. } = letter;
    Kept { to, subject, text, html, links, at }
}

/// Keeps vacation notices from being sent in return (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
