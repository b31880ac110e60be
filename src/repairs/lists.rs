//! Lists of repairs: pages, the board, and the numbers of the home page.

use super::inputs::{RepairFilter, RepairSort};
use super::model::{BoardColumn, RepairSummary};
use super::status::{LINE, RepairStatus};
use super::store::{self, Assignee, ListFilter, SummaryRow};
use super::submitted::shown_instead;
use crate::identity;
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::page::{Cursor, Page, PageRequest, words_of_search};
use crate::kernel::permission::Permission;
use crate::kernel::text::given;
use crate::kernel::validate::Validator;
use crate::kernel::zone;
use crate::{Error, Result};

/// Cards in a column of the board; the list has the rest.
const BOARD_CARDS: u32 = 30;

/// A page of repairs; of their own ones, for customers.
///
/// # Errors
/// [`Error::Forbidden`] without `repairs:read` and `portal:read`, [`Error::Validation`] for a filter that makes no sense.
pub async fn list(app: &App, actor: &Actor, filter: &RepairFilter, page: &PageRequest) -> Result<Page<RepairSummary>> {
    let scope = actor.scope(Permission::RepairsRead)?;
    let window = page.window(app, "repairs", actor.org, filter)?;
    let (mut checked, sort) = check_filter(app, actor, filter).await?;
    checked.customers = scope.customers().map(<[_]>::to_vec);
    let mut rows = store::list(&app.db, actor.org, &checked, sort, window).await?;
    if !scope.sees_inside() {
        for SummaryRow { summary, submitted_vehicle } in &mut rows {
            summary.assignee_name = None;
            if let Some(said) = shown_instead(summary.status, submitted_vehicle.as_deref()) {
                (summary.brand, summary.model) = (said.brand, said.model);
            }
        }
    }
    let total = window.total(&rows, store::count(&app.db, actor.org, &checked)).await?;
    let key = |SummaryRow { summary, .. }: &SummaryRow| Cursor {
        key: match sort {
            RepairSort::Newest | RepairSort::Oldest => summary.created_at.0,
            RepairSort::Updated => summary.updated_at.0,
            RepairSort::Due => due_key(summary.promised_date.as_deref()),
        },
        id: summary.id.0,
    };
    Ok(window.page(rows, key, total).map(|row| row.summary))
}

/// What a list that is due first is sorted by: the digits of the promised day.
fn due_key(promised: Option<&str>) -> i64 {
    promised.unwrap_or(store::NEVER_DUE).replace('-', "").parse().unwrap_or_default()
}

async fn check_filter(app: &App, actor: &Actor, filter: &RepairFilter) -> Result<(ListFilter, RepairSort)> {
    let mut check = Validator::default();
    let status = given(filter.status.as_deref()).and_then(|word| check.word("status", word));
    let stage = given(filter.stage.as_deref()).and_then(|word| check.word("stage", word));
    let sort = given(filter.sort.as_deref()).map_or(Some(RepairSort::Newest), |word| check.word("sort", word));
    let assignee = match given(filter.assignee.as_deref()) {
        None => None,
        Some("none") => Some(Assignee::Nobody),
        Some("me") => Some(Assignee::Member(actor.member().ok_or(Error::Unauthorized)?.membership)),
        Some(id) => match id.parse() {
            Ok(id) => Some(Assignee::Member(id)),
            Err(_) => {
                check.errors.add("assignee", "invalid_id", "must be an id, me or none");
                None
            }
        },
    };
    let (start, end) = (given(filter.start_date.as_deref()), given(filter.end_date.as_deref()));
    check.finish(())?;
    let mut checked = ListFilter { status, stage, assignee, ..ListFilter::default() };
    let overdue = filter.overdue.unwrap_or_default();
    if start.is_some() || end.is_some() || overdue {
        let tz = zone::zone(&identity::service::organisation(app, actor.org).await?.time_zone);
        checked.late_on = overdue.then(|| zone::day(app.clock.now(), tz));
        checked.from = start.map(|date| zone::day_start("startDate", date, 0, tz)).transpose()?;
        checked.before = end.map(|date| zone::day_start("endDate", date, 1, tz)).transpose()?;
    }
    checked.words = words_of_search(filter.search.as_deref());
    Ok((checked, sort.unwrap_or(RepairSort::Newest)))
}

/// The board: every status that is not final, with its last touched repairs that pass the filter.
///
/// # Errors
/// [`Error::Forbidden`] without `repairs:read`, [`Error::Validation`] for a filter that makes no sense.
pub async fn board(app: &App, actor: &Actor, filter: &RepairFilter) -> Result<Vec<BoardColumn>> {
    actor.require(Permission::RepairsRead)?;
    let (filter, _) = check_filter(app, actor, filter).await?;
    let mut columns = Vec::new();
    for status in LINE.into_iter().filter(|status| !status.is_final()).chain([RepairStatus::WaitingParts]) {
        columns.push(store::board_column(&app.db, actor.org, &filter, status, BOARD_CARDS).await?);
    }
    Ok(columns)
}

/// Open repairs by status, and how many of them are past their promised date: the numbers of the home page.
///
/// # Errors
/// [`Error::Forbidden`] without `repairs:read`.
pub async fn open_counts(app: &App, actor: &Actor) -> Result<(Vec<(RepairStatus, i64)>, i64)> {
    actor.require(Permission::RepairsRead)?;
    let by_status = store::open_by_status(&app.db, actor.org).await?;
    let filter = RepairFilter { overdue: Some(true), ..RepairFilter::default() };
    let (overdue, _) = check_filter(app, actor, &filter).await?;
    let overdue = store::count(&app.db, actor.org, &overdue).await?;
    Ok((by_status, overdue))
}
