//! Form fields: the label above, help and errors beside, tied together for screen readers.

use leptos::prelude::*;

use super::badge::Tone;
use super::icon::{Icon, icon};

/// The ids of what describes a field: its hint, and its error while there is one.
pub(super) fn described_by(
    name: &str,
    has_hint: bool,
    error: MaybeProp<String>,
) -> impl Fn() -> Option<String> + use<> {
    let hint = has_hint.then(|| format!("f-{name}-hint"));
    let id = format!("f-{name}-error");
    move || {
        let error = error.get().map(|_| id.clone());
        match (hint.clone(), error) {
            (Some(hint), Some(error)) => Some(format!("{hint} {error}")),
            (hint, error) => error.or(hint),
        }
    }
}

/// What surrounds every field: label, hint and error.
#[component]
pub fn FieldFrame(
    /// What is asked for.
    #[prop(into)]
    label: String,
    /// What the ids of the parts are made of: `f-` and this.
    #[prop(into)]
    name: String,
    /// A word of help.
    #[prop(optional_no_strip, into)]
    hint: Option<String>,
    /// Why the value was refused.
    #[prop(optional, into)]
    error: MaybeProp<String>,
    /// The word that marks a field which may stay empty.
    #[prop(optional_no_strip, into)]
    optional_word: Option<String>,
    /// The field itself.
    children: Children,
) -> impl IntoView {
    let error_id = format!("f-{name}-error");
    let hint_id = format!("f-{name}-hint");
    view! {
        <div class="field">
            <label for=format!("f-{name}")>
                {label} {optional_word.map(|word| view! { <span class="optional">" · " {word}</span> })}
            </label>
            {children()}
            {hint.map(|hint| view! { <span class="hint" id=hint_id>{hint}</span> })}
            {move || {
                error
                    .get()
                    .map(|message| {
                        view! {
                            <span class="error" id=error_id.clone()>
                                {icon(Icon::Warning)} <span>{message}</span>
                            </span>
                        }
                    })
            }}
        </div>
    }
}

/// A field of one line.
#[component]
pub fn Field(
    /// What is asked for.
    #[prop(into)]
    label: String,
    /// The name that the value is sent under.
    #[prop(into)]
    name: String,
    /// The type of the input: `text`, `email`, `tel`, `date`, …
    #[prop(default = "text")]
    kind: &'static str,
    /// What stands in it at first.
    #[prop(optional, into)]
    value: String,
    /// Whether it must be filled in.
    #[prop(optional)]
    required: bool,
    /// A word of help.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Why the value was refused.
    #[prop(optional, into)]
    error: MaybeProp<String>,
    /// The word that marks a field which may stay empty.
    #[prop(optional, into)]
    optional_word: Option<String>,
    /// What the browser may fill in: `name`, `tel`, …
    #[prop(optional, into)]
    autocomplete: Option<&'static str>,
    /// Which keyboard a phone shows.
    #[prop(optional, into)]
    inputmode: Option<&'static str>,
    /// How a phone's keyboard capitalises.
    #[prop(optional, into)]
    autocapitalize: Option<&'static str>,
    /// The most characters that can be typed.
    #[prop(optional, into)]
    maxlength: Option<u32>,
    /// The least value, for dates and numbers.
    #[prop(optional, into)]
    min: Option<String>,
    /// The greatest value, for dates and numbers.
    #[prop(optional, into)]
    max: Option<String>,
    /// An example that shows the form of the answer.
    #[prop(optional, into)]
    placeholder: Option<String>,
    /// The id of a list of what it may be.
    #[prop(optional, into)]
    list: Option<&'static str>,
    /// What its id is made of, where several forms on a page have a field of this name.
    #[prop(optional, into)]
    id: Option<String>,
) -> impl IntoView {
    let key = id.unwrap_or_else(|| name.clone());
    let id = format!("f-{key}");
    let described = described_by(&key, hint.is_some(), error);
    view! {
        <FieldFrame label=label name=key hint=hint error=error optional_word=optional_word>
            <input class="input" id=id name=name type=kind value=value required=required autocomplete=autocomplete
                inputmode=inputmode autocapitalize=autocapitalize maxlength=maxlength min=min max=max
                placeholder=placeholder list=list aria-describedby=described aria-invalid=move || error.get().map(|_| "true")/>
        </FieldFrame>
    }
}

/// A choice of one among a few.
#[component]
pub fn Select(
    /// What is asked for.
    #[prop(into)]
    label: String,
    /// The name that the value is sent under.
    #[prop(into)]
    name: String,
    /// The choices: value and words.
    options: Vec<(String, String)>,
    /// The value chosen at first.
    #[prop(optional, into)]
    value: String,
    /// A word of help.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Why the value was refused.
    #[prop(optional, into)]
    error: MaybeProp<String>,
    /// The word that marks a field which may stay empty.
    #[prop(optional, into)]
    optional_word: Option<String>,
    /// What its id is made of, where several forms on a page have a choice of this name.
    #[prop(optional, into)]
    id: Option<String>,
) -> impl IntoView {
    let key = id.unwrap_or_else(|| name.clone());
    let id = format!("f-{key}");
    let described = described_by(&key, hint.is_some(), error);
    let options: Vec<_> = options
        .into_iter()
        .map(|(option, words)| {
            let selected = option == value;
            view! { <option value=option selected=selected>{words}</option> }
        })
        .collect();
    view! {
        <FieldFrame label=label name=key hint=hint error=error optional_word=optional_word>
            <select class="select" id=id name=name aria-describedby=described
                aria-invalid=move || error.get().map(|_| "true")>
                {options}
            </select>
        </FieldFrame>
    }
}

/// A message about the whole page or form.
#[component]
pub fn Alert(
    /// What kind of message it is.
    tone: Tone,
    /// The sentence in front.
    #[prop(into)]
    title: String,
    /// What more there is to say.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let (role, symbol) = match tone {
        Tone::Danger => ("alert", Icon::Warning),
        Tone::Warning => ("status", Icon::Warning),
        Tone::Success => ("status", Icon::Check),
        _ => ("status", Icon::Message),
    };
    view! {
        <div class=format!("alert {}", tone.class()) role=role tabindex="-1">
            {icon(symbol)}
            <div>
                <strong>{title}</strong>
                {children.map(|children| children())}
            </div>
        </div>
    }
}
