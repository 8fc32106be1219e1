//! What the documentation says is there.
use crate::support::Server;
use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

#[test]
fn rocket_is_built_without_http_2() {
    // It bounds neither the streams of a connection nor their heads. Whatever turns a default feature of
    // Rocket on again would bring the crate back.
    let lock = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock"));
    assert!(!lock.contains("name = \"h2\""), "cargo tree -e features -i rocket");
}

#[test]
fn every_test_and_file_that_security_md_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/security.md")).unwrap();
    let mut tests = 0;
    for name in page.split('`').skip(1).step_by(2) {
        if let Some((module, function)) = name.rsplit_once("::") {
            let module = module.replace("::", "/");
            let files = [format!("tests/it/{module}.rs"), format!("tests/it/{module}/mod.rs")];
            let file = files.iter().find(|file| root.join(file).exists());
            let file = file.unwrap_or_else(|| panic!("{name}: there is no module {module}"));
            let source = fs::read_to_string(root.join(file)).unwrap();
            let function = function.trim_end_matches('*');
            assert!(source.contains(&format!("fn {function}")), "{name} is not there");
            tests += 1;
        } else if name.starts_with("src/") || name.starts_with("tests/") {
            let place = name.split(' ').next().unwrap();
            assert!(root.join(place).exists(), "{name} is not there");
        }
    }
    assert!(tests > 30);
}

/// The first shell block of the section that shows the start.
fn shell_session(readme: &str, heading: &str) -> String {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(readme)).unwrap();
    let section = text.split(heading).nth(1).unwrap_or_else(|| panic!("no {heading} in {readme}"));
    section.split("```sh\n").nth(1).unwrap().split("```").next().unwrap().to_owned()
}

#[test]
fn the_shell_session_in_the_readme_works() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path(), None);
    for (readme, heading) in
        [("README.md", "## In 60 seconds"), ("README.ru.md", "## За 60 секунд")]
    {
        let here = format!("localhost:{}", server.port);
        let script = shell_session(readme, heading).replace("localhost:8000", &here);
        let script = script.replace("ann@example.com", &format!("{}@example.com", readme.len()));
        let out = Command::new("bash")
            .args(["-euo", "pipefail", "-c", &script])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&out.stdout);
        assert!(out.status.success(), "{script}\n{told}{}", String::from_utf8_lossy(&out.stderr));
        assert!(told.contains("\"is_email_confirmed\":true"), "{told}");
        assert!(!told.contains("\"status\":4"), "{told}");
    }
    assert!(folder.path().join("portcullis.db").exists());
    let since = Instant::now();
    assert!(server.end("-INT").success());
    assert!(since.elapsed() < Duration::from_secs(5));
    let log = fs::read_to_string(&server.log).unwrap();
    for secret in ["@example.com", "correct horse", "eyJ", "token="] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    assert!(log.contains("act=\"login\""), "{log}");
}
