//! The form for a note by itself: no step is taken with it.

use leptos::prelude::*;

use super::functions::AddNote;
use crate::staff::ActionForm;
use crate::staff::outcome::{of_field, problem, refusal};
use crate::ui::{Icon, TextArea, icon};

/// The form. Who the note is for is said by the button, so that nothing is for the customer by mistake.
pub(super) fn note_form(repair: String, add: ServerAction<AddNote>) -> AnyView {
    let problem = problem(add);
    let error = of_field(problem, "note");
    let is_elsewhere = Signal::derive(move || problem.get().filter(|_| error.with(Option::is_none)));
    let pending = add.pending();
    let busy = move || pending.get();
    view! {
        <ActionForm action=add>
            <div class="stack tight">
                <input type="hidden" name="id" value=repair/>
                {refusal(is_elsewhere)}
                <TextArea label="Add a note" name="note" id="new-note" rows=2 maxlength=2000u32 error=error/>
                <div class="row wrap">
                    <button class="btn" type="submit" name="audience" value="internal" disabled=busy>
                        {icon(Icon::Person)} "For colleagues"
                    </button>
                    <button class="btn" type="submit" name="audience" value="public" disabled=busy>
                        {icon(Icon::Message)} "For the customer"
                    </button>
                </div>
            </div>
        </ActionForm>
    }
    .into_any()
}
