//! The board: a column for each status, cards moved by dragging, or by the menu on each card, which fingers and keyboards
//! can use, and which works without script.

use leptos::prelude::*;
use officina::repairs::{RepairStatus, Transition};

use super::functions::{Board, BoardColumnView, ChangeStatus, RepairRow, get_board};
use super::list::views;
use super::looks::{status_label, status_look};
use crate::live::{Topic, use_live};
use crate::staff::{loaded, refused};
use crate::ui::{Badge, Icon, PageTitle, SkeletonRows, ToastKind, Tone, icon, toast};

/// How many of the next steps a card's menu offers; the repair's page has all.
const OFFERED: usize = 4;

/// The board.
#[component]
pub fn BoardPage() -> impl IntoView {
    let live = use_live();
    let change = ServerAction::<ChangeStatus>::new();
    let data = Resource::new(move || (live.changes(Topic::Repairs), change.version().get()), |_| get_board());
    Effect::new(move |_| {
        if let Some(Ok(status)) = change.value().get() {
            toast(ToastKind::Done, format!("Moved to {}", status_label(status)));
        }
    });
    let dragged = RwSignal::new(None::<RepairRow>);
    view! {
        <PageTitle text="Board"/>
        <div class="page-head"><h1>"Repairs"</h1>{views(true)}</div>
        {move || change.value().get().and_then(Result::err).map(|error| refused(&error))}
        {loaded(data, || view! { <SkeletonRows rows=10/> }.into_any(), move |board| show(board, change, dragged))}
    }
}

fn show(board: Board, change: ServerAction<ChangeStatus>, dragged: RwSignal<Option<RepairRow>>) -> AnyView {
    let may_write = board.may_write;
    let columns: Vec<_> =
        board.columns.into_iter().map(|column| show_column(column, may_write, change, dragged)).collect();
    view! { <div class="board" tabindex="0" role="region" aria-label="Board">{columns}</div> }.into_any()
}

/// Whether a card may be moved there without giving a reason.
fn can_move(card: &RepairRow, to: RepairStatus) -> bool {
    card.status.transition_to(to, card.waiting_from) == Some(Transition::Forward)
}

fn show_column(
    column: BoardColumnView,
    may_write: bool,
    change: ServerAction<ChangeStatus>,
    dragged: RwSignal<Option<RepairRow>>,
) -> AnyView {
    let status = column.status;
    let (tone, symbol) = status_look(status);
    let is_over = RwSignal::new(false);
    let takes = move || dragged.read().as_ref().is_some_and(|card| can_move(card, status));
    let drop = move |event: leptos::ev::DragEvent| {
        event.prevent_default();
        is_over.set(false);
        let Some(card) = dragged.get_untracked().filter(|card| card.status != status) else { return };
        dragged.set(None);
        if can_move(&card, status) {
            change.dispatch(ChangeStatus {
                id: card.id,
                version: card.version,
                status: status.to_string(),
                note: None,
                public_note: None,
                notify: Some("on".to_owned()),
            });
        } else {
            toast(ToastKind::Failed, "This step needs a reason: take it on the repair's page.");
        }
    };
    let hidden = column.total - i64::try_from(column.cards.len()).unwrap_or(i64::MAX);
    let more = (hidden > 0).then(|| {
        let href = format!("/app/repairs?status={status}");
        view! { <a class="btn btn-ghost btn-sm" href=href>{format!("{hidden} more")}</a> }
    });
    let is_empty = column.cards.is_empty();
    let cards: Vec<_> = column.cards.into_iter().map(|card| show_card(card, may_write, change, dragged)).collect();
    view! {
        <section class=tone.class() class:over=move || is_over.get() && takes() aria-label=status_label(status)
            on:dragover=move |event| {
                event.prevent_default();
                is_over.set(true);
            }
            on:dragleave=move |_| is_over.set(false) on:drop=drop>
            <header>
                <h2 class="row">{icon(symbol)} {status_label(status)}</h2>
                <span class="muted num">{column.total}</span>
            </header>
            {cards}
            {is_empty.then(|| view! { <p class="muted small none">"None"</p> })}
            {more}
        </section>
    }
    .into_any()
}

fn show_card(
    card: RepairRow,
    may_write: bool,
    change: ServerAction<ChangeStatus>,
    dragged: RwSignal<Option<RepairRow>>,
) -> AnyView {
    let href = format!("/app/repairs/{}", card.id);
    let overdue = card.is_overdue.then(|| {
        let day = card.promised.clone().map(|day| day.words).unwrap_or_default();
        view! { <Badge tone=Tone::Danger symbol=Icon::Clock label=day/> }
    });
    let menu = may_write.then(|| card_menu(&card, change, href.clone()));
    let draggable = if may_write { "true" } else { "false" };
    let (plate, vehicle, customer, updated) =
        (card.plate.clone(), card.vehicle.clone(), card.customer.clone(), card.updated.clone());
    view! {
        <article draggable=draggable on:dragstart=move |_| dragged.set(Some(card.clone()))
            on:dragend=move |_| dragged.set(None)>
            <div class="spread">
                <a class="main mono" href=href draggable="false">{plate}</a>
                <span class="muted small num">{updated.view()}</span>
            </div>
            <span class="clip">{vehicle}</span>
            <span class="clip muted small">{customer}</span>
            {overdue}
            {menu}
        </article>
    }
    .into_any()
}

/// The next steps of a card. The menu opens inside the card, so that the board's edges cannot cut it off.
fn card_menu(card: &RepairRow, change: ServerAction<ChangeStatus>, href: String) -> AnyView {
    let steps: Vec<_> = card
        .status
        .next_steps(card.waiting_from, false)
        .into_iter()
        .filter(|to| can_move(card, *to))
        .take(OFFERED)
        .map(|to| {
            let (_, symbol) = status_look(to);
            view! {
                <button class="item" type="submit" name="status" value=to.as_str()>
                    {icon(symbol)} {status_label(to)}
                </button>
            }
        })
        .collect();
    let (id, version) = (card.id.clone(), card.version.to_string());
    view! {
        <details class="steps">
            <summary class="small">{icon(Icon::Dots)} "Move to"</summary>
            <ActionForm action=change>
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="version" value=version/>
                <input type="hidden" name="notify" value="on"/>
                {steps}
            </ActionForm>
            <a class="item" href=href>{icon(Icon::List)} "Another step"</a>
        </details>
    }
    .into_any()
}
