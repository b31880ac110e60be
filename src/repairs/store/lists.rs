//! Lists of repairs.

use crate::Result;
use crate::kernel::db::{Conn, Db, Sort, Sql, sql};
use crate::kernel::ids::{CustomerId, MembershipId, OrgId};
use crate::kernel::page::PageWindow;
use crate::kernel::time::Timestamp;
use crate::repairs::inputs::{RepairSort, RepairStage};
use crate::repairs::model::{BoardColumn, RepairSummary};
use crate::repairs::status::RepairStatus;

/// A list's filter, checked.
#[derive(Debug, Clone, Default)]
pub(crate) struct ListFilter {
    pub status: Option<RepairStatus>,
    pub stage: Option<RepairStage>,
    pub from: Option<Timestamp>,
    pub before: Option<Timestamp>,
    pub words: Vec<String>,
    pub assignee: Option<Assignee>,
    /// Only those of these customers.
    pub customers: Option<Vec<CustomerId>>,
    /// Not ready, and promised for a day before this one.
    pub late_on: Option<String>,
}

/// Whose repairs are listed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Assignee {
    Nobody,
    Member(MembershipId),
}

/// A repair in a list, with what its form said of the vehicle.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct SummaryRow {
    #[sqlx(flatten)]
    pub summary: RepairSummary,
    pub submitted_vehicle: Option<String>,
}

const SUMMARY: &str = "SELECT r.id, r.tracking_code, r.status, r.waiting_from, r.repair_type, c.name AS customer_name, \
     c.phone AS customer_phone, v.plate, v.brand, v.model, a.name AS assignee_name, r.promised_date, r.version, \
     r.created_at, r.updated_at, r.submitted_vehicle \
     FROM repairs r \
     JOIN customers c ON c.org_id = r.org_id AND c.id = r.customer_id \
     JOIN vehicles v ON v.org_id = r.org_id AND v.id = r.vehicle_id \
     LEFT JOIN memberships m ON m.org_id = r.org_id AND m.id = r.assignee_id \
     LEFT JOIN accounts a ON a.id = m.account_id \
     WHERE r.org_id = ";

/// [`RepairStatus::can_be_late`], in the words of the index.
const CAN_BE_LATE: &str = " AND r.status NOT IN ('ready', 'delivered', 'cancelled')";

/// The promised day as a whole number that grows with it, in the words of the index; [`NEVER_DUE`] where none is promised.
const DUE: &str = "CAST(REPLACE(COALESCE(r.promised_date, '9999-12-31'), '-', '') AS BIGINT)";
/// What stands in the place of a promised day where there is none.
pub(crate) const NEVER_DUE: &str = "9999-12-31";

pub(crate) async fn list(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    filter: &ListFilter,
    sort: RepairSort,
    window: PageWindow,
) -> Result<Vec<SummaryRow>> {
    let mut query = sql(SUMMARY);
    query.push_bind(org);
    push_filter(&mut query, filter);
    // Each order has its index.
    let sort = match sort {
        RepairSort::Newest => Sort::descending("r.created_at", "r.id"),
        RepairSort::Oldest => Sort::ascending("r.created_at", "r.id"),
        RepairSort::Updated => Sort::descending("r.updated_at", "r.id"),
        RepairSort::Due => Sort::ascending(DUE, "r.id"),
    };
    query.push_window(sort, &window);
    query.all(on).await
}

/// How many repairs pass the filter, counted a little beyond the limit of exact totals.
pub(crate) async fn count(on: impl Into<Conn<'_>>, org: OrgId, filter: &ListFilter) -> Result<i64> {
    let mut query = sql("SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM repairs r WHERE r.org_id = ");
    query.push_bind(org);
    push_filter(&mut query, filter);
    query.counted(on).await
}

fn push_filter(query: &mut Sql, filter: &ListFilter) {
    if let Some(customers) = &filter.customers {
        query.push(" AND r.customer_id IN (").push_list(customers).push(")");
    }
    if let Some(status) = filter.status {
        query.push(" AND r.status = ").push_bind(status);
    }
    match filter.stage {
        // In the words of the index.
        Some(RepairStage::Open) => {
            query.push(" AND r.status NOT IN ('delivered', 'cancelled')");
        }
        Some(RepairStage::Closed) => {
            query.push(" AND r.status IN ('delivered', 'cancelled')");
        }
        None => {}
    }
    if let Some(from) = filter.from {
        query.push(" AND r.created_at >= ").push_bind(from);
    }
    if let Some(before) = filter.before {
        query.push(" AND r.created_at < ").push_bind(before);
    }
    query.push_words("r.search", &filter.words);
    if let Some(today) = &filter.late_on {
        query.push(" AND r.promised_date < ").push_bind(today).push(CAN_BE_LATE);
    }
    match filter.assignee {
        Some(Assignee::Nobody) => {
            query.push(" AND r.assignee_id IS NULL");
        }
        Some(Assignee::Member(member)) => {
            query.push(" AND r.assignee_id = ").push_bind(member);
        }
        None => {}
    }
}

/// A column of the board: how many there are, and the last touched ones.
pub(crate) async fn board_column(
    db: &Db,
    org: OrgId,
    filter: &ListFilter,
    status: RepairStatus,
    cards: u32,
) -> Result<BoardColumn> {
    let filter = ListFilter { status: Some(status), ..filter.clone() };
    let window = PageWindow::inner(cards, None);
    let mut repairs = list(db, org, &filter, RepairSort::Updated, window).await?;
    let total = if repairs.len() > cards as usize {
        count(db, org, &filter).await?
    } else {
        i64::try_from(repairs.len()).unwrap_or(i64::MAX)
    };
    repairs.truncate(cards as usize);
    Ok(BoardColumn { status, total, repairs: repairs.into_iter().map(|row| row.summary).collect() })
}

/// How many repairs stand in each status that is not final.
pub(crate) async fn open_by_status(on: impl Into<Conn<'_>>, org: OrgId) -> Result<Vec<(RepairStatus, i64)>> {
    sql("SELECT status, CAST(COUNT(*) AS BIGINT) FROM repairs WHERE org_id = $1 AND status IN \
         ('pre_checkin', 'confirmed', 'accepted', 'disassembly', 'bodywork', 'painting', 'reassembly', 'quality_check', \
         'ready', 'waiting_parts') GROUP BY status")
    .bind(org)
    .all(on)
    .await
}
