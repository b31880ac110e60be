//! Taking readings in groups: one transaction for whatever came in at the same time.
//!
//! Everything a reading changes is changed here, in one transaction: the reading itself, the chart's buckets, the
//! device's latest values, alerts and their journal or what [`backlog`] writes of them later, and the note that alerts of an
//! earlier time are to be gone through anew ([`crate::cold_chain::service::look_back`]). So what was answered is stored as a whole or not at all, and a
//! repeated delivery changes nothing. The cost is a fixed number of statements per group, whatever its size.

mod context;
mod counter;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

pub(super) use context::KINDS;
use context::{Context, Echo, KIND_SEQ, KIND_SUSPECT};
pub(super) use counter::SEQ_BITS;

use crate::cold_chain::backlog::{self, Said};
use crate::cold_chain::buckets::{BucketKey, Part, spread};
use crate::cold_chain::chart::Summary;
use crate::cold_chain::engine::Observation;
use crate::cold_chain::reading::Reading;
use crate::cold_chain::store::disorder::{self, Disorder};
use crate::cold_chain::store::readings::{self, DeviceRow, ReadingKey, ReadingRow};
use crate::cold_chain::store::transitions::Place;
use crate::cold_chain::store::{buckets, looks};
use crate::cold_chain::transitions::Watched;
use crate::kernel::db::Db;
use crate::kernel::time::Timestamp;
use crate::{Error, Result};

pub use crate::cold_chain::intake::Intake;

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
pub async fn store_group(db: &Db, intake: &Intake, now: Timestamp, deliveries: &[Delivery]) -> Result<Vec<Outcome>> {
    let _at_work = intake.begin();
    // Duplicates are rare: the group is first stored in the hope that there are none, and only counted.
    if let Some(outcomes) = store(db, intake, now, deliveries, Duplicates::Unexpected).await? {
        return Ok(outcomes);
    }
    let outcomes = store(db, intake, now, deliveries, Duplicates::Told).await?;
    outcomes.ok_or_else(|| Error::internal("a group with known duplicates was not stored"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Duplicates {
    Unexpected,
    Told,
}

/// What follows from the rows of a group.
#[derive(Default)]
struct Observed {
    /// What the engine says of the devices.
    said: Vec<Said>,
    /// New places in the queue of looks.
    queue: Vec<looks::Look>,
    /// Where readings came out of order.
    disorder: Vec<Disorder>,
}

impl Observed {
    /// Rows of a device come in the order of time, so most fall into the stretch of the one before.
    fn note_disorder(&mut self, row: &ReadingRow) {
        let start = disorder::start_of(row.at);
        match self.disorder.last_mut() {
            Some((device, last, times)) if (*device, *last) == (row.device_no, start) => *times += 1,
            _ => self.disorder.push((row.device_no, start, 1)),
        }
    }
}

/// The work of one group between reading the devices and committing.
#[derive(Default)]
struct Group {
    contexts: Vec<Context>,
    by_number: HashMap<i64, usize>,
    rows: Vec<ReadingRow>,
    /// Delivery and index in it, for each row.
    origins: Vec<(usize, usize)>,
    /// What may have been stored already, under another key.
    echoes: Vec<Echo>,
    outcomes: Vec<Outcome>,
}

async fn store(
    db: &Db,
    intake: &Intake,
    now: Timestamp,
    deliveries: &[Delivery],
    expect: Duplicates,
) -> Result<Option<Vec<Outcome>>> {
    let mut numbers: Vec<i64> = deliveries.iter().map(|delivery| delivery.device_no).collect();
    numbers.sort_unstable();
    numbers.dedup();

    // Locked before the transaction begins: what is remembered is as it was when the one before ended.
    let mut memory = intake.remember().await;
    let mut tx = db.begin().await?;
    let mut group = Group::new(memory.devices.take(&mut tx, &numbers).await?);
    group.collect(deliveries);
    let counted = group.counted();
    if !counted.is_empty() {
        group.settle(readings::known(&mut tx, &counted).await?);
    }
    group.sort();
    let moved = group.moved_since();
    if !moved.is_empty() {
        group.put_back(&readings::moves(&mut tx, &moved).await?);
    }
    if !group.echoes.is_empty() {
        let asked: Vec<(ReadingKey, Timestamp)> =
            group.echoes.iter().map(|echo| (echo.stored_as, echo.since)).collect();
        let stored: HashSet<ReadingKey> = readings::known_since(&mut tx, &asked).await?.into_iter().collect();
        let again: HashSet<ReadingKey> =
            group.echoes.iter().filter(|echo| stored.contains(&echo.stored_as)).map(|echo| echo.key).collect();
        group.keep(|key| !again.contains(key));
    }
    if !tx.is_sqlite() {
        // Readings lie in partitions there, and each knows only what it holds itself.
        let stored = readings::known(&mut tx, &group.suspect()).await?;
        let stored: HashSet<ReadingKey> = stored.iter().map(ReadingRow::key).collect();
        if !stored.is_empty() {
            group.keep(|key| !stored.contains(key));
        }
    }
    match expect {
        Duplicates::Unexpected => {
            if readings::insert(&mut tx, &group.rows).await? != group.rows.len() as u64 {
                tx.rollback().await?;
                return Ok(None);
            }
        }
        Duplicates::Told => {
            let new = readings::insert_telling(&mut tx, &group.rows).await?;
            let new: HashSet<ReadingKey> = new.into_iter().collect();
            group.keep(|key| new.contains(key));
        }
    }
    buckets::add(&mut tx, &group.fill_buckets(now)).await?;
    let Observed { said, queue, disorder } = group.observe()?;
    let stored = group.contexts.iter().filter(|context| context.stored).map(|context| &context.watched.row);
    let states: Vec<_> = stored.map(|row| (row.no, &row.state)).collect();
    readings::write_states(&mut tx, &states).await?;
    looks::add(&mut tx, &queue).await?;
    disorder::note(&mut tx, &disorder, now).await?;
    let put_off = backlog::write(&mut tx, &mut memory.pace, now, said).await?;
    memory.devices.pass_over(&tx);
    let is_sqlite = tx.is_sqlite();
    tx.commit().await?;
    if put_off {
        intake.tell_put_off();
    }
    if is_sqlite {
        // As they were written: those of which nothing was stored may have been changed on the way.
        let written = group.contexts.into_iter().filter(|context| context.stored);
        memory.devices.keep(written.map(|context| context.watched.row));
    }
    Ok(Some(group.outcomes))
}

impl Group {
    fn new(devices: Vec<DeviceRow>) -> Self {
        let by_number = devices.iter().enumerate().map(|(index, device)| (device.no, index)).collect();
        let contexts = devices.into_iter().map(|row| Context { watched: Watched::new(row), stored: false }).collect();
        Self { contexts, by_number, ..Self::default() }
    }

    /// Turns deliveries into rows, leaving out what occurs twice in the group itself.
    fn collect(&mut self, deliveries: &[Delivery]) {
        let mut seen: HashMap<ReadingKey, usize> =
            HashMap::with_capacity(deliveries.iter().map(|d| d.readings.len()).sum());
        for (number, delivery) in deliveries.iter().enumerate() {
            let context = self.by_number.get(&delivery.device_no).map(|index| &mut self.contexts[*index]);
            let Some(context) = context.filter(|context| context.watched.row.access_epoch == delivery.access_epoch)
            else {
                self.outcomes.push(Outcome::Stale);
                continue;
            };
            let mut novelty = vec![Novelty::Accepted; delivery.readings.len()];
            for (index, reading) in delivery.readings.iter().enumerate() {
                let mut row = context.place(reading, delivery.received_at);
                let holder = seen.get(&row.key()).map(|holder| &self.rows[*holder]);
                if row.dedupe_kind == KIND_SEQ && holder.is_some_and(|holder| !row.repeats(holder)) {
                    row = row.anew();
                }
                if let Entry::Vacant(place) = seen.entry(row.key()) {
                    place.insert(self.rows.len());
                    self.echoes.extend(context.echoes(reading, &row));
                    self.rows.push(row);
                    self.origins.push((number, index));
                } else {
                    novelty[index] = Novelty::Duplicate;
                }
            }
            self.outcomes.push(Outcome::Stored(novelty));
        }
    }

    /// The keys under which readings may be stored whose seq their device has come past already.
    fn counted(&self) -> Vec<ReadingKey> {
        let mut keys: Vec<ReadingKey> =
            self.rows.iter().filter(|row| self.is_passed(row)).flat_map(ReadingRow::stored_as).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Whether a device has come past a reading's seq. What is not, cannot be stored yet.
    fn is_passed(&self, row: &ReadingRow) -> bool {
        let context = self.by_number.get(&row.device_no).and_then(|index| self.contexts.get(*index));
        row.seq.is_some() && context.and_then(|context| context.watched.row.state.highest_seq) >= row.seq
    }

    /// Leaves out what is stored already, and tells what has the seq of another reading from it.
    fn settle(&mut self, stored: Vec<ReadingRow>) {
        let mut by_key: HashMap<ReadingKey, Vec<ReadingRow>> = HashMap::with_capacity(stored.len());
        for row in stored {
            by_key.entry(row.key()).or_default().push(row);
        }
        let passed = self.rows.iter().filter(|row| self.is_passed(row));
        let is_again = |row: &&ReadingRow| {
            let keys = row.stored_as();
            let mut stored = keys.iter().filter_map(|key| by_key.get(key)).flatten();
            stored.any(|stored| row.repeats(stored))
        };
        let again: HashSet<ReadingKey> = passed.filter(is_again).map(ReadingRow::key).collect();
        self.keep(|key| !again.contains(key));
        for row in &mut self.rows {
            if row.dedupe_kind == KIND_SEQ && by_key.contains_key(&row.key()) {
                *row = row.anew();
            }
        }
    }

    /// In the order of the table and of time: what the engine and the indexes both want.
    fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_unstable_by_key(|index| {
            let row = &self.rows[*index];
            (row.device_no, row.at, row.dedupe_kind, row.dedupe_key)
        });
        self.rows = order.iter().map(|index| self.rows[*index]).collect();
        self.origins = order.iter().map(|index| self.origins[*index]).collect();
    }

    /// The devices that tell of a time at which they stood in another cell.
    fn moved_since(&self) -> Vec<i64> {
        let contexts = self.contexts.iter().map(|context| &context.watched.row);
        let moved: HashMap<i64, Timestamp> = contexts.filter_map(|row| Some((row.no, row.moved_at?))).collect();
        let is_old = |row: &&ReadingRow| moved.get(&row.device_no).is_some_and(|moved_at| row.at < *moved_at);
        let mut devices: Vec<i64> = self.rows.iter().filter(is_old).map(|row| row.device_no).collect();
        devices.dedup();
        devices
    }

    /// Gives what was measured before a move to the cell of then.
    fn put_back(&mut self, moves: &[(i64, Timestamp, i64)]) {
        for row in &mut self.rows {
            let left = moves.iter().find(|(device, moved_at, _)| *device == row.device_no && row.at < *moved_at);
            if let Some((_, _, cell_no)) = left {
                row.cell_no = *cell_no;
            }
        }
    }

    /// What may be stored under another time, because a clock told it that is not believed. All else has its time in its key,
    /// is new by its making, or has been asked for by its device's count.
    fn suspect(&self) -> Vec<ReadingKey> {
        self.rows.iter().filter(|row| row.dedupe_kind == KIND_SUSPECT).map(ReadingRow::key).collect()
    }

    /// Keeps the rows that are new, and notes that the others are duplicates.
    fn keep(&mut self, is_new: impl Fn(&ReadingKey) -> bool) {
        let (rows, origins) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.origins));
        for (row, (delivery, index)) in rows.into_iter().zip(origins) {
            if is_new(&row.key()) {
                self.rows.push(row);
                self.origins.push((delivery, index));
                continue;
            }
            // Whoever says a thing twice is there all the same.
            if let Some(context) = self.by_number.get(&row.device_no) {
                self.contexts[*context].hear_again(&row);
            }
            if let Outcome::Stored(novelty) = &mut self.outcomes[delivery] {
                novelty[index] = Novelty::Duplicate;
            }
        }
    }

    /// Takes the rows into what their devices fill, and tells what goes into the table of buckets, sorted by key.
    fn fill_buckets(&mut self, now: Timestamp) -> Vec<(BucketKey, Summary)> {
        let mut parts: Vec<(i64, Part)> = Vec::new();
        for row in &self.rows {
            let part = Part::of(row.cell_no, row.at, row.temperature);
            // Rows of a device are in the order of time, so most fall into the five minutes of the one before.
            let last = parts.last_mut().filter(|(device_no, _)| *device_no == row.device_no);
            if !last.is_some_and(|(_, last)| last.take_in(&part)) {
                parts.push((row.device_no, part));
            }
        }
        let (by_number, contexts) = (&self.by_number, &mut self.contexts);
        let over = parts.into_iter().filter_map(|(device_no, part)| match by_number.get(&device_no) {
            Some(index) => contexts[*index].fill(part, now),
            None => Some(part),
        });
        spread(&over.collect::<Vec<_>>())
    }

    /// Brings the devices' states up to date and asks the alert engine what follows.
    fn observe(&mut self) -> Result<Observed> {
        let mut observed = Observed::default();
        for rows in self.rows.chunk_by(|one, next| one.device_no == next.device_no) {
            let Some(index) = rows.first().and_then(|row| self.by_number.get(&row.device_no)) else { continue };
            let context = &mut self.contexts[*index];
            let before = context.watched.tracks;
            for row in rows {
                context.hear(row);
                // What was measured in another cell says nothing of this one, and the rule of then is not known.
                let is_from_here = Some(row.at) >= context.watched.row.moved_at;
                let seen = if is_from_here && context.arrive(row) {
                    Observation::Reading(row.measured())
                } else {
                    Observation::Heard(row.received_at)
                };
                context.watched.observe(&seen);
                if is_from_here && matches!(seen, Observation::Heard(_)) {
                    observed.note_disorder(row);
                }
            }
            context.watched.keep(&before)?;
            let said = std::mem::take(&mut context.watched.said);
            if !said.is_empty() {
                observed.said.push((Place::from(&context.watched.row), said));
            }
            observed.queue.extend(context.watched.look_no_later());
        }
        Ok(observed)
    }
}
