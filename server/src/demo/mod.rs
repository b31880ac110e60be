//! Demo data: a believable service business with months behind it, and a second organisation that must never see the first.
//!
//! Everything is made by the services that make real data, with a clock that is turned through the past, so that the
//! journal, the timelines and the lists are as they would be.

mod cast;
mod cold_chain;
mod leads;
mod people;
mod repairs;
mod stage;

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use officina::Error;
use officina::identity::opening_hours::read_day;
use officina::identity::service::{self as identity, NewOrganisation};
use officina::identity::{Area, UpdateSettings, Weekday};
use officina::kernel::App;
use officina::kernel::actor::Actor;
use officina::kernel::clock::Clock;
use officina::kernel::time::{DAY, Timestamp};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde::Serialize;

use crate::Config;
use crate::launch::{self, StartError};

/// How far back the demo's history goes.
const HISTORY: i64 = 120 * DAY;

/// What `demo.json` says.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Demo {
    /// Where the installation is reached.
    pub base_url: String,
    /// The organisations.
    pub organisations: Vec<DemoOrganisation>,
    /// Who can sign in.
    pub users: Vec<DemoUser>,
    /// Devices with their keys.
    pub devices: Vec<DemoDevice>,
    /// Tracking codes.
    pub tracking_codes: Vec<DemoCode>,
}

/// An organisation of the demo.
#[derive(Debug, Serialize)]
pub struct DemoOrganisation {
    slug: String,
    id: officina::kernel::ids::OrgId,
}

/// Someone who can sign in.
#[derive(Debug, Serialize)]
pub struct DemoUser {
    org: String,
    role: String,
    email: String,
    password: String,
}

/// A device and its key.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DemoDevice {
    org: String,
    serial_number: String,
    api_key: String,
    cold_cell_id: officina::kernel::ids::ColdCellId,
}

/// A tracking code.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DemoCode {
    org: String,
    code: String,
    repair_id: officina::kernel::ids::RepairId,
    phone_last4: String,
}

impl Demo {
    /// The lines that tell a newcomer how to sign in.
    #[must_use]
    pub fn welcome(&self) -> String {
        let mut lines = format!("\n  Staff:     {}/app\n", self.base_url);
        for user in self.users.iter().filter(|user| ["admin", "technician", "agent"].contains(&user.role.as_str())) {
            lines.push_str(&format!("             {:24} {}\n", user.email, user.password));
        }
        lines.push_str(&format!("  Customer:  {}/check-in\n", self.base_url));
        if let Some(code) = self.tracking_codes.first() {
            lines.push_str(&format!(
                "             {}/track/{}  (phone ends with {})\n",
                self.base_url, code.code, code.phone_last4
            ));
        }
        lines.push_str(&format!("  Visitor:   {}/contact\n  API:       {}/api/docs\n", self.base_url, self.base_url));
        lines
    }
}

/// Fills the database of a configuration and writes `demo.json` beside it; returns the welcome.
///
/// # Errors
/// One sentence: the database is not empty, or the address is not loopback and `--demo-public` is not given.
pub async fn prepare(config: &Config) -> Result<String, StartError> {
    if !config.listen.ip().is_loopback() && !config.demo_public {
        return Err(StartError::new(format!(
            "Demo data has known passwords, so it is served on loopback only, not on {}; --demo-public allows it.",
            config.listen
        )));
    }
    let app = launch::open(config, Clock::System).await?;
    launch::bring_up_to_date(&app).await?;
    let demo = fill(&app).await?;
    app.db.close().await;
    let json = serde_json::to_string_pretty(&demo).map_err(|error| StartError::new(error.to_string()))?;
    let file = config.data.join("demo.json");
    write_private(&file, &json)
        .map_err(|error| StartError::new(format!("{} cannot be written: {error}.", file.display())))?;
    Ok(demo.welcome())
}

/// Writes a file that only its owner can read.
fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    let mut open = std::fs::OpenOptions::new();
    open.write(true).create(true).truncate(true).mode(0o600).open(file)?.write_all(text.as_bytes())
}

/// Fills an empty database.
///
/// # Errors
/// [`Error::BadRequest`] when the database holds anything already.
pub async fn fill(app: &App) -> officina::Result<Demo> {
    if identity::has_accounts(app).await? || identity::public_organisation(app, None).await.is_ok() {
        return Err(Error::BadRequest("Demo data goes into an empty database only; this one has data.".to_owned()));
    }
    let now = app.clock.now();
    let mut demo = Demo {
        base_url: app.base_url.to_string(),
        organisations: Vec::new(),
        users: Vec::new(),
        devices: Vec::new(),
        tracking_codes: Vec::new(),
    };
    let past = at(app, now.plus(-HISTORY));
    for (slug, name, size, cells) in
        [("demo", "Carrozzeria Aurora", 260, 0..8), ("demo-2", "Officina Bellavista", 25, 8..10)]
    {
        let organisation = identity::create_organisation(
            &past,
            NewOrganisation {
                slug: slug.to_owned(),
                name: name.to_owned(),
                areas: Area::ALL.to_vec(),
                locale: "it".to_owned(),
                time_zone: "Europe/Rome".to_owned(),
            },
        )
        .await?;
        let system = Actor::system(organisation.id);
        identity::update_settings(&past, &system, &public_contact(name)).await?;
        let staff = people::hire(&past, &system, slug, &mut demo.users).await?;
        let play = Play { app, system: &system, staff: &staff, slug, now };
        let [shop, desk, cellar] = stage::parts();
        tokio::try_join!(
            repairs::play(&play, shop, size, &mut demo.tracking_codes),
            leads::play(&play, desk, size / 6),
            cold_chain::play(&play, cellar, cells, &mut demo.devices),
        )?;
        demo.organisations.push(DemoOrganisation { slug: slug.to_owned(), id: organisation.id });
    }
    Ok(demo)
}

/// What a demo organisation's public pages say of how it is reached. The number is one that nobody has.
fn public_contact(name: &str) -> UpdateSettings {
    let open = |day: &Weekday| match day {
        Weekday::Sunday => Vec::new(),
        Weekday::Saturday => read_day(*day, "9-12"),
        _ => read_day(*day, "8-12:30, 14-18:30"),
    };
    UpdateSettings {
        phone: Some("+39 02 5550100".to_owned()),
        address: Some("Via dell'Artigianato 12\n20090 Segrate MI".to_owned()),
        opening_hours: Some(Weekday::ALL.iter().flat_map(open).collect()),
        privacy_notice: Some(format!(
            "{name} tratta i dati che inviate con questi moduli solo per la riparazione del veicolo e per richiamarvi.\n\n\
             Potete chiederne in ogni momento una copia o la cancellazione."
        )),
        ..UpdateSettings::default()
    }
}

/// An organisation's history, about to be played.
struct Play<'a> {
    app: &'a App,
    system: &'a Actor,
    staff: &'a people::Staff,
    slug: &'a str,
    /// When it ends.
    now: Timestamp,
}

impl Play<'_> {
    /// The application at a moment of the play.
    fn at(&self, moment: Timestamp) -> App {
        at(self.app, moment)
    }

    /// Chance with a fixed seed: the same demo every time, but for the ids, codes and keys.
    fn random(&self) -> StdRng {
        StdRng::seed_from_u64(20_261_120 + self.slug.len() as u64)
    }
}

/// The same application at another time.
fn at(app: &App, moment: Timestamp) -> App {
    App { clock: Clock::fixed(moment), ..app.clone() }
}
