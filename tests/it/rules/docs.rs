//! What the documentation names exists.
use crate::support::Server;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Every file below `folder` whose name ends in `suffix`.
fn files(folder: &Path, suffix: &str) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path, suffix));
        } else if path.to_str().unwrap().ends_with(suffix) {
            all.push(path);
        }
    }
    all.sort();
    all
}

/// The pages in Markdown: those in the root and all below `docs`.
fn pages() -> Vec<(PathBuf, String)> {
    let root = Path::new(ROOT);
    let mut paths = files(&root.join("docs"), ".md");
    paths.extend(files(&root.join(".github"), ".md"));
    let entries = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    paths.extend(entries.filter(|path| path.extension().is_some_and(|e| e == "md")));
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// A page without its blocks of code.
fn prose(page: &str) -> String {
    let mut code = false;
    let mut text = String::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            code = !code;
        } else if !code {
            text.push_str(line);
            text.push('\n');
        }
    }
    assert!(!code, "a block of code does not end");
    text
}

/// The anchors of a page, as GitHub makes them from its headings.
fn anchors(page: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let prose = prose(page);
    for line in prose.lines().filter(|line| line.starts_with('#')) {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
        let slug: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let again = (1..).map(|n| format!("{slug}-{n}"));
        let free = std::iter::once(slug.clone()).chain(again).find(|a| !all.contains(a));
        all.insert(free.unwrap());
    }
    all
}

/// The targets of the links and images in `[...](...)`.
fn links(page: &str) -> Vec<String> {
    let prose = prose(page);
    let ends = prose.match_indices("](").map(|(at, _)| &prose[at + 2..]);
    ends.map(|rest| rest.split(')').next().unwrap().to_owned()).collect()
}

#[test]
fn every_relative_link_and_anchor_resolves() {
    let mut checked = 0;
    for (path, page) in pages() {
        for link in links(&page) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let place = format!("{} in {}", link, path.display());
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target =
                if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(target.exists(), "{place}: there is no such file");
            if !anchor.is_empty() {
                let there = anchors(&fs::read_to_string(target).unwrap());
                assert!(there.contains(anchor), "{place}: the anchors are {there:?}");
            }
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked}");
}

#[test]
fn anchors_match_those_of_github() {
    let page = "# Mail transport\n## `mail`\n## The headers of `/auth/verify`\n## За 60 секунд\n\
                ```sh\n# a comment\n```\n## `mail`\n";
    let expected =
        ["mail", "mail-1", "mail-transport", "the-headers-of-authverify", "за-60-секунд"];
    assert_eq!(anchors(page).into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn the_readme_is_short_in_both_languages() {
    let headings = |name: &str| {
        let page = fs::read_to_string(Path::new(ROOT).join(name)).unwrap();
        assert!(page.lines().count() <= 150, "{name} has {} lines", page.lines().count());
        prose(&page).lines().filter(|line| line.starts_with('#')).count()
    };
    assert_eq!(headings("README.md"), headings("README.ru.md"));
}

#[test]
fn the_walkthroughs_name_files_and_functions_that_exist() {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/walkthroughs.md")).unwrap();
    let (mut source, mut functions) = (None, 0);
    for name in page.split('`').skip(1).step_by(2) {
        if name.starts_with("src/") {
            let text = fs::read_to_string(Path::new(ROOT).join(name));
            source = Some((name, text.unwrap_or_else(|e| panic!("{name}: {e}"))));
        } else if let (Some(function), Some((file, text))) = (name.strip_suffix("()"), &source) {
            let defined =
                ["(", "<"].iter().any(|next| text.contains(&format!("fn {function}{next}")));
            assert!(defined, "{function} is not in {file}");
            functions += 1;
        }
    }
    assert!(functions > 30, "{functions}");
}

#[test]
fn the_files_that_the_architecture_names_exist() {
    let root = Path::new(ROOT);
    let mut pages = files(&root.join("docs/decisions"), ".md");
    pages.push(root.join("docs/architecture.md"));
    let mut checked = 0;
    for path in pages {
        let page = prose(&fs::read_to_string(&path).unwrap());
        for name in page.split('`').skip(1).step_by(2) {
            let folders = ["src/", "templates", "migrations", "locales", "tests/"];
            if folders.iter().any(|folder| name.starts_with(folder)) {
                assert!(root.join(name).exists(), "{name} in {} is not there", path.display());
                checked += 1;
            }
        }
    }
    assert!(checked > 30, "{checked}");
}

#[test]
fn rocket_is_built_without_http_2() {
    // Rocket limits neither the streams of an HTTP/2 connection nor their headers; the front does. A dependency
    // can enable a default feature of Rocket again.
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none"])
        .args(["--format", "{p} {f}"])
        .current_dir(ROOT)
        .output()
        .unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    let rocket = tree.lines().find(|line| line.starts_with("rocket v")).unwrap();
    assert!(rocket.contains("json") && !rocket.contains("http2"), "{rocket}");
}

/// Checks that a test or file exists which a page names, such as `session::refresh::NAME`, `session::refresh::*`,
/// `src/tokens/tests/forgery.rs::NAME` or `tests/browser/tabs.test.js`. Returns whether `name` is of such a form.
fn is_test_or_file(name: &str) -> bool {
    let root = Path::new(ROOT);
    let (place, function) = name.rsplit_once("::").map_or((name, None), |(p, f)| (p, Some(f)));
    let file = if place.starts_with("src/") || place.starts_with("tests/") {
        assert!(root.join(place).exists(), "{name}: there is no {place}");
        place.to_owned()
    } else if function.is_some() && !place.starts_with("portcullis") {
        let module = place.replace("::", "/");
        let files = [format!("tests/it/{module}.rs"), format!("tests/it/{module}/mod.rs")];
        let file = files.into_iter().find(|file| root.join(file).exists());
        file.unwrap_or_else(|| panic!("{name}: there is no module {place}"))
    } else {
        return false;
    };
    if let Some(function) = function.filter(|f| *f != "*") {
        let source = fs::read_to_string(root.join(&file)).unwrap();
        assert!(source.contains(&format!("fn {function}(")), "{name}: {file} has no such test");
    }
    true
}

/// How many tests and files a page names. Each of them exists.
fn named_tests(page: &str) -> usize {
    let text = fs::read_to_string(Path::new(ROOT).join(page)).unwrap();
    prose(&text).split('`').skip(1).step_by(2).filter(|name| is_test_or_file(name)).count()
}

#[test]
fn every_test_and_file_that_the_security_pages_name_exists() {
    for (page, least) in [("docs/security.md", 150), ("docs/asvs.md", 150)] {
        let tests = named_tests(page);
        assert!(tests > least, "{page} names {tests}");
    }
}

#[test]
fn every_requirement_of_asvs_is_answered_once() {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/asvs.md")).unwrap();
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| V")).collect();
    let ids: BTreeSet<_> = rows.iter().map(|row| row.split('|').nth(1).unwrap().trim()).collect();
    // Version 5.0.0 has so many requirements of the levels 1 and 2.
    assert_eq!((rows.len(), ids.len()), (253, 253));
    let mut counts = BTreeSet::new();
    for answer in ["met", "partly", "not met", "operator", "n/a"] {
        let with = rows.iter().filter(|row| row.split('|').nth(4).unwrap().trim() == answer);
        counts.insert((answer, with.count()));
    }
    let total: usize = counts.iter().map(|(_, count)| count).sum();
    assert_eq!(total, 253, "{counts:?}");
    for (answer, count) in counts {
        assert!(page.contains(&format!("| {answer} | {count} |")), "{answer} {count}");
    }
}

/// The first shell block of the section about starting the service.
fn shell_session(readme: &str, heading: &str) -> String {
    let text = fs::read_to_string(Path::new(ROOT).join(readme)).unwrap();
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
        let output = String::from_utf8_lossy(&out.stdout);
        assert!(out.status.success(), "{script}\n{output}{}", String::from_utf8_lossy(&out.stderr));
        assert!(output.contains("\"is_email_confirmed\":true"), "{output}");
        assert!(!output.contains("\"status\":4"), "{output}");
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
