//! Maintenance of a cell, as its page shows it and asks for it.

use leptos::prelude::*;

use super::functions::{EndMaintenance, MaintenanceView, StartMaintenance};
use crate::staff::ActionForm;
use crate::ui::{Badge, Field, Icon, Select, Tone, icon};

/// How long it may be chosen to last: hours, and words.
const LENGTHS: [(&str, &str); 5] =
    [("1", "1 hour"), ("2", "2 hours"), ("4", "4 hours"), ("8", "8 hours"), ("24", "a day")];

/// What the member may do about it.
#[derive(Clone, Copy)]
pub struct MaintenanceActions {
    /// Begin it.
    pub start: ServerAction<StartMaintenance>,
    /// End it, or take it back.
    pub end: ServerAction<EndMaintenance>,
}

/// That somebody works on the cell, or is going to.
pub fn maintenance_badge(maintenance: &MaintenanceView) -> AnyView {
    let tone = if maintenance.runs { Tone::Work } else { Tone::Neutral };
    view! { <Badge tone=tone symbol=Icon::Wrench label=maintenance.words.clone()/> }.into_any()
}

/// What goes on or is planned, and what can be done about it.
pub fn maintenance_panel(
    id: String,
    maintenance: Option<MaintenanceView>,
    actions: Option<MaintenanceActions>,
) -> Option<AnyView> {
    let Some(known) = maintenance else { return actions.map(|actions| start_form(id, actions.start)) };
    let label = if known.runs { "End maintenance" } else { "Take back" };
    let end = actions.map(|actions| {
        view! {
            <ActionForm action=actions.end>
                <input type="hidden" name="id" value=id/>
                <button class="btn btn-sm" type="submit">{icon(Icon::Check)} {label}</button>
            </ActionForm>
        }
    });
    let panel = view! {
        <section class="panel row wrap">
            {maintenance_badge(&known)}
            <span class="muted small">"No alert opens meanwhile; those that are open stay."</span>
            {known.reason.map(|reason| view! { <span class="small">{reason}</span> })}
            {end}
        </section>
    };
    Some(panel.into_any())
}

fn start_form(id: String, action: ServerAction<StartMaintenance>) -> AnyView {
    let options = LENGTHS.into_iter().map(|(hours, words)| (hours.to_owned(), words.to_owned())).collect();
    view! {
        <details class="steps inline">
            <summary class="btn btn-sm">{icon(Icon::Wrench)} "Maintenance"</summary>
            <ActionForm action=action>
                <div class="stack tight">
                    <input type="hidden" name="id" value=id/>
                    <Select label="No alerts for" name="hours" options=options value="2"/>
                    <Field label="What is done" name="reason" maxlength=500u32 optional_word="optional"/>
                    <div><button class="btn btn-primary btn-sm" type="submit">"Start maintenance"</button></div>
                </div>
            </ActionForm>
        </details>
    }
    .into_any()
}
