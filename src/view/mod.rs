//! Templates and texts. Both are in the binary. Files in the operator's folder replace templates.
mod assets;
mod browser;
mod duration;
mod overrides;
mod relative_time;
mod theme;

pub use assets::Asset;
pub use browser::browser;
pub use duration::duration;
pub use relative_time::Moment;

use crate::config::{Brand, Language};
use assets::Assets;
use fluent_templates::{
    FluentLoader, LanguageIdentifier, Loader, fluent_bundle::FluentValue, langid, static_loader,
};
use include_dir::{Dir, include_dir};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use std::{borrow::Cow, collections::HashMap, io, path::Path, sync::Arc};
use tera::{Context, Kwargs, State, Tera};
use theme::Look;

/// The folder of files that are not templates.
const STATIC: &str = "static/";

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

static_loader! {
    static LOCALES = {
        locales: "locales",
        fallback_language: "en",
        // No Unicode isolation marks around arguments: they would end up in links and subjects.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("template: {0}")]
    Template(#[from] tera::Error),
    #[error("the templates folder cannot be read: {0}")]
    Folder(#[from] io::Error),
    #[error("template: {0}")]
    Override(String),
    #[error("brand.logo: {0} should be an SVG, PNG, WebP or JPEG of at most 256 KiB")]
    Logo(String),
}

impl Error {
    /// The problems, one line each.
    pub fn lines(&self) -> Vec<String> {
        let all = self.to_string();
        let all = all.strip_prefix("template: ").unwrap_or(&all);
        // tera reports several errors in one text, each over several lines.
        let each = match self {
            Self::Template(_) => all.split("\n\nerror: ").collect(),
            Self::Override(_) => all.lines().collect(),
            Self::Folder(_) | Self::Logo(_) => vec![all],
        };
        let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        each.into_iter().map(line).collect()
    }
}

/// The variables of a page: one struct per template.
pub trait View: Serialize {
    /// The name of the template, such as `pages/login.html`.
    const TEMPLATE: &'static str;
    /// The path of the page itself, which may differ from the targets of its forms.
    const PATH: &'static str;
}

/// All templates, with the files at `/static/`.
#[derive(Clone)]
pub struct Templates(Arc<Inner>);

struct Inner {
    tera: Tera,
    assets: Assets,
}

impl Templates {
    /// Loads the templates, style and script. Files in `folder` replace the built-in ones.
    ///
    /// # Errors
    /// [`Error`] names the file and line of each problem.
    pub fn load(folder: Option<&Path>, brand: &Brand) -> Result<Self, Error> {
        let mut all = HashMap::new();
        collect(&TEMPLATES, &mut all);
        let Some(folder) = folder else { return Self::of(all, brand) };
        let theirs = overrides::read(folder, &all)?;
        let ours = Self::of(all.clone(), brand)?;
        all.extend(theirs.clone());
        let templates = Self::of(all, brand)?;
        overrides::check(&theirs, &templates.0.tera, &ours.0.tera)?;
        Ok(templates)
    }

    fn of(mut all: HashMap<String, String>, brand: &Brand) -> Result<Self, Error> {
        let files = all.extract_if(|name, _| name.starts_with(STATIC));
        let files = files.map(|(name, text)| (name.replacen(STATIC, "", 1), text)).collect();
        let assets = Assets::new(files, brand)?;
        let mut tera = Tera::default();
        tera.register_function("t", FluentLoader::new(&*LOCALES));
        tera.register_filter("urlencode", |text: &str, _: Kwargs, _: &State<'_>| {
            utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
        });
        tera.global_context().insert("brand", &Look::new(brand, assets.url("logo")));
        for (name, file) in
            [("style", "portcullis.css"), ("script", "portcullis.js"), ("icon", "icon.svg")]
        {
            tera.global_context().insert(name, &assets.url(file));
        }
        tera.add_raw_templates(all)?;
        Ok(Self(Arc::new(Inner { tera, assets })))
    }

    /// Renders the page of `view`. Templates also get the language as `lang`, for `t(key=…, lang=lang)`, and
    /// the variables in `frame`, which are the same for all pages.
    pub fn render<V: View>(
        &self,
        lang: Language,
        frame: &impl Serialize,
        view: &V,
    ) -> Result<String, Error> {
        let mut context = Context::from_serialize(frame)?;
        context.extend(Context::from_serialize(view)?);
        context.insert("lang", lang.tag());
        Ok(self.0.tera.render(V::TEMPLATE, &context)?)
    }

    /// The file at `/static/NAME`.
    pub fn asset(&self, name: &str) -> Option<&Asset> {
        self.0.assets.get(name)
    }

    /// Renders subject, text and HTML of a mail. `args`: `site`, `home` (a URL), `email`, `name` (may be
    /// empty), `new_email` for `email_changed` and `restore_email`, `device` and `time` for `new_device`, and
    /// `link` for a mail with a link. If the
    /// link expires, `minutes`, `hours` and `days` (its lifetime in whole units). If the mail has a
    /// code, `code`. The subject is one line.
    pub fn letter(
        &self,
        lang: Language,
        kind: &str,
        args: &serde_json::Value,
    ) -> Result<(String, String, String), Error> {
        let mut context = Context::from_serialize(args)?;
        context.insert("lang", lang.tag());
        context.insert("kind", &kind.replace('_', "-"));
        let name = args["name"].as_str().filter(|name| is_harmless(name)).unwrap_or_default();
        context.insert("name", name);
        let subject = self.0.tera.render("mail/subject.txt", &context)?;
        let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = self.0.tera.render("mail/mail.txt", &context)?;
        let html = self.0.tera.render("mail/mail.html", &context)?;
        Ok((subject, text, html))
    }
}

/// Whether a name may appear in a mail. Someone who registers another person's address chooses the name, and
/// mail programs turn anything that looks like a link into one.
fn is_harmless(name: &str) -> bool {
    let dot_inside = |word: &str| word.trim_end_matches('.').contains('.');
    name.chars().count() <= 64
        && !name.contains(['/', ':', '@', '\\'])
        && !name.contains(char::is_control)
        && !name.split_whitespace().any(dot_inside)
}

fn collect(dir: &Dir<'_>, all: &mut HashMap<String, String>) {
    for file in dir.files() {
        if let (Some(name), Some(text)) = (file.path().to_str(), file.contents_utf8()) {
            all.insert(name.replace('\\', "/"), text.to_owned());
        }
    }
    dir.dirs().for_each(|dir| collect(dir, all));
}

/// The arguments of a text, by name.
type Args<'a> = &'a [(&'static str, FluentValue<'static>)];

/// The text `key` in a language, or the key itself if it is missing.
pub fn text(lang: Language, key: &str, args: Args<'_>) -> String {
    find(lang, key, args).unwrap_or_else(|| key.to_owned())
}

/// The text `key` for a page: `page-KEY`, or `key` if there is no separate text for pages.
pub fn page_text(lang: Language, key: &str, args: Args<'_>) -> String {
    find(lang, &format!("page-{key}"), args).unwrap_or_else(|| text(lang, key, args))
}

fn find(lang: Language, key: &str, args: Args<'_>) -> Option<String> {
    let args = args.iter().map(|(name, v)| (Cow::Borrowed(*name), v.clone())).collect();
    LOCALES.try_lookup_with_args(&id(lang), key, &args)
}

const fn id(lang: Language) -> LanguageIdentifier {
    match lang {
        Language::En => langid!("en"),
        Language::Ru => langid!("ru"),
    }
}

#[cfg(test)]
mod tests;
