//! Who is told of alerts that nobody reacts to, and when notices keep still.

use leptos::prelude::*;

use super::devices::tabs;
use super::functions::{LevelView, PolicyView, Tick, get_policy};
use crate::sent::calls;
use crate::staff::loaded;
use crate::ui::{Field, Icon, PageTitle, Select, SkeletonRows, icon};

/// Where it is said.
pub(super) const PATH: &str = "/app/cold-chain/policy";

/// The page.
#[component]
pub fn PolicyPage() -> impl IntoView {
    let data = Resource::new(|| (), |()| get_policy());
    view! {
        <PageTitle text="Who is told"/>
        <div class="page-head"><h1>"Who is told"</h1>{tabs(PATH)}</div>
        {loaded(data, || view! { <SkeletonRows rows=10/> }.into_any(), show)}
    }
}

fn show(view: PolicyView) -> AnyView {
    let error = |field: &str| view.answered.error(field);
    let sentences: Vec<_> = view.sentences.into_iter().map(|sentence| view! { <li>{sentence}</li> }).collect();
    let levels: Vec<_> = view.levels.into_iter().enumerate().map(|(index, known)| level(index, known)).collect();
    let too_many = error("levels").map(refusal);
    view! {
        <div class="stack">
            {view.answered.above()}
            <section class="panel"><h2>"What happens"</h2><ul class="bullets">{sentences}</ul></section>
            <form method="post" action=PATH>
                {calls("cold-chain/set-policy")}
                <div class="stack">
                    {too_many}
                    {levels}
                    <section class="panel">
                        <h2>"After the last level"</h2>
                        <Field label="Minutes until it is told again" name="policy[repeat]" id="repeat" kind="number" min="0"
                            max="10080" value=view.repeat inputmode="numeric" hint="0: it is not told again."
                            error=error("repeatMinutes")/>
                    </section>
                    <section class="panel">
                        <h2>"Quiet hours"</h2>
                        <div class="stack">
                            <p class="muted small">
                                "Nobody is told in them, and alerts open all the same. Empty: there are none."
                            </p>
                            <div class="fields two">
                                <Field label="From" name="policy[from]" id="quiet-from" kind="time" value=view.from
                                    error=error("quietHours.from")/>
                                <Field label="Until" name="policy[until]" id="quiet-until" kind="time" value=view.until
                                    error=error("quietHours.until")/>
                                <Select label="What they mute" name="policy[up_to]" id="quiet-level" options=view.up_to_options
                                    value=view.up_to error=error("quietHours.upToLevel")/>
                            </div>
                        </div>
                    </section>
                    <div><button class="btn btn-primary" type="submit">"Save"</button></div>
                </div>
            </form>
        </div>
    }
    .into_any()
}

/// A level, or at the end the empty one that becomes a level when somebody is ticked in it.
fn level(index: usize, level: LevelView) -> AnyView {
    let name = |field: &str| format!("policy[levels][{index}][{field}]");
    let is_open = level.after_error.is_some() || level.who_error.is_some();
    let label = if index == 0 { "Minutes after the opening" } else { "Minutes after the level before" };
    let members_open = level.members.iter().any(|tick| tick.is_on);
    let fields = view! {
        <div class="stack">
            <Field label=label name=name("after") id=format!("after-{index}") kind="number" min="1" max="10080"
                value=level.after inputmode="numeric" error=level.after_error/>
            {level.who_error.map(refusal)}
            {ticks("Everybody with the role", name("roles") + "[]", level.roles)}
            <details class="fold" open=members_open>
                <summary><h3>"Some by name"</h3> {icon(Icon::Chevron)}</summary>
                {ticks("These people", name("members") + "[]", level.members)}
            </details>
        </div>
    };
    let number = index + 1;
    if level.is_new {
        return view! {
            <section class="panel">
                <input type="hidden" name=name("is_new") value="on"/>
                <details class="fold" open=is_open>
                    <summary><h2>"Add a level"</h2> {icon(Icon::Chevron)}</summary>
                    {fields}
                </details>
            </section>
        }
        .into_any();
    }
    let remove = Tick { value: "on".to_owned(), words: format!("Remove level {number}"), is_on: level.remove };
    view! {
        <section class="panel">
            <h2>{format!("Level {number}")}</h2>
            <div class="stack">{fields} <div class="choices">{tick(name("remove"), remove)}</div></div>
        </section>
    }
    .into_any()
}

fn refusal(words: String) -> AnyView {
    view! { <div class="field" role="alert"><span class="error">{icon(Icon::Warning)} <span>{words}</span></span></div> }
        .into_any()
}

fn ticks(legend: &'static str, name: String, all: Vec<Tick>) -> AnyView {
    let boxes: Vec<_> = all.into_iter().map(|known| tick(name.clone(), known)).collect();
    view! { <fieldset class="field"><legend>{legend}</legend><div class="choices">{boxes}</div></fieldset> }.into_any()
}

fn tick(name: String, known: Tick) -> AnyView {
    view! {
        <label>
            <input class="checkbox checkbox-sm" type="checkbox" name=name value=known.value checked=known.is_on/>
            <span>{known.words}</span>
        </label>
    }
    .into_any()
}
