//! Passwords, questions and output at a terminal.
use super::{failed_with_one_line, migrate, result, with_input};
use crate::support::{PASSWORD, PROGRAM, program};
use std::{
    fs,
    io::{Read, Write},
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

#[test]
fn a_password_on_stdin_is_read_whole_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    migrate(folder.path());
    let add = ["user", "add", "ann@example.com", "--password-stdin"];
    let long = "hunter2".repeat(1000);
    for (input, why) in [
        (long.as_bytes(), "1024 bytes"),
        (b"hunter2 \xff\n", "UTF-8"),
        (b"hunter2\n", "8 characters"),
        (b"", "password"),
    ] {
        failed_with_one_line(&with_input(folder.path(), &add, input), why);
    }
    let (code, out, err) = with_input(folder.path(), &add, PASSWORD.as_bytes());
    assert!(code == 0 && err.is_empty(), "{err}");
    assert!(!out.contains(PASSWORD) && !out.contains("argon2"), "{out}");
    // A password is not accepted as an argument.
    let wrong = ["user", "add", "bob@example.com", "--password", "hunter2 hunter2"];
    let (code, out, err) = result(&mut program(folder.path(), &wrong));
    assert!(code == 2 && out.is_empty() && !err.contains("hunter2"), "{err}");
}

#[test]
fn output_that_nobody_reads_does_not_panic() {
    let folder = tempfile::tempdir().unwrap();
    migrate(folder.path());
    for name in ["ann", "bob"] {
        let email = format!("{name}@example.com");
        let add = ["user", "add", &email, "--password-stdin"];
        assert_eq!(with_input(folder.path(), &add, PASSWORD.as_bytes()).0, 0);
    }
    let list = || program(folder.path(), &["user", "list"]);
    let full = fs::File::create("/dev/full").unwrap();
    failed_with_one_line(&result(list().stdout(full)), "space");
    let mut child = list().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    assert!(status.success() && stderr.is_empty(), "{}", String::from_utf8_lossy(&stderr));
}

/// Whether the terminal shows what the user types.
fn echoes(folder: &Path) -> bool {
    let tty = fs::read_to_string(folder.join("tty")).unwrap();
    let out = Command::new("stty").args(["-F", tty.trim(), "-a"]).output().unwrap();
    assert!(out.status.success(), "{out:?}");
    !String::from_utf8(out.stdout).unwrap().contains("-echo ")
}

/// Runs a shell `script` at a terminal, types `keys` at their prompts, and returns what the terminal shows.
fn at_a_terminal(folder: &Path, script: &str, keys: &[(&str, &[u8])]) -> String {
    let mut child = Command::new("script")
        .args(["-qec", &format!("tty >tty; {script}"), "/dev/null"])
        .current_dir(folder)
        .env_remove("ROCKET_CONFIG")
        .env_remove("DATABASE_URL")
        .env("PORTCULLIS", PROGRAM)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script, of Debian's bsdutils, makes a terminal");
    let (mut typed, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut shown, mut seen) = (Vec::new(), 0);
    for (prompt, key) in keys {
        loop {
            let text = String::from_utf8_lossy(&shown);
            if let Some(at) = text[seen..].find(prompt) {
                seen += at + prompt.len();
                break;
            }
            let mut some = [0; 256];
            let n = screen.read(&mut some).unwrap();
            assert!(n > 0, "no {prompt:?} in {text}");
            shown.extend(&some[..n]);
        }
        // The program writes the prompt before it turns off the echo.
        let since = Instant::now();
        while !prompt.ends_with("[y/N] ") && echoes(folder) {
            assert!(since.elapsed() < Duration::from_secs(10), "{prompt} is for all to see");
        }
        if *key == SIGINT {
            let id = fs::read_to_string(folder.join("pid")).unwrap();
            assert!(Command::new("kill").args(["-INT", id.trim()]).status().unwrap().success());
        } else {
            typed.write_all(key).unwrap();
        }
    }
    screen.read_to_end(&mut shown).unwrap();
    child.wait().unwrap();
    String::from_utf8_lossy(&shown).into_owned()
}

/// Adds a user, and records the terminal's settings before and after.
const AROUND: &str = r#"stty -a > before
    sh -c 'echo $$ > pid; exec "$PORTCULLIS" user add ann@example.com'; echo "code $?"
    stty -a > after"#;

/// Sends this signal to the process whose id is in the file `pid`, instead of typing a key.
const SIGINT: &[u8] = b"SIGINT";

#[test]
fn a_password_is_asked_for_twice_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    migrate(folder.path());
    let line = format!("{PASSWORD}\n");
    let (typed, other) = (line.as_bytes(), b"another long one\n".as_slice());
    let shown = at_a_terminal(folder.path(), AROUND, &[("Password: ", typed), ("Again: ", other)]);
    assert!(shown.contains("the passwords differ") && shown.contains("code 1"), "{shown}");
    let shown = at_a_terminal(folder.path(), AROUND, &[("Password: ", typed), ("Again: ", typed)]);
    assert!(shown.contains("\"id\":1") && shown.contains("code 0"), "{shown}");
    assert!(!shown.contains(PASSWORD), "{shown}");
}

#[test]
fn an_interrupted_prompt_restores_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    migrate(folder.path());
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let line = format!("{PASSWORD}\n");
    for keys in [
        &[("Password: ", b"\x03".as_slice())][..],
        &[("Password: ", SIGINT)],
        &[("Password: ", line.as_bytes()), ("Again: ", b"\x03")],
    ] {
        let shown = at_a_terminal(folder.path(), AROUND, keys);
        assert!(shown.contains("portcullis: interrupted") && shown.contains("code 1"), "{shown}");
        assert_eq!(read("before"), read("after"));
    }
}

#[test]
fn deleting_asks_for_confirmation_at_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    migrate(folder.path());
    let add = ["user", "add", "ann@example.com", "--password-stdin"];
    assert_eq!(with_input(folder.path(), &add, PASSWORD.as_bytes()).0, 0);
    let delete = r#""$PORTCULLIS" user delete ann@example.com; echo "code $?""#;
    for (answer, code, left) in [("\n", 1, true), ("n\n", 1, true), ("y\n", 0, false)] {
        let shown = at_a_terminal(folder.path(), delete, &[("[y/N] ", answer.as_bytes())]);
        assert!(shown.contains(&format!("code {code}")), "{shown}");
        let list = result(&mut program(folder.path(), &["user", "list"])).1;
        assert_eq!(list.contains("ann@example.com"), left, "{list}");
    }
}
