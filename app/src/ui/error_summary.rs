//! What stands above a form that was refused: which fields, and the way to each.

use leptos::{html, prelude::*};

use super::badge::Tone;
use super::icon::{Icon, icon};

/// One refused field: its label, why it was refused, and the id of the element that its link leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedField {
    /// What the field is called on the page.
    pub label: String,
    /// The sentence that also stands beside the field.
    pub message: String,
    /// The element's id.
    pub id: String,
}

/// The summary of a refused form. It takes the focus when it appears, so that nobody has to look for what happened.
#[component]
pub fn ErrorSummary(
    /// The fields, in the order of the page.
    fields: Vec<RefusedField>,
) -> impl IntoView {
    let here = NodeRef::<html::Div>::new();
    here.on_load(|summary| {
        // A page that has no focus to give still shows the summary.
        let _ = summary.focus();
    });
    let title = match fields.len() {
        1 => "One field needs another look.".to_owned(),
        count => format!("{count} fields need another look."),
    };
    let links = fields
        .into_iter()
        .map(|RefusedField { label, message, id }| {
            view! { <li><a class="link" rel="external" href=format!("#{id}")>{label}</a> ": " {message}</li> }
        })
        .collect_view();
    view! {
        <div class=format!("alert {}", Tone::Danger.class()) role="alert" tabindex="-1" node_ref=here>
            {icon(Icon::Warning)}
            <div><strong>{title}</strong> <ul>{links}</ul></div>
        </div>
    }
}
