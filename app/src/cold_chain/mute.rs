//! Muted notices of a cell, as its page shows them and asks for it.

use leptos::prelude::*;

use super::functions::{MuteCell, SilenceRow, UnmuteCell};
use crate::staff::ActionForm;
use crate::ui::{Badge, Field, Icon, Select, icon};

/// How long it may be chosen to last: hours, and words.
const LENGTHS: [(&str, &str); 6] =
    [("1", "1 hour"), ("2", "2 hours"), ("4", "4 hours"), ("8", "8 hours"), ("24", "a day"), ("168", "a week")];

/// What the member may do about it.
#[derive(Clone, Copy)]
pub struct MuteActions {
    /// Mute notices.
    pub mute: ServerAction<MuteCell>,
    /// End that.
    pub unmute: ServerAction<UnmuteCell>,
}

/// What mutes notices about a cell, each with its end, or the form that does.
pub fn mute_panel(id: String, silences: Vec<SilenceRow>, actions: MuteActions) -> AnyView {
    if silences.is_empty() {
        return mute_form(id, actions.mute);
    }
    let rows: Vec<_> = silences
        .into_iter()
        .map(|silence| {
            view! {
                <div class="row wrap">
                    <Badge symbol=Icon::Bell label=silence.words/>
                    <span class="small">{silence.by}</span>
                    <ActionForm action=actions.unmute>
                        <input type="hidden" name="id" value=silence.id/>
                        <button class="btn btn-sm" type="submit">{icon(Icon::Check)} {silence.end}</button>
                    </ActionForm>
                </div>
            }
        })
        .collect();
    view! {
        <section class="panel stack tight">
            {rows} <span class="muted small">"Alerts open all the same; nobody is told of them meanwhile."</span>
        </section>
    }
    .into_any()
}

/// The form that mutes notices about a cell.
pub(super) fn mute_form(id: String, action: ServerAction<MuteCell>) -> AnyView {
    let options = LENGTHS.into_iter().map(|(hours, words)| (hours.to_owned(), words.to_owned())).collect();
    view! {
        <details class="steps inline">
            <summary class="btn btn-sm">{icon(Icon::Bell)} "Mute notices"</summary>
            <ActionForm action=action>
                <div class="stack tight">
                    <input type="hidden" name="id" value=id/>
                    <Select label="Tell nobody for" name="hours" id="mute-hours" options=options value="2"/>
                    <Field label="Why" name="reason" id="mute-reason" maxlength=500u32 optional_word="optional"/>
                    <div><button class="btn btn-primary btn-sm" type="submit">"Mute notices"</button></div>
                </div>
            </ActionForm>
        </details>
    }
    .into_any()
}
