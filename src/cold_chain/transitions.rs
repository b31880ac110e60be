//! From what the alert engine says to what is stored: alerts, their journal, and the engine's memory of each device.
//!
//! Readings and the clock both come through here, so that an alert is the same whichever of them opened it.

use std::collections::{HashMap, HashSet};

use serde_json::json;

use crate::cold_chain::alert::{AlertStatus, AlertType};
use crate::cold_chain::engine::{
    self, Correction, Effect, FLAPPING_FROM, Found, KnownAlert, Observation, Open, Predecessor, Rule, Tracks, Trouble,
    Window,
};
use crate::cold_chain::model::Micro;
use crate::cold_chain::policy::Muted;
use crate::cold_chain::service::Mutes;
use crate::cold_chain::store::alerts;
use crate::cold_chain::store::looks::Look;
use crate::cold_chain::store::readings::DeviceRow;
use crate::cold_chain::store::transitions::{self, Escalated, Name, NewAlert, Place, PredecessorRow};
use crate::kernel::actor::{Actor, ActorKind};
use crate::kernel::db::Tx;
use crate::kernel::ids::{AlertId, ColdCellId, OrgId};
use crate::kernel::journal::{self, Entry};
use crate::kernel::permission::PermissionSet;
use crate::kernel::time::{SECOND, Timestamp};
use crate::{Error, Result};

/// A device whose row belongs to the transaction, with what the engine remembers of it.
pub(super) struct Watched {
    pub row: DeviceRow,
    pub tracks: Tracks,
    pub rule: Rule,
    /// What the engine has said since.
    pub said: Vec<Effect>,
}

impl Watched {
    pub fn new(row: DeviceRow) -> Self {
        let maintenance = row.maintenance_from.zip(row.maintenance_until);
        let rule = Rule {
            low: Micro::from_celsius(row.min_temperature),
            high: Micro::from_celsius(row.max_temperature),
            hysteresis: Micro::from_celsius(row.hysteresis),
            delay: row.alert_delay_seconds * SECOND,
            door_open: row.door_open_seconds * SECOND,
            offline_after: row.offline_after_seconds * SECOND,
            maintenance: maintenance.map(|(from, until)| Window { from, until }),
        };
        // What cannot be read was written by another version: the engine starts afresh.
        let tracks = row.state.tracks.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
        Self { row, tracks, rule, said: Vec::new() }
    }

    /// Asks the engine what follows from an observation.
    pub fn observe(&mut self, seen: &Observation) {
        let (tracks, effects) = engine::step(self.tracks, &self.rule, seen);
        self.tracks = tracks;
        self.said.extend(effects);
    }

    /// Puts what the engine remembers into the row, if it has changed.
    pub fn keep(&mut self, before: &Tracks) -> Result<()> {
        if self.tracks != *before {
            let json = serde_json::to_string(&self.tracks).map_err(Error::internal)?;
            self.row.state.tracks = (!self.tracks.is_at_rest()).then_some(json);
        }
        Ok(())
    }

    /// Sees to it that the engine is told the time when it wants to be, and not later. An earlier look stays: it finds
    /// out by itself that it came too soon. So the queue is not written with every reading.
    pub fn look_no_later(&mut self) -> Option<Look> {
        let wanted = self.tracks.next_look(&self.rule, self.row.state.last_seen_at, Timestamp(0))?;
        if self.row.state.next_look.is_some_and(|planned| planned <= wanted) {
            return None;
        }
        self.row.state.next_look = Some(wanted);
        Some((wanted, self.row.no))
    }

    /// Plans the look after one that has just been taken.
    pub fn look_again(&mut self, now: Timestamp, listening_since: Timestamp) -> Option<Look> {
        let wanted = self.tracks.next_look(&self.rule, self.row.state.last_seen_at, listening_since);
        // Never at once: whatever keeps a moment that has passed from being dealt with must not keep the job busy.
        self.row.state.next_look = wanted.map(|at| at.max(now.plus(SECOND)));
        self.row.state.next_look.map(|at| (at, self.row.no))
    }
}

/// What made alerts change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// A reading: the device did it.
    Reading,
    /// The clock: Officina did it.
    Clock,
}

/// What happens to alerts in one transaction, folded: each alert from before is updated once and resolved once, and each
/// new one is stored as it is in the end.
#[derive(Default)]
pub(super) struct Changes {
    known: Vec<Known>,
    new: Vec<(Place, NewAlert)>,
    last: HashMap<Name, Last>,
    corrections: Vec<(Place, Correction)>,
}

/// An alert from before.
struct Known {
    name: Name,
    place: Place,
    update: Option<Open>,
    goes_on: bool,
    resolved_at: Option<Timestamp>,
}

/// Where the newest alert of a device and type is found.
#[derive(Clone, Copy)]
enum Last {
    Known(usize),
    New(usize),
}

impl Changes {
    /// What the engine has said of a device, after all that it has said of it before.
    pub fn hear(&mut self, place: Place, effects: Vec<Effect>) {
        for effect in effects {
            self.add(place, effect);
        }
    }

    fn add(&mut self, place: Place, effect: Effect) {
        match effect {
            Effect::Open { kind, alert, threshold } => {
                self.last.insert((place.device_no, kind), Last::New(self.new.len()));
                let alert = NewAlert::new(kind, alert, threshold, None);
                self.new.push((place, alert));
            }
            Effect::Update { kind, alert, goes_on } => match self.last(place, kind) {
                Last::Known(index) => {
                    let known = &mut self.known[index];
                    known.update = Some(alert);
                    known.goes_on |= goes_on;
                }
                Last::New(index) => self.new[index].1.alert = alert,
            },
            Effect::Resolve { kind, at } => match self.last(place, kind) {
                Last::Known(index) => self.known[index].resolved_at = Some(at),
                Last::New(index) => self.new[index].1.resolved_at = Some(at),
            },
        }
    }

    /// What a look at the past of a device gives.
    pub fn look_back(&mut self, device: &DeviceRow, corrections: Vec<Correction>, new: Vec<Found>) {
        let place = Place::from(device);
        self.corrections.extend(corrections.into_iter().map(|correction| (place, correction)));
        self.new.extend(
            new.into_iter().map(|Found { kind, alert, threshold, until, .. }| {
                (place, NewAlert::new(kind, alert, threshold, until))
            }),
        );
    }

    fn last(&mut self, place: Place, kind: AlertType) -> Last {
        let name = (place.device_no, kind);
        let known = &mut self.known;
        *self.last.entry(name).or_insert_with(|| {
            known.push(Known { name, place, update: None, goes_on: false, resolved_at: None });
            Last::Known(known.len() - 1)
        })
    }

    /// Writes alerts first and the journal last, because writers of an organisation queue on the journal.
    pub async fn write(mut self, tx: &mut Tx, now: Timestamp, cause: Cause) -> Result<()> {
        if self.known.is_empty() && self.new.is_empty() && self.corrections.is_empty() {
            return Ok(());
        }
        for (place, Correction { after, .. }) in &self.corrections {
            transitions::correct(tx, place.org, after).await?;
        }
        let updates: Vec<(Name, Open)> =
            self.known.iter().filter_map(|known| Some((known.name, known.update?))).collect();
        transitions::trigger(tx, &updates).await?;
        let mut going_on: Vec<(AlertId, AlertType, Place)> = Vec::new();
        for known in self.known.iter().filter(|known| known.goes_on) {
            // Rare enough to ask one by one: a device has caught up, and what it told of lasts.
            let active = alerts::active_of_device(&mut *tx, known.name.0).await?;
            let active = active.into_iter().filter(|(_, kind)| *kind == known.name.1);
            going_on.extend(active.map(|(id, kind)| (id, kind, known.place)));
        }
        let corrected = self.corrections.iter().filter(|(_, correction)| correction.goes_on());
        going_on.extend(corrected.map(|(place, Correction { after, .. })| (after.id, after.kind, *place)));
        let over: Vec<(Name, Timestamp)> =
            self.known.iter().filter_map(|known| Some((known.name, known.resolved_at?))).collect();
        let resolved = transitions::resolve(tx, &over).await?;
        let succeeded = self.find_troubles(tx).await?;
        let stored: HashSet<AlertId> = transitions::insert(tx, &self.new).await?.into_iter().collect();
        transitions::hand_over(tx, &succeeded).await?;

        let mut entries: Vec<(Place, Entry)> = Vec::new();
        for (place, correction) in &self.corrections {
            let Correction { before, after } = correction;
            entries.push((*place, correction_of(correction, place.cell)));
            if before.resolved_at.is_none() && after.resolved_at.is_some() {
                entries.push((*place, resolution(after.id, after.kind, place.cell)));
            }
        }
        let known: HashMap<Name, Place> = self.known.iter().map(|known| (known.name, known.place)).collect();
        for (id, device_no, kind) in resolved {
            let place = known.get(&(device_no, kind));
            entries.extend(place.map(|place| (*place, resolution(id, kind, place.cell))));
        }
        let mut opened: Vec<&(Place, NewAlert)> =
            self.new.iter().filter(|(_, alert)| stored.contains(&alert.id)).collect();
        opened.sort_by_key(|(_, alert)| alert.alert.opened_at);
        let places = going_on.iter().map(|(_, _, place)| (place.org, place.cell));
        let places = places.chain(opened.iter().map(|(place, _)| (place.org, place.cell)));
        let mutes = Mutes::load(tx, places, now).await?;
        for (id, kind, place) in going_on {
            let muted = mutes.of(place.org, place.cell, 0);
            entries.insert(0, (place, continuation(id, kind, place.cell, muted)));
        }
        for (place, new) in opened {
            entries.push((*place, opening(*place, new, mutes.of(place.org, place.cell, 0))));
            if new.resolved_at.is_some() {
                entries.push((*place, resolution(new.id, new.kind, place.cell)));
            }
        }
        let entries = entries.into_iter().map(|(place, entry)| (actor(place, cause), entry)).collect();
        journal::write_all(tx, now, entries).await
    }
}

impl Changes {
    /// Finds out which new alerts go on with a trouble of their cell, and tells whose escalation they take over.
    async fn find_troubles(&mut self, tx: &mut Tx) -> Result<Vec<(OrgId, AlertId)>> {
        let mut opened: Vec<(Family, &mut NewAlert)> = self
            .new
            .iter_mut()
            .filter(|(_, new)| !new.alert.late)
            .map(|(place, new)| ((place.org, place.cell, new.kind.family()), new))
            .collect();
        if opened.is_empty() {
            return Ok(Vec::new());
        }
        opened.sort_by_key(|(_, new)| (new.alert.opened_at, new.id));
        let mut asked: Vec<Family> = opened.iter().map(|(family, _)| *family).collect();
        let mut seen = HashSet::new();
        asked.retain(|family| seen.insert(*family));
        let found = transitions::predecessors(tx, &asked).await?.into_iter();
        let known = |row: PredecessorRow| {
            let family = (row.org_id, row.cold_cell_id, row.kind.family());
            (family, (row.id, row.predecessor(), row.escalated))
        };
        let mut before: HashMap<Family, (AlertId, Predecessor, Escalated)> = found.map(known).collect();
        let mut succeeded = Vec::new();
        for (family, new) in opened {
            let last = before.get(&family);
            let trouble = Trouble::of(new.id, new.alert.opened_at, last.map(|(_, last, _)| last));
            // One that has opened for a second time only is told like any other.
            let is_flapping = trouble.openings >= FLAPPING_FROM;
            if let Some((id, _, escalated)) = last.filter(|(_, last, _)| is_flapping && last.trouble.id == trouble.id) {
                new.escalated = *escalated;
                succeeded.push((family.0, *id));
            }
            new.trouble = Some(trouble);
            let this = Predecessor {
                trouble,
                opened_at: new.alert.opened_at,
                resolved_at: new.resolved_at,
                is_attended: false,
            };
            before.insert(family, (new.id, this, new.escalated));
        }
        Ok(succeeded)
    }
}

/// Cell and types of alerts that are one trouble.
type Family = (OrgId, ColdCellId, [AlertType; 2]);

fn actor(place: Place, cause: Cause) -> Actor {
    match cause {
        Cause::Reading => Actor {
            org: place.org,
            kind: ActorKind::Device(place.device),
            permissions: PermissionSet::default(),
            hidden: PermissionSet::default(),
            links: Vec::new(),
            address: None,
            request_id: None,
        },
        Cause::Clock => Actor::system(place.org),
    }
}

fn opening(place: Place, new: &NewAlert, muted: Option<Muted>) -> Entry {
    let Open { excursion, opened_at, late } = new.alert;
    Entry::new("alerts.opened", "alert", new.id.0).after(&json!({
        "status": AlertStatus::Active,
        "type": new.kind,
        "coldCellId": place.cell,
        "deviceId": place.device,
        "late": late,
        "threshold": new.threshold.map(Micro::celsius),
        "worstValue": excursion.worst.map(Micro::celsius),
        "startedAt": excursion.from,
        "openedAt": opened_at,
        "muted": muted,
    }))
}

/// What was only late is an alert like any other from now on: notices are due that a late one does not get.
fn continuation(id: AlertId, kind: AlertType, cell: ColdCellId, muted: Option<Muted>) -> Entry {
    Entry::new("alerts.continued", "alert", id.0)
        .before(&json!({"late": true}))
        .after(&json!({"status": AlertStatus::Active, "type": kind, "coldCellId": cell, "late": false, "muted": muted}))
}

/// Readings that came out of order tell another story of an alert than was told.
fn correction_of(Correction { before, after }: &Correction, cell: ColdCellId) -> Entry {
    let words = |alert: &KnownAlert| {
        let Open { excursion, opened_at, .. } = alert.alert;
        json!({
            "type": alert.kind,
            "coldCellId": cell,
            "startedAt": excursion.from,
            "openedAt": opened_at,
            "lastTriggeredAt": excursion.to,
            "worstValue": excursion.worst.map(Micro::celsius),
            "resolvedAt": alert.resolved_at,
        })
    };
    Entry::new("alerts.corrected", "alert", after.id.0).before(&words(before)).after(&words(after))
}

fn resolution(id: AlertId, kind: AlertType, cell: ColdCellId) -> Entry {
    Entry::new("alerts.resolved", "alert", id.0)
        .before(&json!({"status": AlertStatus::Active}))
        .after(&json!({"status": AlertStatus::Resolved, "type": kind, "coldCellId": cell}))
}
