//! The board: a column for each status, cards moved by dragging, or by the menu on each card, which fingers and keyboards
//! can use, and which works without script. A click anywhere on a card leads to its repair.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use officina::repairs::{RepairStatus, StepRights, Transition};

use super::functions::{Board, BoardColumnView, ChangeStatus, RepairRow, get_board};
use super::list::{ASSIGNEES, new_button, views};
use super::looks::{status_label, status_look};
#[cfg(feature = "hydrate")]
use crate::error::PageError;
use crate::live::{Topic, use_live};
use crate::staff::{ActionForm, followed, refused};
use crate::ui::{
    ApplyFilters, Badge, FilterForm, Icon, MoreFilters, PageTitle, SkeletonRows, ToastKind, Tone, address, icon, toast,
};

const PATH: &str = "/app/repairs/board";

/// How many of the next steps a card's menu offers; the repair's page has all.
const OFFERED: usize = 4;

/// The board.
#[component]
pub fn BoardPage() -> impl IntoView {
    let live = use_live();
    let change = ServerAction::<ChangeStatus>::new();
    let map = use_query_map();
    let query = Memo::new(move |_| {
        let value = |name: &str| map.read().get(name).unwrap_or_default();
        BoardQuery { search: value("search"), assignee: value("assignee"), overdue: !value("overdue").is_empty() }
    });
    let data = Resource::new(
        move || (query.get(), live.changes(Topic::Repairs), change.version().get()),
        |(BoardQuery { search, assignee, overdue }, ..)| get_board(search, assignee, overdue),
    );
    Effect::new(move |_| {
        if let Some(Ok(moved)) = change.value().get() {
            toast(ToastKind::Done, moved.words());
        }
    });
    let dragged = RwSignal::new(None::<RepairRow>);
    #[cfg(feature = "hydrate")]
    keep_focus(change, data);
    view! {
        <PageTitle text="Board"/>
        <div class="page-head"><h1>"Repairs"</h1><div class="row wrap">{views(true)} {new_button()}</div></div>
        {move || filters(&query.get())}
        {move || change.value().get().and_then(Result::err).map(|error| refused(&error))}
        {followed(data, || view! { <SkeletonRows rows=10/> }.into_any(), move |board| show(board, query, change, dragged))}
    }
}

/// Gives the focus to the card that was moved, where it stands then: with its old place the focus would be lost.
#[cfg(feature = "hydrate")]
fn keep_focus(change: ServerAction<ChangeStatus>, data: Resource<Result<Board, PageError>>) {
    use wasm_bindgen::JsCast;

    let moved = StoredValue::new(None::<String>);
    let input = change.input();
    Effect::new(move || {
        if let Some(card) = input.with(|step| step.as_ref().map(|step| step.id.clone())) {
            moved.set_value(Some(card));
        }
    });
    let find = move || {
        let document = document();
        let has_focus = document.active_element().is_some_and(|element| element.tag_name() != "BODY");
        let Some(card) = moved.try_get_value().flatten().filter(|_| !has_focus) else { return };
        let found = document.query_selector(&format!("#card-{card} summary")).ok().flatten();
        if let Some(element) = found.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
            let quietly = web_sys::FocusOptions::new();
            quietly.set_prevent_scroll(true);
            // What cannot be focused is not there any more.
            let _ = element.focus_with_options(&quietly);
            moved.set_value(None);
        }
    };
    Effect::new(move || {
        data.track();
        // When the cards have been put in their places.
        request_animation_frame(move || request_animation_frame(find));
    });
}

/// Which cards the board shows: the query of its address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct BoardQuery {
    search: String,
    assignee: String,
    overdue: bool,
}

impl BoardQuery {
    /// Where a list of all cards of a column is.
    fn list(&self, status: RepairStatus) -> String {
        let fields = [
            ("status", Some(status.as_str())),
            ("search", Some(self.search.as_str()).filter(|text| !text.is_empty())),
            ("assignee", Some(self.assignee.as_str()).filter(|text| !text.is_empty())),
            ("overdue", self.overdue.then_some("1")),
        ];
        address("/app/repairs", &fields)
    }
}

fn filters(query: &BoardQuery) -> AnyView {
    let assignees: Vec<_> = ASSIGNEES
        .into_iter()
        .map(|(value, words)| view! { <option value=value selected=query.assignee == value>{words}</option> })
        .collect();
    let (search, overdue) = (query.search.clone(), query.overdue);
    let count = usize::from(!query.assignee.is_empty()) + usize::from(overdue);
    view! {
        <FilterForm action=PATH>
            <input class="input grow" type="search" name="search" value=search
                placeholder="Plate, code, name, phone" aria-label="Search"/>
            <MoreFilters count=count>
                <select class="select" name="assignee" aria-label="Assignee">{assignees}</select>
                <label class="row check">
                    <input class="checkbox" type="checkbox" name="overdue" value="1" checked=overdue/>
                    "Overdue"
                </label>
                <ApplyFilters/>
            </MoreFilters>
        </FilterForm>
    }
    .into_any()
}

/// The columns and their cards, each of them the same element for as long as it is there: an open menu and the focus stay
/// with their card when another one goes.
fn show(
    board: Signal<Option<(Board, String)>>,
    query: Memo<BoardQuery>,
    change: ServerAction<ChangeStatus>,
    dragged: RwSignal<Option<RepairRow>>,
) -> AnyView {
    let columns = Memo::new(move |_| board.get().map(|(board, _)| board.columns).unwrap_or_default());
    let rights =
        Memo::new(move |_| board.with(|board| board.as_ref().map_or(StepRights::None, |(board, _)| board.rights)));
    let statuses = move || columns.with(|columns| columns.iter().map(|column| column.status).collect::<Vec<_>>());
    let show_column = move |status| {
        let column =
            Memo::new(move |_| columns.with(|columns| columns.iter().find(|column| column.status == status).cloned()));
        show_column(status, column, query, rights, change, dragged)
    };
    view! {
        <div class="board" tabindex="0" role="region" aria-label="Board" data-scrolls="board">
            <For each=statuses key=|status| *status children=show_column/>
        </div>
    }
    .into_any()
}

/// Whether a card may be moved there without giving a reason.
fn can_move(card: &RepairRow, to: RepairStatus, rights: StepRights) -> bool {
    let kind = card.status.transition_to(to, card.waiting_from);
    kind == Some(Transition::Forward) && rights.allow(card.status, to, Transition::Forward)
}

/// Whether a step asks for day and time, which the repair's page does.
fn asks_when(card: &RepairRow, to: RepairStatus) -> bool {
    card.status == RepairStatus::PreCheckin && to == RepairStatus::Confirmed
}

fn show_column(
    status: RepairStatus,
    column: Memo<Option<BoardColumnView>>,
    query: Memo<BoardQuery>,
    rights: Memo<StepRights>,
    change: ServerAction<ChangeStatus>,
    dragged: RwSignal<Option<RepairRow>>,
) -> AnyView {
    let (tone, symbol) = status_look(status);
    let is_over = RwSignal::new(false);
    let navigate = use_navigate();
    let takes = move || dragged.read().as_ref().is_some_and(|card| can_move(card, status, rights.get()));
    let drop = move |event: leptos::ev::DragEvent| {
        event.prevent_default();
        is_over.set(false);
        let Some(card) = dragged.get_untracked().filter(|card| card.status != status) else { return };
        dragged.set(None);
        if asks_when(&card, status) {
            navigate(&format!("/app/repairs/{}", card.id), NavigateOptions::default());
        } else if can_move(&card, status, rights.get_untracked()) {
            change.dispatch(ChangeStatus {
                id: card.id,
                version: card.version,
                status: status.to_string(),
                note: None,
                public_note: None,
            });
        } else {
            let why = match card.status.transition_to(status, card.waiting_from) {
                Some(Transition::Forward) => "You may not take this step.",
                _ => "This step needs a reason: take it on the repair's page.",
            };
            toast(ToastKind::Failed, why);
        }
    };
    let cards = Memo::new(move |_| column.get().map(|column| column.cards).unwrap_or_default());
    let total = move || column.with(|column| column.as_ref().map_or(0, |column| column.total));
    let more = move || {
        let hidden = total() - cards.with(|cards| i64::try_from(cards.len()).unwrap_or(i64::MAX));
        (hidden > 0).then(|| {
            let href = query.read().list(status);
            view! { <a class="btn btn-ghost btn-sm" href=href>{format!("{hidden} more")}</a> }
        })
    };
    let none = move || cards.read().is_empty().then(|| view! { <p class="muted small none">"None"</p> });
    let show_card = move |card: RepairRow| {
        let row = Memo::new(move |_| cards.with(|cards| cards.iter().find(|row| row.id == card.id).cloned()));
        show_card(row, rights, change, dragged)
    };
    view! {
        <section class=tone.class() class:over=move || is_over.get() && takes() aria-label=status_label(status)
            data-scrolls=status.as_str()
            on:dragover=move |event| {
                event.prevent_default();
                is_over.set(true);
            }
            on:dragleave=move |_| is_over.set(false) on:drop=drop>
            <header>
                <h2 class="row">{icon(symbol)} {status_label(status)}</h2>
                <span class="muted num">{total}</span>
            </header>
            <For each=move || cards.get() key=|card| card.id.clone() children=show_card/>
            {none}
            {more}
        </section>
    }
    .into_any()
}

fn show_card(
    card: Memo<Option<RepairRow>>,
    rights: Memo<StepRights>,
    change: ServerAction<ChangeStatus>,
    dragged: RwSignal<Option<RepairRow>>,
) -> AnyView {
    let draggable = move || {
        let moves = card.with(|card| card.as_ref().is_some_and(|card| !offered(card, rights.get()).is_empty()));
        if moves { "true" } else { "false" }
    };
    let content = move || card.get().map(|card| card_content(&card, rights.get(), change));
    view! {
        <article id=move || card.get().map(|card| format!("card-{}", card.id)) draggable=draggable on:dragstart=move |_| dragged.set(card.get_untracked())
            on:dragend=move |_| dragged.set(None)>
            {content}
        </article>
    }
    .into_any()
}

fn card_content(card: &RepairRow, rights: StepRights, change: ServerAction<ChangeStatus>) -> AnyView {
    let href = format!("/app/repairs/{}", card.id);
    let due = card.promised.clone().map(|day| {
        if card.is_overdue {
            view! { <Badge tone=Tone::Danger symbol=Icon::Clock label=day.words/> }.into_any()
        } else {
            view! { <span class="row small muted">{icon(Icon::Calendar)} {day.view()}</span> }.into_any()
        }
    });
    let assignee = card.assignee.clone().map(|name| view! { <span class="clip small muted">{name}</span> });
    let menu = card_menu(card, rights, change, href.clone());
    view! {
        <div class="spread">
            <a class="main mono plate" href=href draggable="false">{card.plate.clone()}</a>
            <span class="muted small num">{card.updated.clone().view()}</span>
        </div>
        <span class="clip">{card.vehicle.clone()}</span>
        <span class="clip muted small">{card.customer.clone()}</span>
        <div class="spread">{due} {assignee}</div>
        {menu}
    }
    .into_any()
}

/// The next steps that a card's menu offers.
fn offered(card: &RepairRow, rights: StepRights) -> Vec<RepairStatus> {
    let next = card.status.next_steps(card.waiting_from, rights);
    next.into_iter().filter(|to| can_move(card, *to, rights)).take(OFFERED).collect()
}

/// The next steps of a card. The menu opens inside the card, so that the board's edges cannot cut it off.
fn card_menu(
    card: &RepairRow,
    rights: StepRights,
    change: ServerAction<ChangeStatus>,
    href: String,
) -> Option<AnyView> {
    let steps: Vec<_> = offered(card, rights)
        .into_iter()
        .map(|to| {
            let (_, symbol) = status_look(to);
            if asks_when(card, to) {
                return view! { <a class="item" href=href.clone()>{icon(symbol)} "Confirm …"</a> }.into_any();
            }
            view! {
                <button class="item" type="submit" name="status" value=to.as_str()>
                    {icon(symbol)} {status_label(to)}
                </button>
            }
            .into_any()
        })
        .collect();
    if steps.is_empty() {
        return None;
    }
    let (id, version) = (card.id.clone(), card.version.to_string());
    let menu = view! {
        <details class="steps" name="menu">
            <summary class="small">{icon(Icon::Dots)} "Move to"</summary>
            <ActionForm action=change>
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="version" value=version/>
                {steps}
            </ActionForm>
            <a class="item" href=href>{icon(Icon::List)} "Another step"</a>
        </details>
    };
    Some(menu.into_any())
}
