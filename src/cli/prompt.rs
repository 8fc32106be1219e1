//! Reads passwords and answers from the terminal or from standard input. A password is never an argument,
//! because every user of the machine can read arguments.
use super::Failure;
use std::{
    io::{self, BufRead, IsTerminal, Read, Write, stderr, stdin},
    thread,
};
use tokio::{select, signal::ctrl_c, sync::oneshot};

/// The longest password, in bytes.
const MAX_PASSWORD_BYTES: usize = 1024;

/// A password: the first line of standard input, or typed twice at the terminal, which does not show it.
pub async fn password(from_stdin: bool) -> Result<String, Failure> {
    if from_stdin { read(stdin().lock()) } else { ask().await }
}

fn read(input: impl BufRead) -> Result<String, Failure> {
    let wrong = |what| Failure::Input(format!("the password on standard input {what}"));
    let mut line = Vec::new();
    input.take(MAX_PASSWORD_BYTES as u64 + 2).read_until(b'\n', &mut line)?;
    if line.pop_if(|c| *c == b'\n').is_some() {
        line.pop_if(|c| *c == b'\r');
    }
    if line.len() > MAX_PASSWORD_BYTES {
        return Err(wrong(format!("is longer than {MAX_PASSWORD_BYTES} bytes")));
    }
    String::from_utf8(line).map_err(|_| wrong("is not UTF-8".to_owned()))
}

async fn ask() -> Result<String, Failure> {
    let terminal = Terminal::open().map_err(|_| {
        Failure::Input(
            "there is no terminal to read the password from: use --password-stdin".to_owned(),
        )
    })?;
    let interrupted = || Failure::Input("interrupted".to_owned());
    let typed = async {
        let (sender, typed) = oneshot::channel();
        // A thread of its own: after an interrupt, nothing waits for it.
        thread::spawn(move || sender.send(ask_twice()));
        typed.await
    };
    // `rpassword` raises the signal before it restores the terminal, so the signal must not end the process.
    let typed = select! {
        biased;
        _ = ctrl_c() => None,
        typed = typed => typed.ok(),
    };
    terminal.restore();
    let [one, two] = typed.ok_or_else(interrupted)?.map_err(|e| match e.kind() {
        io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof => interrupted(),
        _ => e.into(),
    })?;
    if one == two { Ok(one) } else { Err(Failure::Input("the passwords differ".to_owned())) }
}

fn ask_twice() -> io::Result<[String; 2]> {
    Ok([rpassword::prompt_password("Password: ")?, rpassword::prompt_password("Again: ")?])
}

/// The terminal, and its settings from before its echo was turned off.
#[cfg(unix)]
struct Terminal(std::fs::File, rustix::termios::Termios);

#[cfg(unix)]
impl Terminal {
    fn open() -> io::Result<Self> {
        let terminal = std::fs::File::open("/dev/tty")?;
        let state = rustix::termios::tcgetattr(&terminal)?;
        Ok(Self(terminal, state))
    }

    fn restore(&self) {
        let _ = rustix::termios::tcsetattr(&self.0, rustix::termios::OptionalActions::Now, &self.1);
    }
}

#[cfg(not(unix))]
struct Terminal;

#[cfg(not(unix))]
impl Terminal {
    fn open() -> io::Result<Self> {
        Ok(Self)
    }

    fn restore(&self) {}
}

/// Whether the person at the terminal answers `question` with yes. Fails without a terminal.
pub fn agreed(question: &str) -> Result<bool, Failure> {
    if !stdin().is_terminal() {
        return Err(Failure::Input(
            "there is no terminal to ask for confirmation: use --yes".to_owned(),
        ));
    }
    write!(stderr(), "{question} [y/N] ")?;
    let mut answer = String::new();
    stdin().lock().take(MAX_PASSWORD_BYTES as u64).read_line(&mut answer)?;
    Ok(["y", "yes"].iter().any(|yes| answer.trim().eq_ignore_ascii_case(yes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_first_line_without_its_line_ending() {
        for (input, password) in [
            ("one two\n", "one two"),
            ("one two", "one two"),
            (" one two \r\n", " one two "),
            ("one\nsecond", "one"),
            ("one\r", "one\r"),
            ("", ""),
            ("\n", ""),
        ] {
            assert_eq!(read(input.as_bytes()).unwrap(), password);
        }
    }

    #[test]
    fn a_long_password_is_refused_instead_of_truncated() {
        let just = "x".repeat(MAX_PASSWORD_BYTES);
        assert_eq!(read(format!("{just}\n").as_bytes()).unwrap(), just);
        assert_eq!(read(just.as_bytes()).unwrap(), just);
        for more in [format!("{just}x\n"), format!("{just}x"), "x".repeat(1 << 20)] {
            let message = read(more.as_bytes()).unwrap_err().line();
            assert!(message.contains("1024 bytes"), "{message}");
        }
    }

    #[test]
    fn a_password_that_is_not_utf_8_is_refused_without_being_printed() {
        let message = read(&b"caf\xe9\n"[..]).unwrap_err().line();
        assert!(message.contains("UTF-8") && !message.contains("caf"), "{message}");
    }
}
