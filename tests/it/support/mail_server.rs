//! An SMTP server that refuses or delays the mails that a test chooses.
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// A mail server that refuses chosen recipients with a chosen code.
#[derive(Clone, Default)]
pub struct MailServer {
    refused: Arc<Mutex<HashMap<String, u16>>>,
    /// The recipients of all attempts so far.
    asked: Arc<Mutex<HashSet<String>>>,
    /// The recipients that get no answer until the test removes them.
    held: watch::Sender<HashSet<String>>,
    /// Recipient and text of each mail.
    received: Arc<Mutex<Vec<(String, String)>>>,
}

impl MailServer {
    /// Starts a server and returns it with its URL.
    pub async fn start() -> (Self, String) {
        let (server, listener) = (Self::default(), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let this = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let this = this.clone();
                tokio::spawn(async move { this.talk(stream).await });
            }
        });
        (server, url)
    }

    /// Answers each attempt to send to `address` with `code` from now on.
    pub fn refuse(&self, address: &str, code: u16) {
        self.refused.lock().unwrap().insert(address.to_owned(), code);
    }

    /// Delays the answer about the recipient `address` until `let_go`.
    pub fn hold(&self, address: &str) {
        self.held.send_modify(|held| {
            held.insert(address.to_owned());
        });
    }

    /// Ends the delay of `hold`.
    pub fn let_go(&self, address: &str) {
        self.held.send_modify(|held| {
            held.remove(address);
        });
    }

    /// Returns once a mail to `address` is being delivered.
    pub async fn asked_for(&self, address: &str) {
        while !self.asked.lock().unwrap().contains(address) {
            tokio::task::yield_now().await;
        }
    }

    /// Recipient and text of each mail that was accepted.
    pub fn received(&self) -> Vec<(String, String)> {
        self.received.lock().unwrap().clone()
    }

    pub async fn talk(&self, stream: TcpStream) -> Option<()> {
        let (reader, mut writer) = stream.into_split();
        let mut lines = BufReader::new(reader).lines();
        let mut to = String::new();
        writer.write_all(b"220 test\r\n").await.ok()?;
        while let Some(line) = lines.next_line().await.ok()? {
            let answer = match line.split([' ', ':']).next().unwrap_or_default() {
                "EHLO" => "250-test\r\n250 8BITMIME".to_owned(),
                "RCPT" => {
                    line.split(['<', '>']).nth(1)?.clone_into(&mut to);
                    self.asked.lock().unwrap().insert(to.clone());
                    self.held.subscribe().wait_for(|held| !held.contains(&to)).await.ok()?;
                    let code = self.refused.lock().unwrap().get(&to).copied().unwrap_or(250);
                    format!("{code} <{to}>")
                }
                "DATA" => {
                    writer.write_all(b"354 go on\r\n").await.ok()?;
                    let mut text = String::new();
                    while let Some(line) = lines.next_line().await.ok()?.filter(|l| l != ".") {
                        text.push_str(&line);
                        text.push('\n');
                    }
                    self.received.lock().unwrap().push((to.clone(), text));
                    "250 taken".to_owned()
                }
                "QUIT" => "221 bye".to_owned(),
                _ => "250 fine".to_owned(),
            };
            writer.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
        }
        Some(())
    }
}
