//! Fields of the forms that make and change what belongs to the fleet.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

use super::functions::{CellForm, Choice};
use crate::error::PageError;
use crate::sent::Answered;
use crate::ui::{Field, Icon, Select, icon};

/// What the fields of a form hold: what was typed before it was refused or before something was looked for, or else what
/// is known already.
pub(super) struct Filling<'a> {
    answered: &'a Answered,
    address: ParamsMap,
}

impl<'a> Filling<'a> {
    /// For a form whose answer this is.
    pub fn of(answered: &'a Answered) -> Self {
        Self { answered, address: use_query_map().get_untracked() }
    }

    /// What a field holds.
    pub fn value(&self, name: &str, known: &str) -> String {
        self.answered.value(name).or_else(|| self.address.get(name)).unwrap_or_else(|| known.to_owned())
    }

    /// The version that a form shows. Who was told that somebody else has changed it meanwhile has seen what it is now.
    pub fn version(&self, current: i64) -> String {
        let is_told = self.answered.refused.as_ref().is_some_and(PageError::is_conflict);
        let seen = self.answered.value("version").filter(|_| !is_told);
        seen.unwrap_or_else(|| current.to_string())
    }

    /// Why a field was refused.
    pub fn error(&self, name: &str) -> Option<String> {
        self.answered.error(name)
    }
}

/// A choice of one among many. Words narrow it: they are sent to the same page, with everything that is typed already.
pub(super) fn choose(
    label: &'static str,
    name: &'static str,
    search: &'static str,
    choice: Choice,
    error: Option<String>,
) -> AnyView {
    let is_narrowed = !choice.search.is_empty();
    let hint = match (is_narrowed, choice.has_found) {
        (true, false) => "Nothing matches: try fewer words.",
        (true, true) => "Those that were found.",
        (false, _) if choice.has_more => "There are more: find them by words.",
        _ => "",
    };
    let find = (is_narrowed || choice.has_more).then(|| {
        view! {
            <div class="row wrap">
                <input class="input grow" type="search" name=search value=choice.search placeholder="Words of its name"
                    aria-label=format!("Find: {label}")/>
                <button class="btn" type="submit" formmethod="get" formnovalidate=true>{icon(Icon::Search)} "Find"</button>
            </div>
        }
    });
    view! {
        <div class="stack tight">
            <Select label=label name=name options=choice.options value=choice.chosen hint=hint.to_owned() error=error/>
            {find}
        </div>
    }
    .into_any()
}

/// What is said of a cell, whether it is made or changed. The kinds are for one that is made.
pub(super) fn cell_fields(
    filling: &Filling<'_>,
    known: &CellForm,
    unit: &str,
    places: Choice,
    kinds: Vec<(String, String)>,
) -> AnyView {
    let line = |label: &'static str, name: &'static str, known: &str, error: &str, unit: &str, hint: &'static str| {
        let field = format!("cell[{name}]");
        let value = filling.value(&field, known);
        view! {
            <Field label=label name=field id=format!("cell-{name}") value=value inputmode="text" optional_word=unit.to_owned()
                hint=hint.to_owned() error=filling.error(error)/>
        }
    };
    let is_new = !kinds.is_empty();
    let kind = is_new.then(|| {
        let value = filling.value("kind", "");
        view! { <Select label="What it is" name="kind" options=kinds value=value/> }
    });
    let own = if is_new { "Only with limits of its own." } else { "Counts from the next reading on." };
    view! {
        <div class="stack">
            <Field label="Name" name="cell[name]" id="cell-name" value=filling.value("cell[name]", &known.name)
                required=true maxlength=120u32 hint="As people call it: “Cell 3”, “Fish”." error=filling.error("name")/>
            {choose("Place", "place", "search", places, filling.error("locationId"))}
            {kind}
            <div class="fields two">
                {line("Lowest", "lowest", &known.lowest, "minTemperature", unit, own)}
                {line("Highest", "highest", &known.highest, "maxTemperature", unit, own)}
                {line("Hysteresis", "hysteresis", &known.hysteresis, "hysteresis", unit, "How far back inside it must be before an alert is over.")}
                {line("Alert delay", "alert_delay", &known.alert_delay, "alertDelaySeconds", "minutes", "How long it may be outside before an alert opens.")}
                {line("Door may stand open", "door_open", &known.door_open, "doorOpenSeconds", "minutes", "An alert opens when it stands open longer.")}
                {line("Device may be silent", "offline_after", &known.offline_after, "offlineAfterSeconds", "minutes", "From 1 minute to 7 days.")}
            </div>
        </div>
    }
    .into_any()
}
