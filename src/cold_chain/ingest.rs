//! Taking readings in groups: one transaction for whatever came in at the same time.
//!
//! Everything a reading changes is changed here, in one transaction: the reading itself, the chart's buckets, the
//! device's latest values, alerts and their journal. So what was answered is stored as a whole or not at all, and a
//! repeated delivery changes nothing. The cost is a fixed number of statements per group, whatever its size.

use std::collections::{HashMap, HashSet};

use crate::cold_chain::alert::AlertType;
use crate::cold_chain::chart::{BUCKET_SPANS, Summary};
use crate::cold_chain::engine::{self, Arrival, Effect, Observation, Open, Rule, Tracks};
use crate::cold_chain::model::Micro;
use crate::cold_chain::reading::{FLAG_CLOCK_SUSPECT, FLAG_LATE, Reading};
use crate::cold_chain::store::alerts::{self, OpenedAlert, Trigger};
use crate::cold_chain::store::readings::{self, BucketKey, DeviceRow, ReadingKey, ReadingRow};
use crate::kernel::actor::{Actor, ActorKind};
use crate::kernel::db::{Db, Tx};
use crate::kernel::ids::AlertId;
use crate::kernel::journal::{self, Entry};
use crate::kernel::permission::PermissionSet;
use crate::kernel::time::{SECOND, Timestamp};
use crate::{Error, Result};

/// What one request of one device brings: only readings that passed [`crate::cold_chain::wire::parse`].
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The device, see [`crate::cold_chain::service::admit`].
    pub device_no: i64,
    /// The state of the device's keys when the request was let in.
    pub access_epoch: i64,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The readings.
    pub readings: Vec<Reading>,
}

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All of it is stored now; for each reading, whether it is new.
    Stored(Vec<Novelty>),
    /// The device's keys changed since the request was let in; nothing was stored. Let it in anew.
    Stale,
}

/// Whether a reading was known already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Novelty {
    /// It was not, and is stored now.
    Accepted,
    /// It was stored before.
    Duplicate,
}

/// Stores a group. When it returns, the readings are durable.
///
/// # Errors
/// What the database says; nothing of the group is stored then.
pub async fn store_group(db: &Db, now: Timestamp, deliveries: &[Delivery]) -> Result<Vec<Outcome>> {
    // Duplicates are rare: the group is first stored in the hope that there are none, and only counted.
    if let Some(outcomes) = store(db, now, deliveries, Duplicates::Unexpected).await? {
        return Ok(outcomes);
    }
    let outcomes = store(db, now, deliveries, Duplicates::Told).await?;
    outcomes.ok_or_else(|| Error::internal("a group with known duplicates was not stored"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Duplicates {
    Unexpected,
    Told,
}

/// A device during a group.
struct Context {
    row: DeviceRow,
    tracks: Tracks,
    stored: bool,
}

/// The work of one group between reading the devices and committing.
#[derive(Default)]
struct Group {
    contexts: Vec<Context>,
    by_number: HashMap<i64, usize>,
    rows: Vec<ReadingRow>,
    /// Delivery and index in it, for each row.
    origins: Vec<(usize, usize)>,
    outcomes: Vec<Outcome>,
}

async fn store(db: &Db, now: Timestamp, deliveries: &[Delivery], expect: Duplicates) -> Result<Option<Vec<Outcome>>> {
    let mut numbers: Vec<i64> = deliveries.iter().map(|delivery| delivery.device_no).collect();
    numbers.sort_unstable();
    numbers.dedup();

    let mut tx = db.begin().await?;
    let mut group = Group::new(readings::devices(&mut tx, &numbers).await?);
    group.collect(deliveries);
    match expect {
        Duplicates::Unexpected => {
            if readings::insert(&mut tx, &group.rows).await? != group.rows.len() as u64 {
                tx.rollback().await?;
                return Ok(None);
            }
        }
        Duplicates::Told => {
            let new = readings::insert_telling(&mut tx, &group.rows).await?;
            group.keep(&new.into_iter().collect());
        }
    }
    readings::add_to_buckets(&mut tx, &group.buckets()).await?;
    let changes = group.observe()?;
    let states: Vec<_> = group.contexts.iter().filter(|c| c.stored).map(|c| (c.row.no, &c.row.state)).collect();
    readings::write_states(&mut tx, &states).await?;
    if !changes.is_empty() {
        write_alerts(&mut tx, now, &group.contexts, changes).await?;
    }
    tx.commit().await?;
    Ok(Some(group.outcomes))
}

impl Group {
    fn new(devices: Vec<DeviceRow>) -> Self {
        let by_number = devices.iter().enumerate().map(|(index, device)| (device.no, index)).collect();
        let contexts = devices
            .into_iter()
            .map(|row| Context {
                // What cannot be read was written by another version: the engine starts afresh.
                tracks: row
                    .state
                    .tracks
                    .as_deref()
                    .and_then(|json| serde_json::from_str(json).ok())
                    .unwrap_or_default(),
                row,
                stored: false,
            })
            .collect();
        Self { contexts, by_number, ..Self::default() }
    }

    /// Turns deliveries into rows, leaving out what occurs twice in the group itself.
    fn collect(&mut self, deliveries: &[Delivery]) {
        let mut seen: HashSet<ReadingKey> = HashSet::with_capacity(deliveries.iter().map(|d| d.readings.len()).sum());
        for (number, delivery) in deliveries.iter().enumerate() {
            let context = self.by_number.get(&delivery.device_no).map(|index| &mut self.contexts[*index]);
            let Some(context) = context.filter(|context| context.row.access_epoch == delivery.access_epoch) else {
                self.outcomes.push(Outcome::Stale);
                continue;
            };
            let mut novelty = vec![Novelty::Accepted; delivery.readings.len()];
            for (index, reading) in delivery.readings.iter().enumerate() {
                let row = context.place(reading, delivery.received_at);
                if seen.insert(row.key()) {
                    self.rows.push(row);
                    self.origins.push((number, index));
                } else {
                    novelty[index] = Novelty::Duplicate;
                }
            }
            self.outcomes.push(Outcome::Stored(novelty));
        }
        // In the order of the table and of time: what the engine and the indexes both want.
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_unstable_by_key(|index| {
            let row = &self.rows[*index];
            (row.device_no, row.at, row.dedupe_kind, row.dedupe_key)
        });
        self.rows = order.iter().map(|index| self.rows[*index]).collect();
        self.origins = order.iter().map(|index| self.origins[*index]).collect();
    }

    /// Keeps the rows that were new, and notes that the others were duplicates.
    fn keep(&mut self, new: &HashSet<ReadingKey>) {
        let mut rows = Vec::with_capacity(new.len());
        for (row, (delivery, index)) in self.rows.iter().zip(&self.origins) {
            if new.contains(&row.key()) {
                rows.push(*row);
            } else if let Outcome::Stored(novelty) = &mut self.outcomes[*delivery] {
                novelty[*index] = Novelty::Duplicate;
            }
        }
        self.rows = rows;
    }

    /// What the rows add to the buckets, sorted by key.
    fn buckets(&self) -> Vec<(BucketKey, Summary)> {
        let mut added: Vec<(BucketKey, Summary)> = Vec::new();
        for span in BUCKET_SPANS {
            let width = span * SECOND;
            let mut current: Option<(BucketKey, Summary)> = None;
            for row in &self.rows {
                let start = Timestamp(row.at.0.div_euclid(width) * width);
                let key = (row.cell_no, start, span);
                let summary = Summary::of(row.temperature);
                // Rows of a device are in the order of time, so most fall into the bucket of the one before.
                current = match current {
                    Some((known, sum)) if known == key => Some((known, sum.and(summary))),
                    other => {
                        added.extend(other);
                        Some((key, summary))
                    }
                };
            }
            added.extend(current);
        }
        added.sort_unstable_by_key(|(key, _)| *key);
        added.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                earlier.1 = earlier.1.and(later.1);
            }
            same
        });
        added
    }

    /// Brings the devices' states up to date and asks the alert engine what follows.
    fn observe(&mut self) -> Result<Vec<Change>> {
        let mut changes = Changes::default();
        let mut effects = Vec::new();
        let mut position = 0;
        while position < self.rows.len() {
            let device_no = self.rows[position].device_no;
            let length = self.rows[position..].iter().take_while(|row| row.device_no == device_no).count();
            let rows = &self.rows[position..position + length];
            position += length;
            let Some(index) = self.by_number.get(&device_no).copied() else { continue };
            let context = &mut self.contexts[index];
            let before = context.tracks.clone();
            let rule = context.rule();
            for row in rows {
                let arrival = context.arrive(row);
                let seen = Observation { at: row.at, temperature: row.temperature, power: row.power, arrival };
                engine::step(&mut context.tracks, &rule, &seen, &mut effects);
                for effect in effects.drain(..) {
                    changes.add(index, effect);
                }
            }
            if context.tracks != before {
                let json = serde_json::to_string(&context.tracks).map_err(Error::internal)?;
                context.row.state.tracks = (context.tracks != Tracks::default()).then_some(json);
            }
        }
        Ok(changes.list)
    }
}

impl Context {
    /// Gives a reading its time, its flags and the key that makes it one.
    fn place(&mut self, reading: &Reading, received_at: Timestamp) -> ReadingRow {
        let (at, flags) = reading.place(received_at);
        let (dedupe_kind, dedupe_key) = match (reading.seq, reading.recorded_at) {
            (Some(seq), _) => (0, seq),
            // A clock that stands still must not make all readings one.
            (None, Some(_)) if flags & FLAG_CLOCK_SUSPECT != 0 => (3, reading.fingerprint(received_at)),
            (None, Some(recorded)) => (1, recorded.0),
            (None, None) => {
                // Nothing tells a repetition from a new reading: each is new.
                self.row.state.assigned += 1;
                (2, self.row.state.assigned)
            }
        };
        ReadingRow {
            device_no: self.row.no,
            dedupe_kind,
            dedupe_key,
            cell_no: self.row.cell_no,
            at,
            received_at,
            recorded_at: reading.recorded_at,
            temperature: reading.temperature,
            humidity: reading.humidity,
            battery: reading.battery,
            power: reading.power,
            door: reading.door,
            flags,
        }
    }

    /// Takes a stored reading into the device's state, and tells how it came in.
    fn arrive(&mut self, row: &ReadingRow) -> Arrival {
        self.stored = true;
        let state = &mut self.row.state;
        state.last_seen_at = state.last_seen_at.max(Some(row.received_at));
        let known = (state.latest_at, state.latest_kind, state.latest_key);
        let this = (Some(row.at), Some(row.dedupe_kind), Some(row.dedupe_key));
        if this < known {
            return Arrival::OutOfOrder;
        }
        (state.latest_at, state.latest_kind, state.latest_key) = this;
        state.temperature = Some(row.temperature);
        state.humidity = row.humidity;
        state.battery = row.battery;
        state.power = row.power;
        state.door = row.door;
        if row.flags & FLAG_LATE == 0 { Arrival::Live } else { Arrival::Late }
    }

    fn rule(&self) -> Rule {
        Rule {
            low: Micro::from_celsius(self.row.min_temperature),
            high: Micro::from_celsius(self.row.max_temperature),
            hysteresis: Micro::from_celsius(self.row.hysteresis),
            delay: self.row.alert_delay_seconds * SECOND,
        }
    }
}

/// What happens to one alert in a group. Updates are folded into what they update.
struct Change {
    context: usize,
    kind: AlertType,
    what: What,
}

enum What {
    Open { alert: Open, opened_at: Timestamp, threshold: Option<Micro> },
    Update(Open),
    Resolve(Timestamp),
}

#[derive(Default)]
struct Changes {
    list: Vec<Change>,
}

impl Changes {
    fn add(&mut self, context: usize, effect: Effect) {
        let (kind, what) = match effect {
            // Later readings of the group may make the excursion longer, but not the opening later.
            Effect::Open { kind, alert, threshold } => {
                (kind, What::Open { alert, opened_at: alert.excursion.to, threshold })
            }
            Effect::Resolve { kind, at } => (kind, What::Resolve(at)),
            Effect::Update { kind, alert: now } => {
                // Changes of one device stand together at the end of the list.
                let of_device = self.list.iter_mut().rev().take_while(|change| change.context == context);
                let last = of_device.into_iter().find(|change| change.kind == kind);
                if let Some(Change { what: What::Open { alert, .. } | What::Update(alert), .. }) = last {
                    *alert = now;
                    return;
                }
                (kind, What::Update(now))
            }
        };
        self.list.push(Change { context, kind, what });
    }
}

/// Writes alerts first and the journal last, because writers of an organisation queue on the journal.
async fn write_alerts(tx: &mut Tx, now: Timestamp, contexts: &[Context], changes: Vec<Change>) -> Result<()> {
    // An update can only concern an alert from before the group, so all of them go first, in one statement.
    let triggers: Vec<Trigger> = changes
        .iter()
        .filter_map(|change| match change.what {
            What::Update(alert) => {
                Some(Trigger { device_no: contexts[change.context].row.no, kind: change.kind, alert })
            }
            _ => None,
        })
        .collect();
    alerts::trigger(tx, &triggers).await?;
    let mut entries = Vec::new();
    for change in changes {
        let device = &contexts[change.context].row;
        let entry = match change.what {
            What::Update(_) => None,
            What::Open { alert, opened_at, threshold } => {
                let opened = OpenedAlert { id: AlertId::new(), kind: change.kind, alert, opened_at, threshold };
                alerts::open(tx, device, &opened)
                    .await?
                    .then(|| Entry::new("alerts.opened", "alert", opened.id.0).after(&opened.journaled(device)))
            }
            What::Resolve(at) => alerts::resolve_by_itself(tx, device.no, change.kind, at).await?.map(|id| {
                Entry::new("alerts.resolved", "alert", id.0).before(&serde_json::json!({"status": "ACTIVE"})).after(
                    &serde_json::json!({"status": "RESOLVED", "type": change.kind, "coldCellId": device.cold_cell_id}),
                )
            }),
        };
        entries.extend(entry.map(|entry| (device.org_id, device.id, entry)));
    }
    // By organisation, so that two servers queue on the journals in the same order.
    entries.sort_by_key(|(org, _, _)| *org);
    for (org, device, entry) in entries {
        let actor = Actor {
            org,
            kind: ActorKind::Device(device),
            permissions: PermissionSet::default(),
            hidden: PermissionSet::default(),
            address: None,
            request_id: None,
        };
        journal::write(tx, &actor, now, entry).await?;
    }
    Ok(())
}
