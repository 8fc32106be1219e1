use super::*;
use std::{collections::BTreeSet, fmt::Write as _, fs};
use tempfile::TempDir;

fn file(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hashes.txt");
    fs::write(&path, text).unwrap();
    (folder, path)
}

fn line(password: &str) -> String {
    String::from_utf8(hash(password)).unwrap()
}

/// The hashes of `count` passwords, sorted.
fn lines(count: usize, end: &str) -> String {
    let sorted: BTreeSet<_> = (0..count).map(|n| (line(&format!("leaked {n}")), n)).collect();
    sorted.into_iter().fold(String::new(), |mut text, (hash, n)| {
        write!(text, "{hash}:{}{end}", n * n + 1).unwrap();
        text
    })
}

#[test]
fn hashes_have_the_format_of_have_i_been_pwned() {
    assert_eq!(line("password"), "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8");
}

#[test]
fn exactly_the_passwords_in_the_file_are_found() {
    for count in [1, 2, 3, 10, 1000] {
        let all = lines(count, "\r\n");
        let plain = all.lines().map(|l| l[..HASH].to_lowercase()).collect::<Vec<_>>().join(
            "
",
        );
        for text in [lines(count, "\n"), all.clone(), all.trim_end().to_owned(), plain] {
            let (_folder, path) = file(&text);
            let hashes = BreachFile::open(&path).unwrap();
            for n in 0..count {
                assert!(hashes.contains(&format!("leaked {n}")).unwrap(), "{n} of {count}");
                assert!(!hashes.contains(&format!("Leaked {n}")).unwrap(), "{n} of {count}");
            }
        }
    }
}

#[test]
fn the_file_can_be_replaced_while_in_use() {
    let (_folder, path) = file(&lines(3, "\n"));
    let hashes = BreachFile::open(&path).unwrap();
    assert!(!hashes.contains("leaked 9").unwrap());
    fs::write(&path, lines(10, "\n")).unwrap();
    assert!(hashes.contains("leaked 9").unwrap());
    fs::remove_file(&path).unwrap();
    assert!(hashes.contains("leaked 9").is_err());
}

#[test]
fn a_file_that_is_not_a_sorted_hash_list_is_refused() {
    let reversed: Vec<_> = lines(100, "\n").lines().rev().map(str::to_owned).collect();
    let torn = lines(100, "\n").replace(":1\n", "::1\n").replace(":10\n", "10\n");
    for (text, why) in [
        (reversed.join("\n").as_str(), "sorted"),
        ("", "HASH:COUNT"),
        ("\n", "HASH:COUNT"),
        ("password\n123456\n", "HASH:COUNT"),
        (&"0".repeat(1 << 16), "HASH:COUNT"),
        (&"0123456789abcdef0123456789abcdef:1\n".repeat(9), "HASH:COUNT"),
        (&format!("{:064}:1\n", 0).repeat(9), "HASH:COUNT"),
        (&torn, "HASH:COUNT"),
        (&"г".repeat(999), "HASH:COUNT"),
    ] {
        let (_folder, path) = file(text);
        let e = BreachFile::open(&path).err().unwrap();
        assert!(
            e.kind() == ErrorKind::InvalidData && e.to_string().contains(why),
            "{e} {text:.60}"
        );
    }
    let (folder, path) = file("");
    assert!(BreachFile::open(folder.path()).is_err());
    assert!(BreachFile::open(&path.with_extension("none")).is_err());
}
