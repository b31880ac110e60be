//! Buttons.

use leptos::prelude::*;

/// How much a button asks for attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ButtonKind {
    /// The thing to do on this page; one per form.
    #[default]
    Primary,
    /// Any other action.
    Plain,
    /// An action among text.
    Quiet,
    /// An action that takes something away.
    Danger,
}

impl ButtonKind {
    const fn class(self) -> &'static str {
        match self {
            Self::Primary => "btn btn-primary",
            Self::Plain => "btn",
            Self::Quiet => "btn btn-ghost",
            Self::Danger => "btn btn-error",
        }
    }
}

/// A button that submits its form.
#[component]
pub fn Button(
    /// How loud it is.
    #[prop(optional)]
    kind: ButtonKind,
    /// The name of the value that it sends.
    #[prop(optional, into)]
    name: Option<&'static str>,
    /// The value that it sends.
    #[prop(optional, into)]
    value: Option<String>,
    /// The page that the form is sent to by a browser without script, in place of its function.
    #[prop(optional, into)]
    formaction: Option<&'static str>,
    /// While true it shows that work goes on and does nothing.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// What it says.
    children: Children,
) -> impl IntoView {
    view! {
        <button type="submit" class=kind.class() name=name value=value formaction=formaction aria-busy=move || busy.get().then_some("true")
            disabled=move || busy.get()>
            {children()}
        </button>
    }
}
