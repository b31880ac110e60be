//! The languages of the public pages, and their texts from the message files.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

/// A language of the public pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Italian.
    Italian,
    /// English.
    English,
}

static ITALIAN: LazyLock<FluentBundle<FluentResource>> =
    LazyLock::new(|| bundle("it", include_str!("../../locales/it.ftl")));
static ENGLISH: LazyLock<FluentBundle<FluentResource>> =
    LazyLock::new(|| bundle("en", include_str!("../../locales/en.ftl")));

impl Language {
    /// The language's code, as in `lang="it"`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Italian => "it",
            Self::English => "en",
        }
    }

    /// The language to switch to.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Italian => Self::English,
            Self::English => Self::Italian,
        }
    }

    /// The language of a code, if we have it.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code.get(..2)?.to_ascii_lowercase().as_str() {
            "it" => Some(Self::Italian),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// The visitor's language: what the address says, then what was chosen before, then the first known one that the
    /// browser prefers (RFC 9110, 12.5.4), then the organisation's.
    #[must_use]
    pub fn choose(asked: Option<&str>, chosen: Option<&str>, accepted: Option<&str>, organisation: &str) -> Self {
        asked
            .and_then(Self::from_code)
            .or_else(|| chosen.and_then(Self::from_code))
            .or_else(|| accepted.and_then(preferred))
            .or_else(|| Self::from_code(organisation))
            .unwrap_or(Self::English)
    }

    /// The text of a key.
    #[must_use]
    pub fn text(self, key: &str) -> String {
        self.format(key, None)
    }

    /// The text of a key with its arguments.
    #[must_use]
    pub fn text_with(self, key: &str, arguments: &[(&str, Argument<'_>)]) -> String {
        let mut args = FluentArgs::with_capacity(arguments.len());
        for (name, value) in arguments {
            match value {
                Argument::Text(text) => args.set(*name, *text),
                Argument::Number(number) => args.set(*name, *number),
            }
        }
        self.format(key, Some(&args))
    }

    /// Whether there is a text for a key.
    #[must_use]
    pub fn has(self, key: &str) -> bool {
        self.bundle().has_message(key)
    }

    fn bundle(self) -> &'static FluentBundle<FluentResource> {
        match self {
            Self::Italian => &ITALIAN,
            Self::English => &ENGLISH,
        }
    }

    /// A missing key shows as itself in brackets; the tests look for those.
    fn format(self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let bundle = self.bundle();
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            return format!("⟦{key}⟧");
        };
        bundle.format_pattern(pattern, args, &mut Vec::new()).into_owned()
    }
}

/// A value put into a text.
#[derive(Debug, Clone, Copy)]
pub enum Argument<'a> {
    /// A word.
    Text(&'a str),
    /// A number, which may decide between singular and plural.
    Number(i64),
}

/// The first language of ours in an `Accept-Language` header, by weight.
fn preferred(header: &str) -> Option<Language> {
    let mut best: Option<(f32, Language)> = None;
    for part in header.split(',').take(20) {
        let mut pieces = part.split(';');
        let Some(language) = pieces.next().and_then(|tag| Language::from_code(tag.trim())) else { continue };
        let weight = pieces
            .find_map(|piece| piece.trim().strip_prefix("q="))
            .map_or(1.0, |weight| weight.parse::<f32>().unwrap_or(0.0));
        if weight > 0.0 && best.is_none_or(|(heaviest, _)| weight > heaviest) {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

fn bundle(code: &str, source: &str) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(code.parse().into_iter().collect());
    // Marks around arguments are for mixed directions of writing, which these two languages do not have.
    bundle.set_use_isolating(false);
    let resource = match FluentResource::try_new(source.to_owned()) {
        Ok(resource) => resource,
        Err((resource, errors)) => {
            tracing::error!(?errors, "a message file does not parse");
            resource
        }
    };
    if let Err(errors) = bundle.add_resource(resource) {
        tracing::error!(?errors, "a message file names a key twice");
    }
    bundle
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The keys of a message file, which must parse without a fault.
    fn keys(source: &str) -> BTreeSet<&str> {
        assert!(FluentResource::try_new(source.to_owned()).is_ok());
        let is_key = |line: &&str| line.starts_with(|first: char| first.is_ascii_lowercase());
        source.lines().filter(is_key).filter_map(|line| line.split_once(" =")).map(|(key, _)| key).collect()
    }

    #[test]
    fn both_languages_have_the_same_texts() {
        let (italian, english) = (include_str!("../../locales/it.ftl"), include_str!("../../locales/en.ftl"));
        assert!(keys(english).len() > 100);
        assert_eq!(keys(italian), keys(english));
        for key in keys(english) {
            assert!(Language::Italian.has(key) && Language::English.has(key), "{key}");
        }
    }

    #[test]
    fn the_visitor_gets_the_language_that_fits_best() {
        let choose = Language::choose;
        assert_eq!(choose(Some("en"), Some("it"), Some("it"), "it"), Language::English);
        assert_eq!(choose(Some("xx"), Some("en"), Some("it"), "it"), Language::English);
        assert_eq!(choose(None, None, Some("de-CH,en;q=0.5,it-IT;q=0.8"), "en"), Language::Italian);
        assert_eq!(choose(None, None, Some("de, it;q=0"), "en"), Language::English);
        assert_eq!(choose(None, None, None, "it-IT"), Language::Italian);
        assert_eq!(choose(None, None, Some("é"), "?"), Language::English);
    }

    #[test]
    fn numbers_choose_singular_and_plural() {
        let fields = |count| Language::Italian.text_with("errors-title", &[("count", Argument::Number(count))]);
        assert_eq!(fields(1), "Un campo va ricontrollato.");
        assert_eq!(fields(3), "3 campi vanno ricontrollati.");
    }
}
