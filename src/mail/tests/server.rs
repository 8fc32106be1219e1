//! A mail server that records commands and mails.
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

#[derive(Clone, Copy)]
pub enum Does {
    Takes,
    /// Gives this answer to `RCPT`.
    Refuses(&'static str),
    RefusesPassword,
    /// Closes the connection at `DATA`.
    HangsUp,
    /// Accepts the connection and stays silent.
    Hangs,
    /// Accepts the recipient `slow@example.org` only after [`Server::answer`], and refuses complete mails.
    AnswersLate,
}

pub struct Server {
    pub port: u16,
    received: Arc<Mutex<Received>>,
    end: Arc<Notify>,
    answer: Arc<Notify>,
}

#[derive(Default)]
struct Received {
    connections: usize,
    commands: Vec<String>,
    /// The last mail as received, with doubled dots.
    mail: String,
}

impl Server {
    pub async fn start(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (received, end) = (Arc::<Mutex<Received>>::default(), Arc::<Notify>::default());
        let answer = Arc::<Notify>::default();
        let server =
            Self { port, received: received.clone(), end: end.clone(), answer: answer.clone() };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (received, end, answer) = (received.clone(), end.clone(), answer.clone());
                received.lock().unwrap().connections += 1;
                tokio::spawn(async move {
                    tokio::select! {
                        _ = talk(stream, does, &received, &answer) => {}
                        () = end.notified() => {}
                    }
                });
            }
        });
        server
    }

    /// The received commands, without those that check a connection.
    pub fn commands(&self) -> Vec<String> {
        let received = self.received.lock().unwrap();
        received
            .commands
            .iter()
            .filter(|c| !["NOOP", "RSET"].contains(&c.as_str()))
            .cloned()
            .collect()
    }

    pub fn mail(&self) -> String {
        self.received.lock().unwrap().mail.clone()
    }

    pub fn connections(&self) -> usize {
        self.received.lock().unwrap().connections
    }

    /// Releases the answer to `slow@example.org`.
    pub fn answer(&self) {
        self.answer.notify_one();
    }

    /// Closes the open connections.
    pub fn hang_up(&self) {
        self.end.notify_waiters();
    }
}

async fn talk(
    stream: TcpStream,
    does: Does,
    received: &Mutex<Received>,
    answer: &Notify,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    if matches!(does, Does::Hangs) {
        return std::future::pending().await;
    }
    stream.write_all(b"220 test ESMTP\r\n").await?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_owned();
        received.lock().unwrap().commands.push(command.clone());
        let answer = match (command.split(' ').next().unwrap_or_default(), does) {
            ("EHLO", _) => "250-test\r\n250 AUTH PLAIN",
            ("AUTH", Does::RefusesPassword) => "535 5.7.8 wrong",
            ("RCPT", Does::Refuses(answer)) => answer,
            ("RCPT", Does::AnswersLate) if command.contains("slow@") => {
                answer.notified().await;
                "250 yes"
            }
            ("DATA", Does::HangsUp) => return Ok(()),
            ("DATA", _) => {
                stream.write_all(b"354 go on\r\n").await?;
                let mut mail = String::new();
                while !mail.ends_with("\r\n.\r\n") {
                    if stream.read_line(&mut mail).await? == 0 {
                        return Ok(());
                    }
                }
                received.lock().unwrap().mail = mail;
                if matches!(does, Does::AnswersLate) { "552 5.2.2 full" } else { "250 taken" }
            }
            ("QUIT", _) => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 yes",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}
