//! What one wants to be told.

use leptos::prelude::*;

use super::functions::{Chooser, NOTICES, PREFERENCES, PreferencesView, get_preferences};
use super::page::never_told;
use crate::sent::calls;
use crate::staff::loaded;
use crate::ui::{PageTitle, SkeletonRows};

/// The page.
#[component]
pub fn NoticePreferencesPage() -> impl IntoView {
    let data = Resource::new(|| (), |()| get_preferences());
    view! {
        <PageTitle text="What I am told"/>
        <div class="page-head">
            <h1>"What I am told"</h1>
            <a class="btn" href=NOTICES>"Notices"</a>
        </div>
        {loaded(data, || view! { <SkeletonRows rows=6/> }.into_any(), show)}
    }
}

fn show(view: PreferencesView) -> AnyView {
    if view.channels.is_empty() {
        return view! { <div class="panel">{never_told()}</div> }.into_any();
    }
    let channels: Vec<_> = view.channels.into_iter().map(channel).collect();
    view! {
        <div class="stack">
            {view.answered.above()}
            <form class="panel" method="post" action=PREFERENCES>
                {calls("notices/choose")}
                <div class="stack">
                    <p class="muted small">
                        {format!("This is for {} alone. Silences and quiet hours hold for everybody.", view.organisation)}
                    </p>
                    {channels}
                    <div><button class="btn btn-primary" type="submit">"Save"</button></div>
                </div>
            </form>
        </div>
    }
    .into_any()
}

fn channel(chooser: Chooser) -> AnyView {
    let boxes: Vec<_> = chooser
        .boxes
        .into_iter()
        .map(|(word, says, is_on)| {
            view! {
                <label>
                    <input class="checkbox checkbox-sm" type="checkbox" name="wanted[]" value=word checked=is_on/>
                    <span>{says}</span>
                </label>
            }
        })
        .collect();
    view! {
        <fieldset class="field">
            <legend>{chooser.label}</legend>
            <div class="choices">{boxes}</div>
            <span class="hint">{chooser.hint}</span>
        </fieldset>
    }
    .into_any()
}
