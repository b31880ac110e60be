//! What the repair pages ask the server, and the shapes of its answers.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use officina::identity::Colleague;
use officina::kernel::page::Extent;
use officina::repairs::{RepairDetail, RepairStatus, StepRights};
use serde::{Deserialize, Serialize};

use crate::error::PageError;
use crate::moment::Moment;
use crate::ui::TimelineItem;

/// Rows on a page of the list.
#[cfg(feature = "ssr")]
const PAGE: i64 = 50;

/// Which repairs the list shows: the query of its address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairQuery {
    /// One status, `open` for all that are not over, or `all`. Without one, all; of one's own, what is open.
    pub status: Option<String>,
    /// Words that must occur.
    pub search: Option<String>,
    /// `me`, `none` or a membership.
    pub assignee: Option<String>,
    /// Whether only those are meant that are past their promised day.
    #[serde(default)]
    pub overdue: bool,
    /// The order.
    pub sort: Option<String>,
    /// Where the last page ended.
    pub cursor: Option<String>,
}

/// A repair in a list or on the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairRow {
    /// The repair's id.
    pub id: String,
    /// The code of the tracking page.
    pub code: String,
    /// Where it stands.
    pub status: RepairStatus,
    /// While waiting for parts: the step that was left.
    pub waiting_from: Option<RepairStatus>,
    /// The plate.
    pub plate: String,
    /// Brand and model.
    pub vehicle: String,
    /// The customer's name.
    pub customer: String,
    /// Who works on it.
    pub assignee: Option<String>,
    /// The date promised.
    pub promised: Option<Moment>,
    /// Whether that date is over and the car still here.
    pub is_overdue: bool,
    /// When it last changed.
    pub updated: Moment,
    /// Counts the changes.
    pub version: i64,
}

impl RepairQuery {
    /// Whether one's own work is asked for: what is open, the first due first, unless something else is.
    #[must_use]
    pub fn is_own_work(&self) -> bool {
        self.assignee.as_deref() == Some("me")
    }

    /// The filter that it stands for.
    #[cfg(feature = "ssr")]
    fn filter(self) -> officina::repairs::RepairFilter {
        let own_work = self.is_own_work();
        let open = Some("open".to_owned());
        let (status, stage) = match self.status.as_deref() {
            Some("open") => (None, open),
            None if own_work => (None, open),
            None | Some("all") => (None, None),
            Some(_) => (self.status.clone(), None),
        };
        let by_default = (own_work && stage.is_some()).then(|| "due".to_owned());
        officina::repairs::RepairFilter {
            status,
            stage,
            search: self.search,
            assignee: self.assignee,
            overdue: Some(self.overdue),
            sort: self.sort.or(by_default),
            ..officina::repairs::RepairFilter::default()
        }
    }
}

#[cfg(feature = "ssr")]
impl RepairRow {
    /// The row of a repair.
    #[must_use]
    pub fn of(repair: officina::repairs::RepairSummary, calendar: &crate::moment::Calendar) -> Self {
        let can_be_late = repair.status.can_be_late();
        Self {
            id: repair.id.to_string(),
            code: repair.tracking_code,
            status: repair.status,
            waiting_from: repair.waiting_from,
            plate: repair.plate,
            vehicle: [repair.brand, repair.model].into_iter().flatten().collect::<Vec<_>>().join(" "),
            customer: repair.customer_name,
            assignee: repair.assignee_name,
            is_overdue: can_be_late && repair.promised_date.as_ref().is_some_and(|date| *date < calendar.today()),
            promised: repair.promised_date.as_deref().map(|date| calendar.short_day(date)),
            updated: calendar.relative(repair.updated_at),
            version: repair.version,
        }
    }
}

/// A page of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairsView {
    /// The rows.
    pub rows: Vec<RepairRow>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// Which rows of how many these are.
    pub extent: Extent,
    /// Whether they are the own ones of a customer.
    pub own: bool,
}

/// The board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    /// The columns.
    pub columns: Vec<BoardColumnView>,
    /// Which cards the member may move, and where to.
    pub rights: StepRights,
}

/// A column of the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardColumnView {
    /// The status of its cards.
    pub status: RepairStatus,
    /// How many repairs have it.
    pub total: i64,
    /// The cards shown.
    pub cards: Vec<RepairRow>,
}

/// A repair's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairView {
    /// Whether the member may read the audit.
    pub may_audit: bool,
    /// The repair.
    pub repair: RepairDetail,
    /// When it was made.
    pub created: Moment,
    /// When it last changed.
    pub updated: Moment,
    /// When the car is expected.
    pub appointment: Option<Moment>,
    /// Day and time that the form for the appointment begins with.
    pub suggested: (String, String),
    /// The date promised.
    pub promised: Option<Moment>,
    /// Day and place of the accident, as far as they were told.
    pub accident: Option<String>,
    /// Day and time that the customer wished for.
    pub preferred: Option<String>,
    /// The history, newest first.
    pub timeline: Vec<TimelineItem>,
    /// Who it can be given to.
    pub colleagues: Vec<Colleague>,
    /// Whether the member may change it as it stands.
    pub may_write: bool,
    /// Whether the member may give it to others.
    pub may_assign: bool,
}

/// A page of the list.
#[server(prefix = "/_fn", endpoint = "repairs/list", input = GetUrl)]
pub async fn list_repairs(query: RepairQuery) -> Result<RepairsView, PageError> {
    use officina::kernel::page::PageRequest;
    use officina::kernel::permission::Permission;
    use officina::repairs::service;

    let (app, actor) = crate::context::context()?;
    let calendar = crate::context::calendar(&app, &actor).await?;
    let page = PageRequest::shown(PAGE, query.cursor.clone());
    let page = service::list(&app, &actor, &query.filter(), &page).await?;
    Ok(RepairsView {
        extent: page.extent(),
        next: page.next_cursor,
        own: actor.reach(Permission::RepairsRead).is_err(),
        rows: page.items.into_iter().map(|repair| RepairRow::of(repair, &calendar)).collect(),
    })
}

/// The board, as far as it passes a filter.
#[server(prefix = "/_fn", endpoint = "repairs/board", input = GetUrl)]
pub async fn get_board(
    #[server(default)] search: String,
    #[server(default)] assignee: String,
    #[server(default)] overdue: bool,
) -> Result<Board, PageError> {
    use officina::repairs::RepairFilter;

    let (app, actor) = crate::context::context()?;
    let calendar = crate::context::calendar(&app, &actor).await?;
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    let filter = RepairFilter {
        search: given(search),
        assignee: given(assignee),
        overdue: Some(overdue),
        ..RepairFilter::default()
    };
    let columns = officina::repairs::service::board(&app, &actor, &filter).await?;
    Ok(Board {
        columns: columns
            .into_iter()
            .map(|column| BoardColumnView {
                status: column.status,
                total: column.total,
                cards: column.repairs.into_iter().map(|repair| RepairRow::of(repair, &calendar)).collect(),
            })
            .collect(),
        rights: StepRights::of(actor.permissions),
    })
}

/// A repair's page.
#[server(prefix = "/_fn", endpoint = "repairs/get", input = GetUrl)]
pub async fn get_repair(id: String) -> Result<RepairView, PageError> {
    use officina::kernel::permission::Permission;

    let (app, actor) = crate::context::context()?;
    let calendar = crate::context::calendar(&app, &actor).await?;
    let repair = officina::repairs::service::get(&app, &actor, parse_id(&id)?).await?;
    let may_write = StepRights::of(actor.permissions).may_change(repair.status);
    let is_expected = matches!(repair.status, RepairStatus::PreCheckin | RepairStatus::Confirmed);
    let suggested = match may_write && is_expected {
        true => officina::repairs::appointments::suggested(&app, &actor, &repair).await?,
        false => Default::default(),
    };
    let colleagues = if may_write { officina::identity::service::colleagues(&app, &actor).await? } else { Vec::new() };
    let people = people(&app, &actor, &repair.status_history).await?;
    let words = crate::audit::Words { calendar, people: &people };
    let day = |date: &Option<String>| date.as_deref().map(|date| calendar.day(date).words);
    let joined = |day: Option<String>, rest: &Option<String>| {
        let parts: Vec<String> = day.into_iter().chain(rest.clone()).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    };
    Ok(RepairView {
        created: calendar.relative(repair.created_at),
        updated: calendar.relative(repair.updated_at),
        appointment: repair.appointment_at.map(|at| calendar.moment(at)),
        suggested,
        promised: repair.promised_date.as_deref().map(|date| calendar.day(date)),
        accident: joined(day(&repair.accident_date), &repair.accident_place),
        preferred: joined(day(&repair.preferred_date), &repair.preferred_time),
        timeline: repair.status_history.iter().rev().map(|entry| timeline_item(entry, &words)).collect(),
        colleagues,
        may_write,
        may_audit: actor.permissions.has(Permission::AuditRead),
        may_assign: actor.permissions.has(Permission::RepairsAssign),
        repair,
    })
}

/// What a step has led to, in words for a toast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The car's plate.
    pub plate: String,
    /// Where its repair stands now.
    pub status: RepairStatus,
}

impl Moved {
    /// Says it.
    #[must_use]
    pub fn words(&self) -> String {
        format!("{}: {}", self.plate, super::looks::status_label(self.status))
    }
}

/// Moves a repair to another status.
#[server(prefix = "/_fn", endpoint = "repairs/status")]
pub async fn change_status(
    id: String,
    version: i64,
    status: String,
    note: Option<String>,
    public_note: Option<String>,
) -> Result<Moved, PageError> {
    let (app, actor) = crate::context::context()?;
    let change = officina::repairs::ChangeStatus { status, note, public_note, notify: None, version: Some(version) };
    let repair = officina::repairs::service::change_status(&app, &actor, parse_id(&id)?, &change).await?;
    Ok(Moved { plate: repair.vehicle.plate, status: repair.status })
}

/// Confirms a check-in for a day and time, or moves the appointment. `outside_hours` is there when its box is ticked.
#[server(prefix = "/_fn", endpoint = "repairs/confirm")]
pub async fn confirm_repair(
    id: String,
    version: i64,
    date: String,
    time: String,
    message: Option<String>,
    outside_hours: Option<String>,
) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    let input = officina::repairs::ConfirmRepair {
        appointment_at: None,
        confirmed_date: Some(date),
        confirmed_time: Some(time),
        message,
        outside_hours: outside_hours.is_some(),
        version: Some(version),
    };
    officina::repairs::appointments::confirm(&app, &actor, parse_id(&id)?, &input).await?;
    Ok(())
}

/// Adds a note to a repair: `public` ones are read by the customer, all others by colleagues.
#[server(prefix = "/_fn", endpoint = "repairs/note")]
pub async fn add_note(id: String, note: String, audience: String) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    let note = officina::repairs::AddNote { note, public: audience == "public" };
    officina::repairs::notes::add(&app, &actor, parse_id(&id)?, &note).await?;
    Ok(())
}

/// Changes the facts of a repair.
#[server(prefix = "/_fn", endpoint = "repairs/update")]
pub async fn update_repair(
    id: String,
    version: i64,
    promised_date: Option<String>,
    assignee_id: Option<String>,
    insurance_company: Option<String>,
    policy_number: Option<String>,
    notes: Option<String>,
) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    let update = officina::repairs::UpdateRepair {
        promised_date,
        assignee_id,
        insurance_company,
        policy_number,
        notes,
        version: Some(version),
    };
    officina::repairs::service::update(&app, &actor, parse_id(&id)?, &update).await?;
    Ok(())
}

/// An id from an address; what is no id is as unknown as one that nobody has.
#[cfg(feature = "ssr")]
fn parse_id(id: &str) -> Result<officina::kernel::ids::RepairId, PageError> {
    id.parse().map_err(|_| officina::Error::NotFound.into())
}

/// The names of the members that a history tells of, by their ids.
#[cfg(feature = "ssr")]
async fn people(
    app: &officina::kernel::App,
    actor: &officina::kernel::actor::Actor,
    history: &[officina::kernel::timeline::TimelineEntry],
) -> Result<std::collections::HashMap<String, String>, PageError> {
    let changes = history.iter().flat_map(|entry| &entry.changes).filter(|change| change.field == "assigneeId");
    let mut ids: Vec<officina::kernel::ids::MembershipId> =
        changes.flat_map(|change| [&change.from, &change.to]).flatten().filter_map(|id| id.parse().ok()).collect();
    ids.sort_unstable();
    ids.dedup();
    let members = officina::identity::service::members_named(app, actor.org, &ids).await?;
    Ok(members.into_iter().map(|member| (member.id.to_string(), member.name)).collect())
}

/// What colleagues are told of a line: the note, or what changed.
#[cfg(feature = "ssr")]
fn internal_note(entry: &officina::kernel::timeline::TimelineEntry, words: &crate::audit::Words<'_>) -> Option<String> {
    let line = |change| crate::audit::change_line("repair", change, words);
    let changes: Vec<String> = entry.changes.iter().map(line).collect();
    entry.internal_note.clone().or_else(|| (!changes.is_empty()).then(|| changes.join("\n")))
}

/// A line of a repair's history.
#[cfg(feature = "ssr")]
fn timeline_item(entry: &officina::kernel::timeline::TimelineEntry, words: &crate::audit::Words<'_>) -> TimelineItem {
    use super::looks::{status_label, status_look};
    use crate::ui::{Icon, Tone};

    let status = entry.to.as_deref().and_then(|word| word.parse::<RepairStatus>().ok());
    let (title, (tone, symbol)) = match (status, entry.action.as_str()) {
        (Some(status), _) => (status_label(status), status_look(status)),
        (None, "repairs.appointment_moved") => ("Appointment moved", (Tone::Info, Icon::Calendar)),
        (None, "repairs.note_added") => ("Note", (Tone::Neutral, Icon::Message)),
        (None, "repairs.photos_added") => ("Photos added", (Tone::Neutral, Icon::Camera)),
        (None, "repairs.photo_deleted") => ("Photo removed", (Tone::Neutral, Icon::Camera)),
        (None, _) => ("Details changed", (Tone::Neutral, Icon::List)),
    };
    TimelineItem {
        title: title.to_owned(),
        when: words.calendar.relative(entry.at),
        actor: Some(entry.actor.clone()).filter(|name| !name.is_empty()),
        public_note: entry.public_note.clone(),
        internal_note: internal_note(entry, words),
        tone,
        symbol,
    }
}
