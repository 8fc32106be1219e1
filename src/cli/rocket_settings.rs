//! Checks Rocket's own settings: finds invalid values, and keys that nothing reads.
use crate::config::Problem;
use rocket::figment::{
    self, Figment, Metadata, Profile, Provider as _,
    providers::Serialized,
    value::{Dict, Map, Value},
};
use std::collections::BTreeSet;

/// The keys that are read in addition to those for which Rocket has a default.
const EXTRA_KEYS: [&str; 8] = [
    "databases",
    "portcullis",
    "profile",
    "proxy_proto_header",
    "secret_key",
    "template_dir",
    "tls",
    // The path of the file, in the environment.
    "config",
];
/// The keys of `tls`. There is no `mutual`: certificates of clients are not verified.
const TLS_KEYS: [&str; 4] = ["certs", "ciphers", "key", "prefer_server_cipher_order"];
/// The profiles that need not be in the file.
const PROFILES: [&str; 4] = ["default", "global", "debug", "release"];

/// The problems with Rocket's own settings, or with a file that cannot be read at all.
pub fn problems(figment: &Figment) -> Vec<Problem> {
    let config = match rocket::Config::try_from(figment) {
        Ok(config) => config,
        Err(e) => return e.into_iter().map(|e| problem(&e, "")).collect(),
    };
    let zero = [("workers", config.workers), ("max_blocking", config.max_blocking)]
        .into_iter()
        .filter(|(_, n)| *n == 0)
        .map(|(key, _)| {
            let from = figment.find_metadata(key);
            Problem::new(written(from, &[key.to_owned()]), "should be 1 or more")
        });
    let data = figment.data().unwrap_or_default();
    let profiles = unknown_profiles(figment, &data).into_iter().filter_map(Result::err);
    let mut problems: Vec<_> = zero.chain(profiles).chain(unknown_keys(figment, &data)).collect();
    let selected = figment.profile();
    if !PROFILES.iter().any(|known| selected == known) && !data.contains_key(selected) {
        let message = format!("there is no table [{selected}] in the file");
        problems.push(Problem::new("ROCKET_PROFILE", message));
    }
    problems
}

/// Warnings about the profiles in the file that are not selected.
pub fn warnings(figment: &Figment) -> Vec<Problem> {
    let data = figment.data().unwrap_or_default();
    unknown_profiles(figment, &data).into_iter().filter_map(Result::ok).collect()
}

/// The problems with `databases.portcullis`.
pub fn problems_of_pool(figment: &Figment) -> Vec<Problem> {
    let pool = figment
        .focus("databases.portcullis")
        .join(Serialized::default("max_connections", 1))
        .join(Serialized::default("connect_timeout", 1));
    let Err(e) = pool.extract::<rocket_db_pools::Config>() else { return Vec::new() };
    e.into_iter().map(|e| problem(&e, "databases.portcullis.")).collect()
}

/// The tables of the file that are not a profile of this run: `Ok` if a table has no effect, `Err` if its
/// name looks like a misspelt profile. `[portcullis]` and `[databases]` are reported with our own settings.
fn unknown_profiles(figment: &Figment, data: &Map<Profile, Dict>) -> Vec<Result<Problem, Problem>> {
    let selected = figment.profile().as_str().to_string();
    let known: BTreeSet<&str> = PROFILES.into_iter().chain([selected.as_str()]).collect();
    let names = data.keys().map(|profile| profile.as_str().to_string());
    let names = names.filter(|name| !known.contains(name.to_lowercase().as_str()));
    let names = names.filter(|name| !["portcullis", "databases"].contains(&name.as_str()));
    let classify = |name: String| {
        if let Some(meant) = alike(&name, known.iter().copied()) {
            let message = format!("unknown profile, did you mean [{meant}]?");
            Err(Problem::new(format!("[{name}]"), message))
        } else {
            let message = "has no effect: ROCKET_PROFILE does not select this profile";
            Ok(Problem::new(format!("[{name}]"), message))
        }
    };
    names.map(classify).collect()
}

/// Keys outside our table that nothing reads, in the profiles of this run.
fn unknown_keys(figment: &Figment, data: &Map<Profile, Dict>) -> Vec<Problem> {
    let defaults = Figment::from(rocket::Config::default()).data().unwrap_or_default();
    let known: BTreeSet<&str> = defaults
        .values()
        .flat_map(|keys| keys.keys().map(String::as_str))
        .chain(EXTRA_KEYS)
        .collect();
    let selected = figment.profile();
    let read = data.iter().filter(|(profile, _)| {
        *profile == selected || [Profile::Default, Profile::Global].contains(profile)
    });
    let unknown = |(key, value): (&String, &Value)| {
        if key == "databases"
            && let Some(other) = other_database(value)
        {
            let message = "unknown table, expected databases.portcullis";
            return Some(Problem::new(format!("databases.{other}"), message));
        }
        if key == "tls"
            && let Some(other) = value
                .as_dict()
                .and_then(|tls| tls.keys().find(|key| !TLS_KEYS.contains(&key.as_str())))
        {
            let message = format!("unknown key, expected one of {}", TLS_KEYS.join(", "));
            return Some(Problem::new(format!("tls.{other}"), message));
        }
        if known.contains(key.as_str()) {
            return None;
        }
        let from = figment.get_metadata(value.tag());
        let is_file = |m: &&Metadata| matches!(m.source, Some(figment::Source::File(_)));
        let place = from.filter(is_file).and_then(|m| m.source.as_ref());
        let place = place.map(|file| format!(" in {file}")).unwrap_or_default();
        let name = written(from, std::slice::from_ref(key));
        let message = match alike(key, known.iter().copied()) {
            Some(meant) => format!("unknown key, did you mean {meant}?"),
            None => "unknown key".to_owned(),
        };
        Some(Problem::new(format!("{name}{place}"), message))
    };
    read.flat_map(|(_, keys)| keys.iter().filter_map(unknown)).collect()
}

/// A table among the databases that is not ours.
fn other_database(databases: &Value) -> Option<&String> {
    databases.as_dict()?.keys().find(|name| *name != "portcullis")
}

/// The known name that `name` probably stands for: the nearest one, at most two edits away.
fn alike<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let far = |k: &str| strsim::damerau_levenshtein(k, &name.to_lowercase());
    known.map(|k| (far(k), k)).filter(|(far, k)| *far <= 2 && *far < k.len()).min().map(|(_, k)| k)
}

fn problem(e: &figment::Error, table: &str) -> Problem {
    let key = written(e.metadata.as_ref(), &e.path);
    // Below the first line, a parser quotes the file, which may contain secrets.
    let what = e.kind.to_string();
    Problem::new(format!("{table}{key}"), what.lines().next().unwrap_or_default())
}

/// The name under which the operator wrote a setting, or the file if it is unreadable.
fn written(from: Option<&Metadata>, path: &[String]) -> String {
    let file = || from?.source.as_ref().map(ToString::to_string);
    match path.first() {
        Some(key) if from.is_some_and(|m| m.name.contains("environment")) => {
            format!("ROCKET_{}", key.to_uppercase())
        }
        Some(_) => path.join("."),
        None => file().unwrap_or_else(|| "settings".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rocket::figment::providers::{Format, Toml};

    fn reported(toml: &str) -> Vec<String> {
        let figment = Figment::from(rocket::Config::default())
            .merge(Toml::string(toml))
            .join(Serialized::default("databases.portcullis.url", "sqlite://x"));
        let problems = problems(&figment).into_iter().chain(problems_of_pool(&figment));
        problems.map(|p| p.to_string()).collect()
    }

    #[test]
    fn valid_settings_have_no_problems() {
        assert!(reported("").is_empty(), "{:?}", reported(""));
        assert!(reported("port = 1\n[databases.portcullis]\nmax_connections = 3").is_empty());
    }

    #[test]
    fn invalid_rocket_settings_are_reported_by_key() {
        for (toml, key) in [
            ("port = 'x'", "port: "),
            ("address = 'nowhere'", "address: "),
            ("workers = 0", "workers: "),
            ("max_blocking = 0", "max_blocking: "),
            ("[shutdown]\ngrace = 'long'", "shutdown.grace: "),
            ("[databases.portcullis]\nmax_connections = 'x'", "databases.portcullis.max_connec"),
        ] {
            let reported = reported(toml);
            assert!(reported.len() == 1 && reported[0].starts_with(key), "{toml}: {reported:?}");
        }
    }

    #[test]
    fn a_key_of_tls_that_nothing_reads_is_a_problem() {
        let tls = "[tls]\ncerts = 'c.pem'\nkey = 'k.pem'\nciphers = []";
        assert!(reported(tls).is_empty(), "{:?}", reported(tls));
        let mutual = reported(&format!("{tls}\n[tls.mutual]\nca_certs = 'ca.pem'"));
        assert!(mutual.len() == 1 && mutual[0].starts_with("tls.mutual: unknown"), "{mutual:?}");
    }

    fn nested(toml: &str, profile: &str) -> Figment {
        Figment::from(rocket::Config::default())
            .merge(Toml::string(toml).nested())
            .select(Profile::new(profile))
    }

    #[test]
    fn misspelt_tables_and_keys_get_a_suggestion() {
        for (toml, name) in [
            (
                "[defualt.portcullis]\nregistration = 'closed'",
                "[defualt]: unknown profile, did you mean [default]?",
            ),
            ("[relaese]\nport = 1", "[relaese]: unknown profile, did you mean [release]?"),
            ("[default]\nprot = 1", "prot: unknown key, did you mean port?"),
            ("[production]\nadress = '::'", "adress: unknown key, did you mean address?"),
            ("[global.portculis]\nx = 1", "portculis: unknown key, did you mean portcullis?"),
            ("[default]\nnonsense = 1", "nonsense: unknown key"),
        ] {
            let profile = if toml.starts_with("[production]") { "production" } else { "debug" };
            let reported: Vec<_> =
                problems(&nested(toml, profile)).iter().map(ToString::to_string).collect();
            assert_eq!(reported, [name], "{toml}");
        }
        let reported = problems(&nested("[default]\nport = 1", "staging"));
        assert_eq!(
            reported[0].to_string(),
            "ROCKET_PROFILE: there is no table [staging] in the file"
        );
    }

    #[test]
    fn an_unselected_profile_is_only_a_warning() {
        let figment =
            nested("[default]\nport = 1\n[production]\nnonsense = 1\n[release]\nport = 2", "debug");
        assert_eq!(problems(&figment), []);
        let reported: Vec<_> = warnings(&figment).iter().map(ToString::to_string).collect();
        assert!(reported.len() == 1 && reported[0].starts_with("[production]: "), "{reported:?}");
    }

    #[test]
    fn a_file_that_cannot_be_parsed_is_not_quoted() {
        let reported = reported("[portcullis.jwt]\nsecret = 'hunter2").join("");
        assert!(reported.contains("TOML") && !reported.contains("hunter2"), "{reported}");
    }
}
