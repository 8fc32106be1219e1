//! A mail server that writes down what it is told.
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

#[derive(Clone, Copy)]
pub enum Does {
    Takes,
    /// Answers so to the recipient.
    Refuses(&'static str),
    RefusesPassword,
    /// In the middle of a mail.
    HangsUp,
    /// Takes the connection and says nothing.
    Hangs,
}

pub struct Server {
    pub port: u16,
    told: Arc<Mutex<Told>>,
    end: Arc<Notify>,
}

#[derive(Default)]
struct Told {
    commands: Vec<String>,
    /// The last mail, dots doubled as they came.
    mail: String,
}

impl Server {
    pub async fn start(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (told, end) = (Arc::<Mutex<Told>>::default(), Arc::<Notify>::default());
        let server = Self { port, told: told.clone(), end: end.clone() };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (told, end) = (told.clone(), end.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        _ = talk(stream, does, &told) => {}
                        () = end.notified() => {}
                    }
                });
            }
        });
        server
    }

    /// What was said beside the checks of a connection.
    pub fn commands(&self) -> Vec<String> {
        let told = self.told.lock().unwrap();
        told.commands.iter().filter(|c| !["NOOP", "RSET"].contains(&c.as_str())).cloned().collect()
    }

    pub fn mail(&self) -> String {
        self.told.lock().unwrap().mail.clone()
    }

    /// Ends the connections that are open.
    pub fn hang_up(&self) {
        self.end.notify_waiters();
    }
}

async fn talk(stream: TcpStream, does: Does, told: &Mutex<Told>) -> std::io::Result<()> {
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
        told.lock().unwrap().commands.push(command.clone());
        let answer = match (command.split(' ').next().unwrap_or_default(), does) {
            ("EHLO", _) => "250-test\r\n250 AUTH PLAIN",
            ("AUTH", Does::RefusesPassword) => "535 5.7.8 wrong",
            ("RCPT", Does::Refuses(answer)) => answer,
            ("DATA", Does::HangsUp) => return Ok(()),
            ("DATA", _) => {
                stream.write_all(b"354 go on\r\n").await?;
                let mut mail = String::new();
                while !mail.ends_with("\r\n.\r\n") {
                    if stream.read_line(&mut mail).await? == 0 {
                        return Ok(());
                    }
                }
                told.lock().unwrap().mail = mail;
                "250 taken"
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
