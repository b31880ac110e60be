//! The page on which a cold cell is changed.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::cells::PATH;
use super::devices::tabs;
use super::fields::{Filling, cell_fields};
use super::functions::{ChangeCellView, get_cell_form};
use crate::sent::calls;
use crate::staff::loaded;
use crate::ui::{PageTitle, SkeletonRows};

/// The page.
#[component]
pub fn ChangeCellPage() -> impl IntoView {
    let (params, map) = (use_params_map(), use_query_map());
    let asked = Memo::new(move |_| {
        let query = |name| map.read().get(name).unwrap_or_default();
        (params.read().get("id").unwrap_or_default(), query("place"), query("search"))
    });
    let data = Resource::new(move || asked.get(), |(id, place, search)| get_cell_form(id, place, search));
    view! {
        <PageTitle text="Change a cold cell"/>
        <div class="page-head"><h1>"Change a cold cell"</h1>{tabs("")}</div>
        {loaded(data, || view! { <SkeletonRows rows=8/> }.into_any(), show)}
    }
}

fn show(view: ChangeCellView) -> AnyView {
    let cell = format!("{PATH}/cells/{}", view.id);
    let form = format!("{cell}/edit");
    let filling = Filling::of(&view.answered);
    view! {
        <div class="stack">
            {view.answered.above()}
            <section class="panel">
                <h2>{view.name}</h2>
                <form method="post" action=form>
                    {calls("cold-chain/change-cell")}
                    <input type="hidden" name="id" value=view.id/>
                    <input type="hidden" name="version" value=filling.version(view.version)/>
                    <div class="stack">
                        {cell_fields(&filling, &view.known, &view.unit, view.places, Vec::new())}
                        <div class="row wrap">
                            <button class="btn btn-primary" type="submit">"Save"</button>
                            <a class="btn btn-ghost" href=cell>"Leave it as it is"</a>
                        </div>
                    </div>
                </form>
            </section>
        </div>
    }
    .into_any()
}
