//! What the cold-chain pages ask the server, and the shapes of its answers.

mod alerts;
mod cell_form;
mod choices;
mod devices;
mod fleet;
mod mute;
mod places;
mod policy;
mod wall;

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

pub use alerts::{
    AcknowledgeAlert, AcknowledgePlace, AlertQuery, AlertRow, AlertView, AlertsView, PresentView, ResolveAlert,
    get_alert, list_alerts,
};
pub use cell_form::{CellForm, ChangeCellView, NewCellView, change_cell, create_cell, get_cell_form, new_cell};
pub use choices::Choice;
pub use devices::{
    AddDevicesView, CHECKS, DeviceQuery, DeviceRow, DeviceView, DevicesView, NO_KEY, STORES, change_device,
    create_device, get_device, import_devices, list_devices, new_devices, rotate_key, with_key,
};
pub use fleet::{CellQuery, CellsView, CustomerRow, CustomersView, list_cells, list_customers};
pub use mute::{MuteCell, SilenceRow, UnmuteCell};
pub use places::{ChangePlaceView, PlaceView, change_place, create_location, get_place};
pub use policy::{LevelForm, LevelView, PolicyForm, PolicyView, Tick, get_policy, set_policy};
pub use wall::{WallView, get_wall};

use crate::error::PageError;
use crate::moment::Moment;
use crate::sent::Answered;
use crate::ui::{ChartData, TimelineItem};

/// Rows on a page of a list.
#[cfg(feature = "ssr")]
const PAGE: i64 = 50;

/// A name, and what tells it from others of that name.
#[cfg(feature = "ssr")]
fn joined(name: String, more: Option<String>) -> String {
    more.map_or_else(|| name.clone(), |more| format!("{name} · {more}"))
}

/// Alerts that are over, on a cell's page. All of them are in the list of alerts.
#[cfg(feature = "ssr")]
const PAST: i64 = 10;

/// A cold cell in the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellRow {
    /// The cell's id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The id of the place where it stands.
    pub location_id: String,
    /// What the place is called.
    pub location: String,
    /// The lowest and the highest temperature without an alert, in words.
    pub allowed: String,
    /// The newest temperature, in words.
    pub temperature: Option<String>,
    /// When that was.
    pub at: Option<Moment>,
    /// Whether that is beyond what is allowed: an alert may be about to open, or was closed by hand.
    pub is_out: bool,
    /// Whether no device there has been heard of for longer than the cell allows.
    pub is_silent: bool,
    /// Alerts that are active now.
    pub active_alerts: i64,
    /// Whether somebody works on it, or is going to.
    pub maintenance: Option<MaintenanceView>,
    /// Until when its notices are muted, in words.
    pub muted: Option<String>,
}

/// How a cell is, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// It has alerts.
    Alert,
    /// It has none, and is beyond its limits all the same.
    Out,
    /// Nothing is heard of it.
    Silent,
    /// None of these.
    InOrder,
}

impl CellRow {
    /// How the cell is.
    #[must_use]
    pub const fn condition(&self) -> Condition {
        match self {
            Self { active_alerts: 1.., .. } => Condition::Alert,
            // What was measured last says nothing of now.
            Self { is_silent: true, .. } => Condition::Silent,
            Self { is_out: true, .. } => Condition::Out,
            _ => Condition::InOrder,
        }
    }
}

/// Maintenance of a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaintenanceView {
    /// Whether it goes on now; else it is planned.
    pub runs: bool,
    /// `Maintenance until 12:00`.
    pub words: String,
    /// What is done.
    pub reason: Option<String>,
}

#[cfg(feature = "ssr")]
impl CellRow {
    fn of(
        cell: &officina::cold_chain::ColdCell,
        now: officina::kernel::time::Timestamp,
        calendar: &crate::moment::Calendar,
        unit: officina::identity::TemperatureUnit,
    ) -> Self {
        use officina::cold_chain::DeviceStatus;

        let maintenance = cell.maintenance.as_ref().map(|known| {
            let (runs, until) = (known.from <= now, calendar.ahead(known.until));
            let words = if runs {
                format!("Maintenance until {until}")
            } else {
                format!("Maintenance from {} to {until}", calendar.ahead(known.from))
            };
            MaintenanceView { runs, words, reason: known.reason.clone() }
        });
        Self {
            id: cell.id.to_string(),
            name: cell.name.clone(),
            location_id: cell.location_id.to_string(),
            location: cell.location_name.clone(),
            allowed: unit.range((cell.min_temperature, cell.max_temperature)),
            temperature: cell.temperature.map(|celsius| unit.words(celsius)),
            at: cell.temperature_at.map(|at| calendar.relative(at)),
            is_out: cell.temperature.is_some_and(|now| now < cell.min_temperature || now > cell.max_temperature),
            is_silent: DeviceStatus::at(now, cell.last_seen_at, cell.offline_after_seconds) == DeviceStatus::Offline,
            active_alerts: cell.active_alerts,
            maintenance,
            muted: cell.silenced_until.map(|until| format!("Notices muted until {}", calendar.ahead(until))),
        }
    }
}

/// A cell's page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellView {
    /// Whether the member may read the audit.
    pub may_audit: bool,
    /// The cell.
    pub cell: CellRow,
    /// The range shown.
    pub range: String,
    /// The chart.
    pub chart: ChartData,
    /// The lowest of the range, in words.
    pub lowest: Option<String>,
    /// The average of the range, in words.
    pub average: Option<String>,
    /// The highest of the range, in words.
    pub highest: Option<String>,
    /// Readings in the range.
    pub readings: i64,
    /// The devices in the cell.
    pub devices: Vec<DeviceRow>,
    /// The alerts that are active now.
    pub alerts: Vec<AlertRow>,
    /// The newest of those that are over.
    pub past: Vec<AlertRow>,
    /// What the customer is called whose it is.
    pub customer: Option<String>,
    /// What mutes notices about it, for those who may end that.
    pub silences: Vec<SilenceRow>,
    /// What was changed on the cell, newest first.
    pub timeline: Vec<TimelineItem>,
    /// The month that goes on at the cell's place, `YYYY-MM`: the last that there is a report of.
    pub month: String,
    /// What came of the form that adds a device, for those who may.
    pub of_device: Option<Answered>,
    /// Whether the member may make many devices from a table.
    pub may_add_many: bool,
    /// Whether the member may take note of alerts.
    pub may_acknowledge: bool,
    /// Whether the member may close alerts.
    pub may_resolve: bool,
    /// Whether the member may see the pages of places and devices, too.
    pub sees_fleet: bool,
    /// Whether the member may change the cell, and put it into maintenance.
    pub may_change: bool,
    /// Whether the member may mute notices about it.
    pub may_mute: bool,
}

/// A cell's page. A range that is none is a day.
#[server(prefix = "/_fn", endpoint = "cold-chain/cell", input = GetUrl)]
pub async fn get_cell(id: String, range: String) -> Result<CellView, PageError> {
    use officina::cold_chain::{AlertFilter, AlertStatus, ChartRange, service};
    use officina::kernel::page::PageRequest;
    use officina::kernel::permission::Permission;

    let (app, actor) = crate::context::context()?;
    let (calendar, unit) = crate::context::calendar_and_unit(&app, &actor).await?;
    let id = id.parse().map_err(|_| officina::Error::NotFound)?;
    let range = range.parse::<ChartRange>().unwrap_or(ChartRange::Day);
    let detail = service::get_cold_cell(&app, &actor, id).await?;
    let chart = service::chart(&app, &actor, id, range).await?;
    let now = app.clock.now();
    let alerts = service::alerts_of_cell(&app, &actor, id, now.plus(-range.milliseconds())).await?;
    let past = if actor.scope(Permission::AlertsRead).is_ok() {
        let over =
            AlertFilter { status: Some(AlertStatus::Resolved), cold_cell_id: Some(id), ..AlertFilter::default() };
        let newest = PageRequest { limit: Some(PAST), ..PageRequest::default() };
        service::list_alerts(&app, &actor, &over, &newest).await?.items
    } else {
        Vec::new()
    };
    let silences = mute::silences(&app, &actor, &detail.cell, &calendar).await?;
    let sees_fleet = actor.reach(Permission::ColdChainRead).is_ok();
    let device = |device: officina::cold_chain::Device| DeviceRow::of(device, sees_fleet, &calendar);
    let words = |celsius| unit.words(celsius);
    Ok(CellView {
        cell: CellRow::of(&detail.cell, now, &calendar, unit),
        range: range.to_string(),
        lowest: chart.stats.min.map(words),
        average: chart.stats.avg.map(words),
        highest: chart.stats.max.map(words),
        readings: chart.stats.count,
        chart: crate::cold_chain::drawing::chart_data(&detail.cell, &chart, &alerts, now, &calendar, unit),
        devices: detail.device_list.into_iter().map(device).collect(),
        alerts: detail.active_alert_list.into_iter().map(|alert| AlertRow::of(alert, &calendar, unit)).collect(),
        past: past.into_iter().map(|alert| AlertRow::of(alert, &calendar, unit)).collect(),
        customer: detail.cell.customer_name,
        silences,
        timeline: detail.timeline.iter().rev().map(|entry| timeline_item(entry, &calendar)).collect(),
        month: service::month_at(&app, &actor, detail.cell.location_id).await?,
        of_device: service::may_install(&actor)
            .is_ok()
            .then(|| Answered::here(&["cold-chain/create-device"], &["serial", "device_name"])),
        may_add_many: actor.permissions.has(Permission::DevicesManage),
        may_acknowledge: actor.permissions.has(Permission::AlertsAcknowledge),
        may_resolve: actor.permissions.has(Permission::AlertsResolve),
        sees_fleet,
        may_change: actor.permissions.has(Permission::ColdChainWrite),
        may_audit: actor.permissions.has(Permission::AuditRead),
        may_mute: actor.permissions.has(Permission::AlertsResolve),
    })
}

/// Puts a cell into maintenance from now on.
#[server(prefix = "/_fn", endpoint = "cold-chain/start-maintenance")]
pub async fn start_maintenance(id: String, hours: i64, reason: Option<String>) -> Result<(), PageError> {
    use officina::cold_chain::{StartMaintenance, service};
    use officina::kernel::time::HOUR;

    let (app, actor) = crate::context::context()?;
    let id = id.parse().map_err(|_| officina::Error::NotFound)?;
    let until = app.clock.now().plus(hours.saturating_mul(HOUR));
    let start = StartMaintenance { from: None, until: Some(until), reason };
    service::start_maintenance(&app, &actor, id, start).await?;
    Ok(())
}

/// Ends a cell's maintenance, or takes back what was planned.
#[server(prefix = "/_fn", endpoint = "cold-chain/end-maintenance")]
pub async fn end_maintenance(id: String) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    let id = id.parse().map_err(|_| officina::Error::NotFound)?;
    officina::cold_chain::service::end_maintenance(&app, &actor, id).await?;
    Ok(())
}

#[cfg(feature = "ssr")]
fn timeline_item(
    entry: &officina::kernel::timeline::TimelineEntry,
    calendar: &crate::moment::Calendar,
) -> TimelineItem {
    use crate::ui::{Icon, Tone};

    let (title, symbol) = match entry.action.as_str() {
        "cold_chain.cell_created" => ("Set up", Icon::List),
        "cold_chain.maintenance_started" => ("Maintenance", Icon::Wrench),
        "cold_chain.maintenance_ended" => ("Maintenance ended", Icon::Check),
        "cold_chain.silence_started" => ("Notices muted", Icon::Bell),
        "cold_chain.silence_ended" => ("Notices no longer muted", Icon::Bell),
        _ => ("Settings changed", Icon::List),
    };
    TimelineItem {
        title: title.to_owned(),
        when: calendar.relative(entry.at),
        actor: Some(entry.actor.clone()),
        public_note: None,
        internal_note: entry.internal_note.clone(),
        tone: Tone::Neutral,
        symbol,
    }
}
