//! Alerts that open, go on and resolve: the statements of the alert engine, each for many alerts at once.

use crate::Result;
use crate::cold_chain::alert::{AlertStatus, AlertType};
use crate::cold_chain::engine::{FLAPPING_FROM, KnownAlert, Open, Predecessor, Trouble};
use crate::cold_chain::model::Micro;
use crate::cold_chain::store::readings::DeviceRow;
use crate::kernel::db::{MultiRow, Tx, sql};
use crate::kernel::ids::{AlertId, ColdCellId, DeviceId, OrgId};
use crate::kernel::time::Timestamp;

/// A device and the cell in which it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub device_no: i64,
    pub org: OrgId,
    pub device: DeviceId,
    pub cell: ColdCellId,
}

impl From<&DeviceRow> for Place {
    fn from(device: &DeviceRow) -> Self {
        Self { device_no: device.no, org: device.org_id, device: device.id, cell: device.cold_cell_id }
    }
}

/// A new alert of a device. It may be over already: several crossings can come in one group.
pub(crate) struct NewAlert {
    pub id: AlertId,
    pub kind: AlertType,
    pub alert: Open,
    pub threshold: Option<Micro>,
    pub resolved_at: Option<Timestamp>,
    /// What it belongs to; a late one to nothing.
    pub trouble: Option<Trouble>,
    /// How far its trouble has escalated.
    pub escalated: Escalated,
}

impl NewAlert {
    /// One that nothing is known of yet but what the engine says.
    pub fn new(kind: AlertType, alert: Open, threshold: Option<Micro>, resolved_at: Option<Timestamp>) -> Self {
        let (id, escalated) = (AlertId::new(), Escalated::default());
        Self { id, kind, alert, threshold, resolved_at, trouble: None, escalated }
    }
}

/// How far an alert has escalated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Escalated {
    pub escalated_at: Option<Timestamp>,
    #[sqlx(rename = "escalation_steps")]
    pub steps: i64,
    #[sqlx(rename = "escalation_level")]
    pub level: i64,
}

/// What names a device's active alert: the device's number and the type.
pub(crate) type Name = (i64, AlertType);

static INSERT: MultiRow = MultiRow::new(
    "INSERT INTO alerts (org_id, id, cold_cell_id, device_id, device_no, type, status, late, threshold, worst, started_at, \
     opened_at, last_triggered_at, resolved_at, raised_at, escalate_at, trouble_id, trouble_since, trouble_openings, \
     escalated_at, escalation_steps, escalation_level) VALUES ",
    "($,$,$,$,$,$,$,$,$,$,$,$,$,$,$,$,$,$,$,$,$,$)",
    " ON CONFLICT DO NOTHING RETURNING id",
);

/// Stores new alerts, but none beside an active one of the same device and type, and tells which were stored.
pub(crate) async fn insert(tx: &mut Tx, new: &[(Place, NewAlert)]) -> Result<Vec<AlertId>> {
    let mut stored = Vec::with_capacity(new.len());
    let queries = INSERT.queries(new, tx.is_sqlite(), |query, (place, new)| {
        let NewAlert { id, kind, alert, threshold, resolved_at, trouble, escalated } = new;
        let openings = trouble.map_or(1, |trouble| trouble.openings);
        let status = if resolved_at.is_some() { AlertStatus::Resolved } else { AlertStatus::Active };
        // Late alerts do not escalate. When the others do, the policy says: it is asked at the next look.
        // What opens again and again escalates from the first opening.
        let flapping = trouble.filter(|trouble| trouble.openings >= FLAPPING_FROM);
        let raised_at = (!alert.late).then_some(flapping.map_or(alert.opened_at, |trouble| trouble.since));
        let is_going_on = resolved_at.is_none() || flapping.is_some();
        query
            .bind(place.org)
            .bind(*id)
            .bind(place.cell)
            .bind(place.device)
            .bind(place.device_no)
            .bind(*kind)
            .bind(status)
            .bind(alert.late)
            .bind(threshold.map(Micro::celsius))
            .bind(alert.excursion.worst)
            .bind(alert.excursion.from)
            .bind(alert.opened_at)
            .bind(alert.excursion.to)
            .bind(*resolved_at)
            .bind(raised_at)
            .bind(raised_at.filter(|_| is_going_on))
            .bind(trouble.map(|trouble| trouble.id))
            .bind(trouble.map(|trouble| trouble.since))
            .bind(openings)
            .bind(escalated.escalated_at)
            .bind(escalated.steps)
            .bind(escalated.level)
    });
    for query in queries {
        let rows: Vec<(AlertId,)> = query.all(&mut *tx).await?;
        stored.extend(rows.into_iter().map(|(id,)| id));
    }
    Ok(stored)
}

// What was late and goes on escalates from now on.
static TRIGGER: MultiRow = MultiRow::new(
    "UPDATE alerts SET started_at = v.column3, last_triggered_at = v.column4, worst = v.column5, late = (v.column6 = 1), \
     raised_at = CASE WHEN v.column6 = 0 AND alerts.raised_at IS NULL THEN v.column4 ELSE alerts.raised_at END, \
     escalate_at = CASE WHEN v.column6 = 0 AND alerts.raised_at IS NULL AND alerts.acknowledged_at IS NULL \
     THEN v.column4 ELSE alerts.escalate_at END FROM (VALUES ",
    "($,$,$,$,$,$)",
    ") AS v WHERE alerts.device_no = v.column1 AND alerts.type = v.column2 AND alerts.status = 'ACTIVE'",
);

/// Brings active alerts up to date.
pub(crate) async fn trigger(tx: &mut Tx, triggers: &[(Name, Open)]) -> Result<()> {
    let queries = TRIGGER.queries(triggers, tx.is_sqlite(), |query, ((device_no, kind), alert)| {
        query
            .bind(*device_no)
            .bind(*kind)
            .bind(alert.excursion.from)
            .bind(alert.excursion.to)
            .bind(alert.excursion.worst)
            .bind(i64::from(alert.late))
    });
    for query in queries {
        query.run(&mut *tx).await?;
    }
    Ok(())
}

static RESOLVE: MultiRow = MultiRow::new(
    // From as many openings on as `FLAPPING_FROM` it goes on to escalate.
    "UPDATE alerts SET status = 'RESOLVED', resolved_at = v.column3, \
     escalate_at = CASE WHEN alerts.trouble_openings >= 3 THEN alerts.escalate_at END FROM (VALUES ",
    "($,$,$)",
    ") AS v WHERE alerts.device_no = v.column1 AND alerts.type = v.column2 AND alerts.status = 'ACTIVE' \
     RETURNING id, device_no, type",
);

/// Resolves active alerts because the values came back, and tells which these were.
pub(crate) async fn resolve(tx: &mut Tx, over: &[(Name, Timestamp)]) -> Result<Vec<(AlertId, i64, AlertType)>> {
    let mut resolved = Vec::with_capacity(over.len());
    let queries = RESOLVE
        .queries(over, tx.is_sqlite(), |query, ((device_no, kind), at)| query.bind(*device_no).bind(*kind).bind(*at));
    for query in queries {
        resolved.extend(query.all::<(AlertId, i64, AlertType)>(&mut *tx).await?);
    }
    Ok(resolved)
}

/// The newest alert of a cell and family that did not come late.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct PredecessorRow {
    pub org_id: OrgId,
    pub cold_cell_id: ColdCellId,
    pub id: AlertId,
    #[sqlx(rename = "type")]
    pub kind: AlertType,
    opened_at: Timestamp,
    resolved_at: Option<Timestamp>,
    is_attended: bool,
    trouble_id: Option<AlertId>,
    trouble_since: Option<Timestamp>,
    trouble_openings: i64,
    #[sqlx(flatten)]
    pub escalated: Escalated,
}

impl PredecessorRow {
    /// As the engine sees it.
    pub fn predecessor(&self) -> Predecessor {
        let trouble = Trouble {
            id: self.trouble_id.unwrap_or(self.id),
            since: self.trouble_since.unwrap_or(self.opened_at),
            openings: self.trouble_openings,
        };
        let Self { opened_at, resolved_at, is_attended, .. } = *self;
        Predecessor { trouble, opened_at, resolved_at, is_attended }
    }
}

static PREDECESSORS: MultiRow = MultiRow::new(
    "SELECT a.org_id, a.cold_cell_id, a.id, a.type, a.opened_at, a.resolved_at, \
     a.acknowledged_at IS NOT NULL OR a.resolved_by IS NOT NULL AS is_attended, a.trouble_id, a.trouble_since, \
     a.trouble_openings, a.escalated_at, a.escalation_steps, a.escalation_level FROM (VALUES ",
    "($,$,$,$)",
    ") AS asked JOIN alerts a ON a.org_id = asked.column1 AND a.id = (SELECT b.id FROM alerts b \
     WHERE b.org_id = asked.column1 AND b.cold_cell_id = asked.column2 AND b.type IN (asked.column3, asked.column4) \
     AND NOT b.late ORDER BY b.opened_at DESC, b.id DESC LIMIT 1)",
);

/// The newest alerts of cells and families, where there are any.
pub(crate) async fn predecessors(
    tx: &mut Tx,
    asked: &[(OrgId, ColdCellId, [AlertType; 2])],
) -> Result<Vec<PredecessorRow>> {
    let queries = PREDECESSORS.queries(asked, tx.is_sqlite(), |query, (org, cell, [one, other])| {
        query.bind(*org).bind(*cell).bind(*one).bind(*other)
    });
    let mut found = Vec::new();
    for query in queries {
        found.extend(query.all::<PredecessorRow>(&mut *tx).await?);
    }
    Ok(found)
}

static HAND_OVER: MultiRow = MultiRow::new(
    "UPDATE alerts SET escalate_at = NULL FROM (VALUES ",
    "($,$)",
    ") AS v WHERE alerts.org_id = v.column1 AND alerts.id = v.column2 AND alerts.status = 'RESOLVED' \
     AND alerts.escalate_at IS NOT NULL",
);

/// Leaves the escalation of alerts that are over to those that have opened after them.
pub(crate) async fn hand_over(tx: &mut Tx, alerts: &[(OrgId, AlertId)]) -> Result<()> {
    for query in HAND_OVER.queries(alerts, tx.is_sqlite(), |query, (org, id)| query.bind(*org).bind(*id)) {
        query.run(&mut *tx).await?;
    }
    Ok(())
}

/// Corrects an alert. What was late and goes on escalates from now on.
pub(crate) async fn correct(tx: &mut Tx, org: OrgId, alert: &KnownAlert) -> Result<()> {
    let Open { excursion, opened_at, late } = alert.alert;
    sql("UPDATE alerts SET started_at = $3, opened_at = $4, last_triggered_at = $5, worst = $6, resolved_at = $7, \
         status = CASE WHEN CAST($7 AS BIGINT) IS NULL THEN 'ACTIVE' ELSE 'RESOLVED' END, \
         raised_at = CASE WHEN late AND NOT $8 THEN $5 ELSE raised_at END, \
         escalate_at = CASE WHEN CAST($7 AS BIGINT) IS NOT NULL THEN NULL \
         WHEN late AND NOT $8 AND acknowledged_at IS NULL THEN $5 ELSE escalate_at END, \
         late = $8 WHERE org_id = $1 AND id = $2")
    .bind(org)
    .bind(alert.id)
    .bind(excursion.from)
    .bind(opened_at)
    .bind(excursion.to)
    .bind(excursion.worst)
    .bind(alert.resolved_at)
    .bind(late)
    .run(tx)
    .await?;
    Ok(())
}
