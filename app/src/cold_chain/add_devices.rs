//! Devices made in bulk, from a table that is pasted or sent as a file.

use leptos::prelude::*;
use officina::cold_chain::inputs::MOST_IMPORTED;

use super::devices::{ADD, tabs};
use super::functions::{AddDevicesView, new_devices};
use crate::sent::calls;
use crate::staff::loaded;
use crate::ui::{FieldFrame, PageTitle, SkeletonRows, TextArea};

/// What a table looks like.
const EXAMPLE: &str = "serialNumber,coldCell,name,firmwareVersion";

/// The page.
#[component]
pub fn AddDevicesPage() -> impl IntoView {
    let data = Resource::new(|| (), |()| new_devices());
    view! {
        <PageTitle text="Add devices"/>
        <div class="page-head"><h1>"Add devices"</h1>{tabs("")}</div>
        {loaded(data, || view! { <SkeletonRows rows=6/> }.into_any(), show)}
    }
}

fn show(view: AddDevicesView) -> AnyView {
    let typed = view.answered.value("csv");
    let error = view.answered.error("csv");
    let lines: Vec<_> = view
        .refused
        .into_iter()
        .map(|(line, why)| view! { <li><strong>"Line " {line}</strong> ": " {why}</li> })
        .collect();
    let lines = (!lines.is_empty()).then(|| {
        view! {
            <section class="panel" role="alert">
                <h2>"Nothing was made: these lines need another look"</h2>
                <ul class="bullets">{lines}</ul>
            </section>
        }
    });
    view! {
        <div class="stack">
            {view.answered.above()}
            {lines}
            <section class="panel">
                <form method="post" action=ADD enctype="multipart/form-data">
                    <div class="stack">
                        {calls("cold-chain/import-devices")}
                        <p class="muted small">
                            {format!("One line for each device, up to {MOST_IMPORTED}, below a line that names the columns. The cold cell is named as it is called, or by its id; name and firmware may be left out. Either all devices are made or none.")}
                        </p>
                        <TextArea label="Table" name="csv" rows=10 value=typed.unwrap_or_else(|| format!("{EXAMPLE}\n"))
                            hint="Pasted from a spreadsheet, or with commas or semicolons." error=error/>
                        <FieldFrame label="Or a file" name="file" optional_word=Some("optional".to_owned())>
                            <input class="file-input" type="file" id="f-file" name="file" accept=".csv,.txt,text/csv"/>
                        </FieldFrame>
                        <div><button class="btn btn-primary" type="submit">"Make the devices"</button></div>
                    </div>
                </form>
            </section>
        </div>
    }
    .into_any()
}
