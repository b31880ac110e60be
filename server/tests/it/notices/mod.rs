//! Stories about who is told what, and that nobody is told twice.

mod alert;
mod day;
mod flapping;
mod messages;
mod pages;
mod told;

use std::sync::Arc;

use officina::cold_chain::backlog;
use officina::cold_chain::ingest::{self, Delivery, Intake};
use officina::cold_chain::model::Micro;
use officina::cold_chain::reading::Reading;
use officina::cold_chain::service::{self, device_key_hash};
use officina::cold_chain::{NewColdCell, NewDevice, NewLocation, Preset};
use officina::identity::service as identity;
use officina::kernel::App;
use officina::kernel::actor::Actor;
use officina::kernel::clock::Clock;
use officina::kernel::db::sql;
use officina::kernel::ids::{CustomerId, LocationId, OrgId};
use officina::kernel::time::{MINUTE, Timestamp};
use officina::notices::NoticeFacts;
use officina::notices::service::follow;
use officina_server::config::Config;
use officina_server::launch;

use crate::support::{Kind, Mailbox, ORG, START, database};

/// An organisation without a server: nobody but the story follows its journal and works on its jobs.
struct Story {
    app: App,
    org: OrgId,
    config: Config,
    _database: database::Fresh,
}

/// Cells of one location with a device each.
struct Site {
    location: LocationId,
    devices: Vec<(i64, i64)>,
}

impl Story {
    /// Tells a story on both databases.
    async fn each<F: Future<Output = ()>>(story: impl Fn(Self) -> F) {
        Self::each_with(|_| {}, story).await;
    }

    /// The same with other settings.
    async fn each_with<F: Future<Output = ()>>(settings: impl Fn(&mut Config), story: impl Fn(Self) -> F) {
        for kind in database::kinds() {
            story(Self::on(kind, &settings).await).await;
        }
    }

    /// The beginning of a story on one kind of database.
    async fn on(kind: Kind, settings: impl Fn(&mut Config)) -> Self {
        let database = database::fresh(kind).await;
        let mut config = database.config();
        settings(&mut config);
        let app = launch::open(&config, Clock::fixed(START)).await.expect("a database");
        let org = identity::public_organisation(&app, Some(ORG)).await.expect("seeded").id;
        Self { app, org, config, _database: database }
    }

    fn system(&self) -> Actor {
        Actor::system(self.org)
    }

    /// A freezer site with some cells, called `Cella 1` and so on.
    async fn site(&self, name: &str, customer: Option<CustomerId>, cells: usize) -> Site {
        let (app, actor) = (&self.app, self.system());
        let location = NewLocation { name: name.to_owned(), customer_id: customer, ..NewLocation::default() };
        let location = service::create_location(app, &actor, location).await.expect("a location").id;
        let mut devices = Vec::new();
        for number in 1..=cells {
            let cell = NewColdCell {
                name: format!("Cella {number}"),
                location_id: Some(location),
                preset: Some(Preset::Freezer),
                ..NewColdCell::default()
            };
            let cell = service::create_cold_cell(app, &actor, cell).await.expect("a cell").cell.id;
            let serial_number = format!("{name}-{number}");
            let device = NewDevice { serial_number, cold_cell_id: Some(cell), ..NewDevice::default() };
            let device = service::create_device(app, &actor, device).await.expect("a device");
            let hash = device_key_hash(device.api_key.as_bytes());
            let admission = service::admit(app, &hash).await.expect("an answer").expect("admitted");
            devices.push((admission.device_no, admission.access_epoch));
        }
        Site { location, devices }
    }

    /// All devices of a site say whether there is power.
    async fn power(&self, site: &Site, power: bool) {
        self.measure(site, -18.0, power, self.app.clock.now()).await;
    }

    /// All devices of a site send what they measured at a moment.
    async fn measure(&self, site: &Site, celsius: f64, power: bool, at: Timestamp) {
        let now = self.app.clock.now();
        let reading = Reading {
            temperature: Micro::from_celsius(celsius),
            humidity: None,
            battery: None,
            power: Some(power),
            door: None,
            recorded_at: Some(at),
            seq: None,
        };
        let delivery = |(device_no, access_epoch): &(i64, i64)| Delivery {
            device_no: *device_no,
            access_epoch: *access_epoch,
            received_at: now,
            readings: vec![reading],
        };
        let group: Vec<Delivery> = site.devices.iter().map(delivery).collect();
        ingest::store_group(&self.app.db, &Intake::default(), now, &group).await.expect("stored");
        while backlog::catch_up(&self.app).await.expect("caught up").is_some() {}
    }

    /// Lets minutes pass, with escalation and notices in each of them.
    async fn pass(&self, minutes: i64) {
        for _ in 0..minutes {
            self.app.clock.advance(MINUTE);
            service::escalate(&self.app).await.expect("escalated");
            follow(&self.app).await.expect("followed");
        }
    }

    /// The actor that a member acts as.
    async fn actor(&self, role: &str) -> Actor {
        let identifier = format!("{role}@{ORG}.test");
        let credentials =
            identity::Credentials { identifier, password: crate::support::PASSWORD.to_owned(), code: None };
        let client = identity::Client::default();
        let kind = officina::identity::SessionKind::Browser;
        let signed_in = identity::sign_in(&self.app, &client, kind, &credentials).await.expect("signed in");
        identity::actor_by_session(&self.app, &client, signed_in.session).await.expect("signed in")
    }

    async fn told(&self) -> Vec<String> {
        told(&self.app).await
    }
}

/// Tells a story on both databases, with mails that go to a receiver.
async fn with_mail<F: Future<Output = ()>>(story: impl Fn(Story, Arc<Mailbox>) -> F) {
    let mailbox = Arc::new(Mailbox::open().await);
    Story::each_with(|config| mailbox.serve(config), |told| story(told, mailbox.clone())).await;
}

/// Who was told what: `admin opening POWER_LOSS Porto 12`, in the order of time and then of roles.
async fn told(app: &App) -> Vec<String> {
    let rows: Vec<(String, String, String)> = sql("SELECT m.role, n.kind, n.facts FROM notices n \
         JOIN memberships m ON m.org_id = n.org_id AND m.account_id = n.account_id ORDER BY n.created_at, m.role, n.id")
    .all(&app.db)
    .await
    .expect("notices");
    let words = |(role, kind, facts): (String, String, String)| {
        let facts: NoticeFacts = serde_json::from_str(&facts).expect("facts");
        format!("{role} {kind} {} {} {}", facts.alert_type, facts.location, facts.cell_count)
    };
    rows.into_iter().map(words).collect()
}

/// A customer of the organisation.
async fn customer(story: &Story, name: &str, phone: &str) -> CustomerId {
    let mut tx = story.app.db.begin().await.expect("a transaction");
    let now = story.app.clock.now();
    let (actor, home) = (story.system(), story.app.country);
    let customer = officina::customers::service::find_or_create(&mut tx, &actor, home, (name, phone), None, now).await;
    tx.commit().await.expect("a commit");
    customer.expect("a customer").id
}
