//! Cold cells of the demo: a month of believable curves, with doors left open, failing compressors and power cuts.

use std::ops::Range;

use officina::cold_chain::ingest::{self, Delivery, Intake};
use officina::cold_chain::reading::Reading;
use officina::cold_chain::service::{self, device_key_hash};
use officina::cold_chain::{
    Alert, AlertFilter, AlertStatus, DEFAULT_HYSTERESIS, Micro, NewColdCell, NewDevice, NewLocation, Preset,
};
use officina::customers::service as customers;
use officina::kernel::App;
use officina::kernel::actor::Actor;
use officina::kernel::page::PageRequest;
use officina::kernel::time::{DAY, HOUR, MINUTE, SECOND, Timestamp};
use officina::{Error, Result};
use rand::Rng;

use super::people::Staff;
use super::stage::Part;
use super::{DemoDevice, Play};
use crate::curve;

/// How far back the readings go.
const MONTH: i64 = 30 * DAY;
/// How often a device measures.
const STEP: i64 = 5 * MINUTE;
/// Readings stored in one transaction, unless something happens.
const AT_ONCE: usize = 4_000;

/// A cell of the demo.
struct Site {
    customer: &'static str,
    phone: &'static str,
    location: &'static str,
    address: &'static str,
    cell: &'static str,
    serial: &'static str,
    preset: Preset,
}

const SITES: [Site; 10] = [
    site(
        "Gelateria Polare",
        "02 5550101",
        "Laboratorio",
        "Via Brera 4, Milano",
        "Cella gelato",
        "CC-0001",
        Preset::Freezer,
    ),
    site(
        "Gelateria Polare",
        "02 5550101",
        "Laboratorio",
        "Via Brera 4, Milano",
        "Frigo latte",
        "CC-0002",
        Preset::Fridge,
    ),
    site(
        "Gelateria Polare",
        "02 5550101",
        "Negozio Navigli",
        "Alzaia Naviglio 22, Milano",
        "Vetrina",
        "CC-0003",
        Preset::Freezer,
    ),
    site(
        "Farmacia Sant'Anna",
        "0382 555020",
        "Farmacia",
        "Corso Cavour 9, Pavia",
        "Frigo vaccini",
        "CC-0004",
        Preset::Fridge,
    ),
    site(
        "Ittica Adriatica",
        "041 5550303",
        "Magazzino porto",
        "Via dei Petroli 1, Venezia",
        "Cella pesce 1",
        "CC-0005",
        Preset::Freezer,
    ),
    site(
        "Ittica Adriatica",
        "041 5550303",
        "Magazzino porto",
        "Via dei Petroli 1, Venezia",
        "Cella pesce 2",
        "CC-0006",
        Preset::Freezer,
    ),
    site(
        "Macelleria Bassi",
        "051 5550404",
        "Bottega",
        "Via Saragozza 80, Bologna",
        "Cella carni",
        "CC-0007",
        Preset::Fridge,
    ),
    site(
        "Macelleria Bassi",
        "051 5550404",
        "Bottega",
        "Via Saragozza 80, Bologna",
        "Congelatore",
        "CC-0008",
        Preset::Freezer,
    ),
    site(
        "Latteria Alpina",
        "0165 555060",
        "Caseificio",
        "Via Festaz 3, Aosta",
        "Cella formaggi",
        "CC-1001",
        Preset::Fridge,
    ),
    site(
        "Latteria Alpina",
        "0165 555060",
        "Caseificio",
        "Via Festaz 3, Aosta",
        "Cella burro",
        "CC-1002",
        Preset::Fridge,
    ),
];

const fn site(
    customer: &'static str,
    phone: &'static str,
    location: &'static str,
    address: &'static str,
    cell: &'static str,
    serial: &'static str,
    preset: Preset,
) -> Site {
    Site { customer, phone, location, address, cell, serial, preset }
}

/// Something that goes wrong in a cell.
struct Trouble {
    /// The number of the cell.
    cell: usize,
    /// How long ago it began.
    ago: i64,
    /// How long it lasted; beyond now it still goes on.
    lasted: i64,
    /// How many degrees it got warmer (or colder), at its worst.
    degrees: f64,
    /// Whether the power was gone.
    dark: bool,
}

const TROUBLES: [Trouble; 9] = [
    trouble(0, 26 * DAY + 3 * HOUR, 50 * MINUTE, 7.0, false),
    trouble(4, 21 * DAY + 14 * HOUR, 4 * HOUR, 11.0, true),
    trouble(5, 21 * DAY + 14 * HOUR, 4 * HOUR, 10.0, true),
    trouble(3, 17 * DAY + 9 * HOUR, 35 * MINUTE, -4.5, false),
    trouble(6, 12 * DAY + 11 * HOUR, 70 * MINUTE, 5.5, false),
    trouble(1, 6 * DAY + 16 * HOUR, 40 * MINUTE, 5.0, false),
    trouble(7, 2 * DAY + 5 * HOUR, 90 * MINUTE, 8.0, false),
    // Going on now: one that somebody has seen, one that nobody has.
    trouble(2, 45 * MINUTE, DAY, 8.5, false),
    trouble(5, 20 * MINUTE, DAY, 2.0, true),
];

const fn trouble(cell: usize, ago: i64, lasted: i64, degrees: f64, dark: bool) -> Trouble {
    Trouble { cell, ago, lasted, degrees, dark }
}

/// A device that was made, and how its last reading was.
struct Placed {
    device_no: i64,
    access_epoch: i64,
    limits: (f64, f64),
    last: Mood,
}

/// What an alert depends on: out of bounds, not inside by the hysteresis, without power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Mood(bool, bool, bool);

impl Mood {
    fn of(reading: &Reading, (low, high): (f64, f64)) -> Self {
        let celsius = reading.temperature.celsius();
        let by = DEFAULT_HYSTERESIS;
        Self(celsius < low || celsius > high, celsius < low + by || celsius > high - by, reading.power == Some(false))
    }
}

/// Makes an organisation's cells, some of the sites above, with a month behind them that ends now.
pub(super) async fn play(
    play: &Play<'_>,
    part: Part,
    cells: Range<usize>,
    devices: &mut Vec<DemoDevice>,
) -> Result<()> {
    let Some(admin) = play.staff.technicians.last() else { return Ok(()) };
    let sites = &SITES[cells.clone()];
    let installed = play.now.plus(-MONTH - DAY);
    part.until(installed).await;
    let placed = install(&play.at(installed), admin, play.slug, sites, devices).await?;
    measure(play, &part, placed, cells.start).await?;
    react(&play.at(play.now), play.staff).await
}

async fn install(
    app: &App,
    admin: &Actor,
    slug: &str,
    sites: &[Site],
    devices: &mut Vec<DemoDevice>,
) -> Result<Vec<Placed>> {
    let mut placed = Vec::new();
    let mut last = None;
    for site in sites {
        let location = match last {
            Some((name, id)) if name == site.location => id,
            _ => new_location(app, admin, site).await?,
        };
        last = Some((site.location, location));
        let cell = NewColdCell {
            name: site.cell.to_owned(),
            location_id: Some(location),
            preset: Some(site.preset),
            // Nothing measures once the demo is made: its devices would all be missed a quarter of an hour later.
            offline_after_seconds: Some(DAY / SECOND),
            ..NewColdCell::default()
        };
        let cell = service::create_cold_cell(app, admin, cell).await?.cell;
        let device = NewDevice {
            serial_number: site.serial.to_owned(),
            cold_cell_id: Some(cell.id),
            name: None,
            firmware_version: Some("2.4.1".to_owned()),
        };
        let made = service::create_device(app, admin, device).await?;
        let admission = service::admit(app, &device_key_hash(made.api_key.as_bytes())).await?;
        let admission = admission.ok_or_else(|| Error::internal("a key that was just made is unknown"))?;
        placed.push(Placed {
            device_no: admission.device_no,
            access_epoch: admission.access_epoch,
            limits: site.preset.thresholds(),
            last: Mood::default(),
        });
        devices.push(DemoDevice {
            org: slug.to_owned(),
            serial_number: site.serial.to_owned(),
            api_key: made.api_key,
            cold_cell_id: cell.id,
        });
    }
    Ok(placed)
}

async fn new_location(app: &App, admin: &Actor, site: &Site) -> Result<officina::kernel::ids::LocationId> {
    let mut tx = app.db.begin().await?;
    let known = (site.customer, site.phone);
    let customer = customers::find_or_create(&mut tx, admin, app.country, known, None, app.clock.now()).await?;
    tx.commit().await?;
    let location = NewLocation {
        name: site.location.to_owned(),
        customer_id: Some(customer.id),
        address: Some(site.address.to_owned()),
        ..NewLocation::default()
    };
    Ok(service::create_location(app, admin, location).await?.id)
}

/// Lets the devices measure. Many readings go into one transaction, but none beyond a change that may raise or end an
/// alert, so that the journal has its time.
async fn measure(play: &Play<'_>, part: &Part, mut placed: Vec<Placed>, first: usize) -> Result<()> {
    let (db, now, random) = (&play.app.db, play.now, &mut play.random());
    let intake = Intake::default();
    let mut waiting: Vec<Delivery> = Vec::new();
    let mut moment = now.plus(-MONTH);
    while moment <= now {
        let mut changed = false;
        for (number, device) in placed.iter_mut().enumerate() {
            let reading = reading(first + number, device.limits, moment, now, random);
            let mood = Mood::of(&reading, device.limits);
            changed |= mood != device.last;
            device.last = mood;
            waiting.push(Delivery {
                device_no: device.device_no,
                access_epoch: device.access_epoch,
                received_at: moment.plus(700),
                readings: vec![reading],
            });
        }
        if changed || waiting.len() >= AT_ONCE {
            part.until(moment).await;
            ingest::store_group(db, &intake, moment, &waiting).await?;
            waiting.clear();
        }
        moment = moment.plus(STEP);
    }
    part.until(now).await;
    ingest::store_group(db, &intake, now, &waiting).await?;
    Ok(())
}

/// What a device measures: the calm of its cell, and whatever goes wrong.
#[expect(clippy::cast_precision_loss, reason = "a month in milliseconds is far below 2⁵³")]
fn reading(number: usize, limits: (f64, f64), moment: Timestamp, now: Timestamp, random: &mut impl Rng) -> Reading {
    let mut celsius = curve::calm(number, limits, moment, random);
    let mut dark = false;
    for trouble in TROUBLES.iter().filter(|trouble| trouble.cell == number) {
        let begun = now.plus(-trouble.ago);
        let since = moment.since(begun);
        let lasted = trouble.lasted.min(trouble.ago + HOUR);
        dark |= trouble.dark && (0..lasted).contains(&since);
        celsius += trouble.degrees * curve::swing(since, lasted);
    }
    Reading {
        temperature: Micro::from_celsius((celsius * 10.0).round() / 10.0),
        // Warm air in a cell is dry.
        humidity: Some((60.0 - (celsius - f64::midpoint(limits.0, limits.1)) * 4.0).clamp(20.0, 95.0).round()),
        battery: Some(
            (100.0 - moment.since(now.plus(-MONTH)) as f64 / MONTH as f64 * 9.0 - number as f64 * 0.4).round(),
        ),
        power: Some(!dark),
        door: Some(false),
        recorded_at: Some(moment),
        seq: Some(moment.0 / STEP),
    }
}

/// A technician has seen the older of the alerts that go on.
async fn react(app: &App, staff: &Staff) -> Result<()> {
    let Some(technician) = staff.technicians.first() else { return Ok(()) };
    let active = AlertFilter { status: Some(AlertStatus::Active), ..AlertFilter::default() };
    let page = PageRequest { limit: Some(100), ..PageRequest::default() };
    let alerts = service::list_alerts(app, technician, &active, &page).await?.items;
    let oldest: Option<&Alert> = alerts.last();
    if let Some(alert) = oldest {
        service::acknowledge_alert(app, technician, alert.id).await?;
    }
    Ok(())
}
