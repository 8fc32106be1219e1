//! No flow forgets the limits: each one that a stranger can cause counts against a limit, or is listed here
//! with the reason why it need not.
use std::{collections::BTreeSet, fs, path::Path};

/// Flows without a limit of their own.
const UNLIMITED: [(&str, &str); 13] = [
    ("open_session", "comes after a registration or a setup, which are limited"),
    ("note_seen", "needs a valid session, and writes at most every five minutes"),
    ("log_out", "needs a valid session, and ends it"),
    ("log_out_everywhere", "needs a valid session, and ends it"),
    ("log_out_other_sessions", "needs a valid session, and ends sessions"),
    ("end_session", "needs a valid session, and ends sessions"),
    ("end_reused", "ends a session"),
    ("act_for", "needs a session of a superuser"),
    ("change_profile", "needs a valid session"),
    ("inspect_link", "a part of the flows of links"),
    ("owner_of_refresh", "authenticates nobody: it reads one row for a line of the log"),
    ("check_password", "a part of the flows that set a password"),
    ("read_fields", "a part of the flows that add a user"),
];

/// Calls that count against a limit.
const LIMITS: [&str; 5] = [
    "self.limit(",
    "self.count_login(",
    "self.reauthenticate(",
    "self.mail_later(",
    "self.setup_state(",
];

/// Arguments of the flows that this rule is about.
const TAKEN: [&str; 4] = ["caller: &Caller", "token: &str", "presented: &str", "password: &str"];

/// The methods of `Auth` in a file that take a caller or a secret: name and body.
fn flows(text: &str) -> Vec<(String, String)> {
    let starts = ["    pub async fn ", "    pub(crate) async fn "];
    let mut found = Vec::new();
    for start in starts {
        for part in text.split(&format!("\n{start}")).skip(1) {
            let method = part.split("\n    }\n").next().unwrap();
            let (head, body) = method.split_once(" {\n").unwrap_or((method, ""));
            let takes = TAKEN.iter().any(|argument| head.contains(argument));
            if head.contains("&self") && takes {
                let name = head.split(['(', '<']).next().unwrap();
                found.push((name.to_owned(), body.to_owned()));
            }
        }
    }
    found
}

#[test]
fn every_flow_of_a_caller_has_a_limit() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/flows");
    let mut files = vec![root.join("auth.rs"), root.join("admin/operator.rs")];
    for folder in ["session", "account"] {
        let entries = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        files.extend(entries.filter(|path| path.extension().is_some_and(|e| e == "rs")));
    }
    let unlimited: BTreeSet<_> = UNLIMITED.iter().map(|(name, _)| *name).collect();
    let (mut limited, mut seen, mut missing) = (0, BTreeSet::new(), Vec::new());
    for file in files {
        for (name, body) in flows(&fs::read_to_string(&file).unwrap()) {
            let counts = LIMITS.iter().any(|call| body.contains(call));
            let listed = unlimited.contains(name.as_str());
            if !counts && !listed {
                missing.push(format!("{name} in {}", file.display()));
            }
            limited += usize::from(counts);
            seen.insert(name);
        }
    }
    assert!(missing.is_empty(), "no limit: {missing:#?}");
    assert!(
        unlimited.iter().all(|name| seen.contains(*name)),
        "{unlimited:?} names a flow of the past"
    );
    assert!(limited >= 15, "{limited}");
    assert!(seen.contains("log_in") && seen.contains("register"));
}
