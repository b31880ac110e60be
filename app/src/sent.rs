//! Forms that are sent to the page they stand on. The page says what came of it: something that is shown this once and may
//! go through no address, or why it was refused, with what was typed. They need no script at all, which suits pages that are
//! seldom used.

use leptos::html::Input;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::PageError;
use crate::staff::{person, refused};
use crate::ui::{Alert, FieldFrame, Tone};

/// The name of the field that says which function a form is for.
pub const FUNCTION: &str = "function";

/// What a form made, with words around it that the server chose: perhaps something that can be seen nowhere else.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fresh {
    /// What was done.
    pub title: String,
    /// What to do now.
    pub text: String,
    /// What the values are.
    pub label: String,
    /// A word of help about them.
    pub hint: Option<String>,
    /// What is shown this once: nothing, a key or link, or several codes.
    pub values: Vec<String>,
    /// A line for a terminal that tries it, with what is shown this once in it, and what it does.
    pub command: Option<(String, String)>,
    /// The same for many things: a table, which can also be kept as a file.
    pub sheet: Option<Sheet>,
    /// Whether the value is shown as a picture, too, that a phone reads.
    pub has_qr: bool,
    /// That picture, as an address that holds all of it. It is made where it is shown.
    pub qr: Option<String>,
}

impl Fresh {
    /// Whether something in it is nowhere else. The page shows that for some minutes to whoever loads it anew; words alone
    /// are said once.
    #[must_use]
    pub fn holds_secret(&self) -> bool {
        !self.values.is_empty() || self.command.is_some() || self.sheet.is_some()
    }
}

/// A table that is shown this once.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// What it holds.
    pub caption: String,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
    /// The name of the file.
    pub file: String,
    /// The file itself, as an address that holds all of it.
    pub href: String,
}

impl std::fmt::Debug for Fresh {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fresh").field("title", &self.title).finish_non_exhaustive()
    }
}

/// What came of a form that was sent to its page. Of a page that was only looked at, nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// What is shown this once.
    pub fresh: Option<Fresh>,
    /// Why it was refused.
    pub refused: Option<PageError>,
    /// What was typed into a form that was refused, by the names of its fields.
    pub typed: Vec<(String, String)>,
}

impl Answered {
    /// What was typed into a field.
    #[must_use]
    pub fn value(&self, field: &str) -> Option<String> {
        self.typed.iter().find(|(name, _)| name == field).map(|(_, value)| value.clone())
    }

    /// Why a field was refused.
    #[must_use]
    pub fn error(&self, field: &str) -> Option<String> {
        self.refused.as_ref().and_then(|error| error.field(field))
    }

    /// What stands above the form: why it was refused, or what is shown this once.
    #[must_use]
    pub fn above(&self) -> AnyView {
        match (&self.refused, &self.fresh) {
            (Some(error), _) => refused(error),
            (None, Some(fresh)) => shown(fresh.clone()),
            (None, None) => ().into_any(),
        }
    }
}

/// Says which function the form around it is for, and in whose name it is sent.
#[must_use]
pub fn calls(function: &'static str) -> AnyView {
    view! { <input type="hidden" name=FUNCTION value=function/> {person::field()} }.into_any()
}

fn shown(fresh: Fresh) -> AnyView {
    let sheet = fresh.sheet.map(table);
    let qr = fresh.qr.map(|picture| {
        view! { <img class="qr" src=picture width="180" height="180" alt="QR code of the key, for a phone that sets up the device"/> }
    });
    let command =
        fresh.command.map(|(line, does)| copied("Try it from a terminal", "fresh-command", line, Some(does), false));
    let mut values = fresh.values.into_iter();
    let content = match (values.next(), values.len()) {
        (None, _) => ().into_any(),
        // It has the focus, because it may stand far above the form that asked for it.
        (Some(value), 0) => copied(fresh.label, "fresh", value, fresh.hint, true),
        (Some(first), _) => {
            let items: Vec<_> = std::iter::once(first).chain(values).map(|value| view! { <li>{value}</li> }).collect();
            view! { <ul class="codes mono" aria-label=fresh.label>{items}</ul> }.into_any()
        }
    };
    view! {
        <Alert tone=Tone::Success title=fresh.title>
            <div class="stack tight"><p>{fresh.text}</p> {content} {qr} {command} {sheet}</div>
        </Alert>
    }
    .into_any()
}

/// A table with a way to keep it. On a phone each row is a card, as in a list.
fn table(sheet: Sheet) -> AnyView {
    let lines = std::iter::once(&sheet.columns).chain(&sheet.rows).map(|line| line.join("\t"));
    let copy = copy_text_button("Copy all", lines.collect::<Vec<_>>().join("\n"));
    let row = |row: Vec<String>| {
        let cells = sheet.columns.iter().cloned().zip(row).enumerate().map(|(index, (name, cell))| {
            let class = (index == 0).then_some("head");
            view! { <td class=class data-label=name>{cell}</td> }
        });
        let cells: Vec<_> = cells.collect();
        view! { <tr>{cells}</tr> }
    };
    let rows: Vec<_> = sheet.rows.into_iter().map(row).collect();
    let head: Vec<_> = sheet.columns.iter().cloned().map(|name| view! { <th scope="col">{name}</th> }).collect();
    view! {
        <p class="row wrap"><a class="btn" download=sheet.file href=sheet.href>"Keep as a file"</a> {copy}</p>
        <div class="scroll" role="group" tabindex="0" aria-label=sheet.caption>
            <table class="grid-table mono"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>
        </div>
    }
    .into_any()
}

/// A field to copy from. The first of a page may have the focus.
pub(crate) fn copied(
    label: impl Into<String>,
    name: &'static str,
    value: String,
    hint: Option<String>,
    is_first: bool,
) -> AnyView {
    let label = label.into();
    let field = NodeRef::<Input>::new();
    let select = move |_| {
        if let Some(field) = field.get_untracked() {
            field.select();
        }
    };
    let described = hint.is_some().then(|| format!("f-{name}-hint"));
    view! {
        <FieldFrame label=label name=name hint=hint>
            <div class="row">
                <input class="input mono grow" id=format!("f-{name}") type="text" readonly=true autofocus=is_first value=value
                    autocomplete="off" spellcheck="false" aria-describedby=described node_ref=field on:focus=select/>
                {copy_button(field)}
            </div>
        </FieldFrame>
    }
    .into_any()
}

/// Copies what a field holds. Without script there is no such button: the field is marked, and the browser copies.
fn copy_button(field: NodeRef<Input>) -> AnyView {
    button_that_copies("Copy", move || copy_from(field))
}

/// Copies a text that is too long for a field.
pub(crate) fn copy_text_button(words: &'static str, text: String) -> AnyView {
    button_that_copies(words, move || copy_text(&text))
}

fn button_that_copies(words: &'static str, copy: impl Fn() -> bool + 'static) -> AnyView {
    let (is_ready, is_copied) = (RwSignal::new(false), RwSignal::new(false));
    Effect::new(move |_| is_ready.set(true));
    let copy = move |_| is_copied.set(copy());
    let words = move || if is_copied.get() { "Copied" } else { words };
    view! { <button class="btn" type="button" hidden=move || !is_ready.get() on:click=copy>{words}</button> }.into_any()
}

/// Copies what stands in a field, and tells whether the browser has. Not by the clipboard that pages may write to: that one is
/// there for encrypted addresses only, and many an installation stands in a plain network.
#[cfg(feature = "hydrate")]
fn copy_from(field: NodeRef<Input>) -> bool {
    let Some(field) = field.get_untracked() else { return false };
    field.select();
    copy_selected()
}

#[cfg(feature = "hydrate")]
fn copy_selected() -> bool {
    use wasm_bindgen::JsCast;

    let page = document().dyn_into::<web_sys::HtmlDocument>();
    page.is_ok_and(|page| page.exec_command("copy").unwrap_or(false))
}

/// Copies a text, by way of a field that is there for as long as that takes.
#[cfg(feature = "hydrate")]
fn copy_text(text: &str) -> bool {
    use wasm_bindgen::JsCast;

    let Ok(area) = document().create_element("textarea") else { return false };
    let (Ok(area), Some(body)) = (area.dyn_into::<web_sys::HtmlTextAreaElement>(), document().body()) else {
        return false;
    };
    let before = document().active_element();
    area.set_value(text);
    // A page without room for it copies nothing.
    let _ = body.append_child(&area);
    area.select();
    let is_copied = copy_selected();
    area.remove();
    if let Some(before) = before.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        // What cannot be focused is not there any more.
        let _ = before.focus();
    }
    is_copied
}

#[cfg(not(feature = "hydrate"))]
const fn copy_from(_: NodeRef<Input>) -> bool {
    false
}

#[cfg(not(feature = "hydrate"))]
const fn copy_text(_: &str) -> bool {
    false
}

#[cfg(feature = "ssr")]
pub use server::Sent;

#[cfg(feature = "ssr")]
mod server {
    use leptos::prelude::use_context;
    use officina::identity::SentLink;

    use super::{Answered, Fresh};
    use crate::error::PageError;
    use crate::moment::Calendar;

    /// The form that a page was asked with, and what its function answered. The server provides it for that one request.
    #[derive(Clone)]
    pub struct Sent {
        /// The function's name.
        pub function: String,
        /// What was typed.
        pub fields: Vec<(String, String)>,
        /// What the function answered.
        pub answer: Result<Fresh, PageError>,
    }

    impl std::fmt::Debug for Sent {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct("Sent").field("function", &self.function).finish_non_exhaustive()
        }
    }

    impl Answered {
        /// What came of the form that this page was asked with, if it is one of the page's own. A form that was refused
        /// gets back what was typed into the fields named here: passwords and codes are typed again.
        #[must_use]
        pub fn here(functions: &[&str], kept: &[&str]) -> Self {
            Self::keeping(functions, |name| kept.contains(&name))
        }

        /// The same for forms that hold no secrets and have too many fields to name: all of them are kept.
        #[must_use]
        pub fn in_full(functions: &[&str]) -> Self {
            Self::keeping(functions, |_| true)
        }

        fn keeping(functions: &[&str], is_kept: impl Fn(&str) -> bool) -> Self {
            let Some(sent) = use_context::<Sent>().filter(|sent| functions.contains(&sent.function.as_str())) else {
                return Self::default();
            };
            match sent.answer {
                Ok(mut fresh) => {
                    let value = fresh.values.first().filter(|_| fresh.has_qr);
                    let picture = value.and_then(|value| officina::kernel::qr::svg(value).ok());
                    fresh.qr = picture.map(|svg| format!("data:image/svg+xml,{}", crate::ui::encoded(&svg)));
                    Self { fresh: Some(fresh), ..Self::default() }
                }
                Err(error) => {
                    let typed = sent.fields.into_iter().filter(|(name, _)| is_kept(name)).collect();
                    Self { fresh: None, refused: Some(error), typed }
                }
            }
        }
    }

    impl Fresh {
        /// A link for somebody: on its way by mail, or to be handed over.
        pub(crate) fn link(by_mail: &str, name: &str, sent: SentLink, calendar: Calendar) -> Self {
            let until = calendar.moment(sent.expires_at).exact;
            match sent.link {
                None => Self {
                    title: by_mail.to_owned(),
                    text: format!("{name} gets a link by mail. It works once, until {until}."),
                    ..Self::default()
                },
                Some(link) => Self {
                    title: format!("The link for {name}"),
                    text: format!(
                        "No mail can carry it, so hand it over yourself. It is shown this once, to you alone and for \
                         ten minutes, and works once, until {until}."
                    ),
                    label: "Link".to_owned(),
                    values: vec![link],
                    ..Self::default()
                },
            }
        }
    }
}
