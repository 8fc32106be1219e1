//! Templates and texts. Both are in the binary; a folder of the operator's wins over the templates.
use crate::config::Language;
use fluent_templates::{
    FluentLoader, LanguageIdentifier, Loader, fluent_bundle::FluentValue, langid, static_loader,
};
use include_dir::{Dir, include_dir};
use serde::Serialize;
use std::{borrow::Cow, collections::HashMap, fs, io, path::Path, sync::Arc};
use tera::{Context, Tera};

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

static_loader! {
    static LOCALES = {
        locales: "locales",
        fallback_language: "en",
        // Without marks around arguments: they would end up in links and subjects.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("template: {0}")]
    Template(#[from] tera::Error),
    #[error("the templates folder cannot be read: {0}")]
    Folder(#[from] io::Error),
}

/// What a page shows: a struct for each template.
pub trait View: Serialize {
    /// The name of the template, such as `pages/login.html`.
    const TEMPLATE: &'static str;
}

#[derive(Clone)]
pub struct Templates(Arc<Tera>);

impl Templates {
    /// Reads the templates, those in `folder` in the place of ours.
    ///
    /// # Errors
    /// Names the file and line of what is broken.
    pub fn load(folder: Option<&Path>) -> Result<Self, Error> {
        let mut all = HashMap::new();
        collect(&TEMPLATES, &mut all);
        if let Some(folder) = folder {
            for name in all.keys().cloned().collect::<Vec<_>>() {
                match fs::read_to_string(folder.join(&name)) {
                    Ok(text) => drop(all.insert(name, text)),
                    Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                    Err(e) => return Err(e.into()),
                }
            }
        }
        let mut tera = Tera::default();
        tera.register_function("t", FluentLoader::new(&*LOCALES));
        tera.add_raw_templates(all)?;
        Ok(Self(Arc::new(tera)))
    }

    /// The page of `view`. Templates find the language as `lang`, for `t(key=…, lang=lang)`.
    pub fn render<V: View>(&self, lang: Language, view: &V) -> Result<String, Error> {
        let mut context = Context::from_serialize(view)?;
        context.insert("lang", lang.tag());
        Ok(self.0.render(V::TEMPLATE, &context)?)
    }

    /// Subject, text and HTML of a mail.
    pub fn letter(
        &self,
        lang: Language,
        kind: &str,
        args: &serde_json::Value,
    ) -> Result<(String, String, String), Error> {
        let mut context = Context::from_serialize(args)?;
        context.insert("lang", lang.tag());
        context.insert("kind", &kind.replace('_', "-"));
        let subject = self.0.render("mail/subject.txt", &context)?;
        let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = self.0.render("mail/mail.txt", &context)?;
        let html = self.0.render("mail/mail.html", &context)?;
        Ok((subject, text, html))
    }
}

fn collect(dir: &Dir<'_>, all: &mut HashMap<String, String>) {
    for file in dir.files() {
        if let (Some(name), Some(text)) = (file.path().to_str(), file.contents_utf8()) {
            all.insert(name.replace('\\', "/"), text.to_owned());
        }
    }
    dir.dirs().for_each(|dir| collect(dir, all));
}

/// The text `key` in a language; a key that is missing is shown as it is.
pub fn text(lang: Language, key: &str, args: &[(&'static str, FluentValue<'static>)]) -> String {
    let args = args.iter().map(|(name, v)| (Cow::Borrowed(*name), v.clone())).collect();
    LOCALES.try_lookup_with_args(&id(lang), key, &args).unwrap_or_else(|| key.to_owned())
}

const fn id(lang: Language) -> LanguageIdentifier {
    match lang {
        Language::En => langid!("en"),
        Language::Ru => langid!("ru"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeSet;

    const KINDS: [&str; 8] = [
        "confirm_email",
        "reset_password",
        "change_email",
        "email_changed",
        "password_changed",
        "account_exists",
        "account_deleted",
        "test",
    ];

    fn keys(lang: &str) -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales").join(lang);
        let mut keys = BTreeSet::new();
        for file in fs::read_dir(folder).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            let name = |l: &str| Some(l.split_once(" =")?.0.to_owned());
            keys.extend(
                text.lines()
                    .filter(|l| l.starts_with(|c: char| c.is_ascii_lowercase()))
                    .filter_map(name),
            );
        }
        keys
    }

    #[test]
    fn both_languages_have_the_same_keys() {
        assert_eq!(keys("en"), keys("ru"));
    }

    #[test]
    fn every_key_that_a_template_names_is_there() {
        let mut all = HashMap::new();
        collect(&TEMPLATES, &mut all);
        let known = keys("en");
        for (name, text) in &all {
            for part in text.split("t(key=\"").skip(1) {
                let (key, rest) = part.split_once('"').unwrap();
                if !rest.starts_with(" ~") {
                    assert!(known.contains(key), "{name}: {key}");
                }
            }
        }
    }

    #[test]
    fn no_template_has_a_sentence_of_its_own() {
        let mut all = HashMap::new();
        collect(&TEMPLATES, &mut all);
        for (name, text) in all.iter().filter(|(name, _)| !name.ends_with(".css")) {
            let mut bare = String::new();
            let mut rest = text.as_str();
            while let Some(c) = rest.chars().next() {
                let until = match &rest[..rest.len().min(2)] {
                    "{{" => "}}",
                    "{%" => "%}",
                    "{#" => "#}",
                    two if two.starts_with('<') => ">",
                    _ => {
                        bare.push(c);
                        rest = &rest[c.len_utf8()..];
                        continue;
                    }
                };
                rest = rest.split_once(until).map_or("", |(_, after)| after);
            }
            assert!(!bare.contains(char::is_alphabetic), "{name}: {}", bare.trim());
        }
    }

    #[test]
    fn every_mail_is_written_in_both_languages_and_escaped() {
        let templates = Templates::load(None).unwrap();
        let mut args = json!({
            "name": "<b>Ann</b>", "email": "ann@example.com", "new_email": "new@example.com",
            "link": "http://localhost/x?token=1&y=2", "site": "localhost", "home": "http://localhost/",
            "hours": 72, "days": 3,
        });
        for lang in Language::ALL {
            for kind in KINDS {
                args["link"] = json!("http://localhost/x?token=1&y=2");
                if !["confirm_email", "reset_password", "change_email"].contains(&kind) {
                    args.as_object_mut().unwrap().remove("link");
                }
                let (subject, text, html) = templates.letter(lang, kind, &args).unwrap();
                for part in [&subject, &text, &html] {
                    assert!(!part.contains("mail-") && !part.contains("Unknown"), "{kind}: {part}");
                }
                assert!(!html.contains("<b>Ann") && !subject.contains('\n'));
                assert!(text.contains("<b>Ann</b>"), "{text}");
            }
        }
    }

    #[test]
    fn a_folder_wins_and_what_is_broken_in_it_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("mail")).unwrap();
        let file = folder.path().join("mail/subject.txt");
        fs::write(&file, "mine").unwrap();
        let templates = Templates::load(Some(folder.path())).unwrap();
        assert_eq!(
            templates
                .letter(
                    Language::En,
                    "test",
                    &json!({"name": "", "site": "s", "email": "e", "home": "h"})
                )
                .unwrap()
                .0,
            "mine"
        );
        fs::write(&file, "\n{{ broken").unwrap();
        let error = Templates::load(Some(folder.path())).err().unwrap().to_string();
        assert!(error.contains("mail/subject.txt") && error.contains('2'), "{error}");
    }
}
