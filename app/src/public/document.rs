//! The document that every public page is in.

use leptos::prelude::*;
use officina::identity::Organisation;

use super::language::{Argument, Language};
use super::reach::footer;
use crate::accent::accent_style;
use crate::passkey::script;
use crate::shell::assets;
use crate::ui::{escape, mark};

/// Who is looking at which organisation's page, and how.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The organisation whose page it is.
    pub organisation: Organisation,
    /// The visitor's language.
    pub language: Language,
    /// What public addresses start with: empty for the default organisation, else `/o/{slug}`.
    pub base: String,
    /// The address of this page for the language switch: path and query without `lang`.
    pub here: String,
    /// The nonce that the Content-Security-Policy of this answer allows styles with, and scripts where there is one.
    pub nonce: Option<String>,
}

impl Visit {
    /// The text of a key in the visitor's language.
    #[must_use]
    pub fn text(&self, key: &str) -> String {
        self.language.text(key)
    }

    /// The text of a key with its arguments.
    #[must_use]
    pub fn text_with(&self, key: &str, arguments: &[(&str, Argument<'_>)]) -> String {
        self.language.text_with(key, arguments)
    }

    /// The address of a public page of the organisation.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The address of the organisation's first page.
    #[must_use]
    pub fn start(&self) -> String {
        if self.base.is_empty() { "/".to_owned() } else { self.base.clone() }
    }

    /// The address of this page in another language.
    fn here_in(&self, language: Language) -> String {
        let joint = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{joint}lang={}", self.here, language.code())
    }
}

/// What a document needs beside its content.
#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    /// The title, before the organisation's name.
    pub title: String,
    /// Whether search engines may list the page.
    pub indexed: bool,
    /// What the page is for, in a sentence, for those who find it by a search.
    pub description: Option<String>,
    /// The name that passkeys are bound to, on a page with forms that they answer.
    pub passkeys: Option<String>,
}

/// Renders a whole public document. The head is written as text: Leptos would leave its marks for hydration in the
/// title, where they would show. In the body the marks are taken out; nothing hydrates a public page.
pub(super) fn document<V: IntoView + 'static>(visit: &Visit, head: Head, content: impl FnOnce() -> V) -> String {
    let body = Owner::new().with(|| body(visit, content()).to_html()).replace("<!>", "");
    let language = visit.language.code();
    let title = escape(&format!("{} · {}", head.title, visit.organisation.name));
    let css = escape(&assets().css);
    let nonce = visit.nonce.as_deref().map(|nonce| format!(" nonce=\"{}\"", escape(nonce))).unwrap_or_default();
    let accent = accent_style(&visit.organisation.accent);
    let script = head.passkeys.map(|host| format!("<script{nonce}>{}</script>", script(&host))).unwrap_or_default();
    let description = head.description.map(|text| format!("<meta name=\"description\" content=\"{}\">", escape(&text)));
    let description = description.unwrap_or_default();
    let manifest = escape(&visit.link("/manifest.webmanifest"));
    let robots = if head.indexed { "" } else { "<meta name=\"robots\" content=\"noindex\">" };
    format!(
        "<!DOCTYPE html><html lang=\"{language}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title>{description}{robots}\
         <link rel=\"manifest\" href=\"{manifest}\">\
         <link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\"><link rel=\"stylesheet\" href=\"{css}\"><style{nonce}>:root{{{accent}}}</style>{script}</head>{body}</html>"
    )
}

fn body(visit: &Visit, content: impl IntoView + 'static) -> impl IntoView + 'static {
    let organisation = visit.organisation.name.clone();
    let other = visit.language.other();
    let powered = visit.text_with("powered", &[("organisation", Argument::Text(&organisation))]);
    let reach = footer(visit);
    let mark = mark(&organisation, visit.organisation.logo_address());
    view! {
        <body class="public">
            <a class="skip" href="#content">{visit.text("skip-to-content")}</a>
            <header>
                <div>
                    <span class="mark">{mark} <span class="clip">{organisation}</span></span>
                    <a class="btn btn-ghost" href=visit.here_in(other) hreflang=other.code() lang=other.code()>
                        {visit.text("language-other")}
                    </a>
                </div>
            </header>
            <main id="content" class="stack">{content}</main>
            <footer>{reach} <p>{powered}</p></footer>
        </body>
    }
}
