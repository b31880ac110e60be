//! The list of numbers that somebody has to look at.

use leptos::prelude::*;
use officina::numbers::DoubtReason;

use super::functions::{NumberRow, NumbersView, SettleNumber, list_numbers};
use crate::staff::outcome::{announce, done, problem, refusal};
use crate::staff::{ActionForm, loaded};
use crate::ui::{Column, EmptyState, Icon, PageTitle, SkeletonRows, Table, address};

/// The page.
#[component]
pub fn NumbersPage() -> impl IntoView {
    let settle = ServerAction::<SettleNumber>::new();
    let settled = done(settle);
    announce(settled, "Taken off the list");
    let data = Resource::new(move || settled.get(), |_| list_numbers());
    view! {
        <PageTitle text="Phone numbers"/>
        <div class="page-head"><h1>"Phone numbers to look at"</h1></div>
        <div class="stack">
            {refusal(problem(settle))}
            {loaded(data, || view! { <SkeletonRows rows=8/> }.into_any(), move |view| show(view, settle))}
        </div>
    }
}

fn show(view: NumbersView, settle: ServerAction<SettleNumber>) -> AnyView {
    if view.rows.is_empty() {
        return view! {
            <div class="panel">
                <EmptyState symbol=Icon::Check title="No number is in doubt"
                    text="Every number belongs to one person, as far as can be told."/>
            </div>
        }
        .into_any();
    }
    let columns = ["Customer", "Phone", "Why", "Action"].map(Column::plain).to_vec();
    let (may_settle, may_see) = (view.may_settle, view.may_see_repairs);
    let rows: Vec<_> = view.rows.into_iter().map(|number| row(number, may_settle, may_see, settle)).collect();
    view! {
        <div class="stack">
            <p class="muted">
                "Numbers are told apart by their country now. Nothing was split or merged: these records want a look."
            </p>
            <Table caption="Phone numbers to look at" columns=columns>{rows}</Table>
        </div>
    }
    .into_any()
}

fn row(number: NumberRow, may_settle: bool, may_see: bool, settle: ServerAction<SettleNumber>) -> AnyView {
    let why = match (number.reason, &number.other) {
        (DoubtReason::SharedNumber, _) => "Several customers have this number.".to_owned(),
        (DoubtReason::SeveralPeople, Some(other)) => format!("Perhaps two people in one record: also “{other}”."),
        (DoubtReason::SeveralPeople, None) => "Perhaps two people in one record.".to_owned(),
    };
    let words = format!("Take {} off the list", number.name);
    let repairs = address("/app/repairs", &[("search", Some(number.name.as_str()))]);
    let name = match may_see {
        true => view! { <a class="link" href=repairs>{number.name}</a> }.into_any(),
        false => number.name.into_any(),
    };
    let action = may_settle.then(|| {
        view! {
            <ActionForm action=settle>
                <input type="hidden" name="id" value=number.id/>
                <button class="btn btn-sm" type="submit" aria-label=words>"Looked at"</button>
            </ActionForm>
        }
    });
    view! {
        <tr>
            <td class="head">{name}</td>
            <td data-label="Phone" class="num">{number.phone}</td>
            <td data-label="Why">{why}</td>
            <td>{action}</td>
        </tr>
    }
    .into_any()
}
