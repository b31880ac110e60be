//! A server to tell a story with: [`TestServer::each`] tells it on both databases.

#![allow(dead_code, reason = "what stories share; not every build of the tests uses all of it")]

mod authenticator;
mod client;
pub mod database;
mod mailbox;

use std::future::Future;
use std::net::SocketAddr;

use officina::identity::service::{self, NewMember, NewOrganisation};
use officina::identity::{Area, Organisation, SessionKind};
use officina::kernel::App;
use officina::kernel::actor::Actor;
use officina::kernel::clock::Clock;
use officina::kernel::permission::BuiltInRole;
use officina::kernel::time::Timestamp;
use officina_server::AppState;
use officina_server::config::Config;
use officina_server::launch::{self, Prepared};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use authenticator::Authenticator;
pub use client::{Answer, Client};
pub use database::Kind;
pub use mailbox::{Mail, Mailbox};

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";
/// The time at which every story begins: 2026-11-20T10:00:00Z.
pub const START: Timestamp = Timestamp(1_795_168_800_000);
/// The organisation of the stories.
pub const ORG: &str = "rossi";
/// An organisation that must never see the first, with an admin.
pub const OTHER_ORG: &str = "bianchi";

/// A server with an organisation that has a member of every role (`admin@rossi.test`, `technician@rossi.test`, …), and
/// a second organisation with an admin (`admin@bianchi.test`). Its clock stands at [`START`] until it is turned.
pub struct TestServer {
    prepared: Prepared,
    pub kind: Kind,
    pub org: Organisation,
    pub other_org: Organisation,
    _database: database::Fresh,
    real: Option<(SocketAddr, CancellationToken, tokio::task::JoinHandle<()>)>,
}

impl TestServer {
    /// Tells a story on SQLite and then on PostgreSQL.
    pub async fn each<F: Future<Output = ()>>(story: impl Fn(TestServer) -> F) {
        Self::each_with(|_| {}, story).await;
    }

    /// The same with other settings.
    pub async fn each_with<F: Future<Output = ()>>(settings: impl Fn(&mut Config), story: impl Fn(TestServer) -> F) {
        for kind in database::kinds() {
            story(Self::on(kind, &settings).await).await;
        }
    }

    /// Tells a story that begins with an empty database, on both kinds.
    pub async fn each_empty<F: Future<Output = ()>>(story: impl Fn(TestServer) -> F) {
        for kind in database::kinds() {
            let database = database::empty(kind).await;
            let config = Config { default_organisation: None, ..database.config() };
            let prepared = launch::prepare(config, Clock::fixed(START)).await.expect("the server starts");
            let org = Organisation::product();
            story(Self { prepared, kind, other_org: org.clone(), org, _database: database, real: None }).await;
        }
    }

    /// A server on one kind of database.
    pub async fn on(kind: Kind, settings: impl Fn(&mut Config)) -> Self {
        let database = database::fresh(kind).await;
        let mut config = database.config();
        settings(&mut config);
        let prepared = launch::prepare(config, Clock::fixed(START)).await.expect("the server starts");
        let app = prepared.state.app.clone();
        let org = service::public_organisation(&app, Some(ORG)).await.expect("seeded");
        let other_org = service::public_organisation(&app, Some(OTHER_ORG)).await.expect("seeded");
        Self { prepared, kind, org, other_org, _database: database, real: None }
    }

    /// What services need, for preparing a story below HTTP.
    pub fn app(&self) -> &App {
        &self.prepared.state.app
    }

    /// What handlers share.
    pub fn state(&self) -> &AppState {
        &self.prepared.state
    }

    /// The router, for questions about itself.
    pub fn router(&self) -> &axum::Router {
        &self.prepared.router
    }

    /// Turns the clock forward.
    pub fn advance(&self, milliseconds: i64) {
        self.app().clock.advance(milliseconds);
    }

    /// The server acting for the organisation of the stories.
    pub fn system(&self) -> Actor {
        Actor::system(self.org.id)
    }

    /// Someone who has not signed in, asking the router directly.
    pub fn visitor(&self) -> Client {
        Client::new(self.prepared.router.clone())
    }

    /// A member of the organisation with an access token.
    pub async fn member(&self, role: &str) -> Client {
        self.visitor().sign_in(&format!("{role}@{ORG}.test")).await
    }

    /// The admin of the other organisation with an access token.
    pub async fn stranger(&self) -> Client {
        self.visitor().sign_in(&format!("admin@{OTHER_ORG}.test")).await
    }

    /// A member with a browser's session cookie.
    pub async fn browser(&self, role: &str) -> Client {
        self.visitor().with_cookie_of(self.app(), &format!("{role}@{ORG}.test")).await
    }

    /// The actor that a member's requests act as, for preparing a story below HTTP.
    pub async fn actor(&self, role: &str) -> Actor {
        let identifier = format!("{role}@{ORG}.test");
        let credentials = service::Credentials { identifier, password: PASSWORD.to_owned(), code: None };
        let client = service::Client::default();
        let signed_in = service::sign_in(self.app(), &client, SessionKind::Browser, &credentials)
            .await
            .expect("the member can sign in");
        service::actor_by_session(self.app(), &client, signed_in.session).await.expect("signed in")
    }

    /// Opens a real loopback port for the same router and says where.
    pub async fn open_port(&mut self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let stop = CancellationToken::new();
        let (router, config, stopped) = (self.prepared.router.clone(), self.state().config.clone(), stop.clone());
        let task = tokio::spawn(async move {
            officina_server::http::accept::serve(listener, router, &config, stopped).await;
        });
        self.real = Some((address, stop, task));
        address
    }

    /// Stops the server as SIGTERM does, and waits until it has.
    pub async fn stop(self) {
        self.prepared.state.stop.cancel();
        if let Some((_, stop, task)) = self.real {
            stop.cancel();
            task.await.expect("the accept loop ends");
        }
        self.prepared.stop().await;
    }
}

/// Makes the organisations and members that every story starts with.
async fn seed(app: &App) {
    for (slug, name) in [(ORG, "Carrozzeria Rossi"), (OTHER_ORG, "Bianchi Freddo")] {
        let organisation = service::create_organisation(
            app,
            NewOrganisation {
                slug: slug.to_owned(),
                name: name.to_owned(),
                areas: Area::ALL.to_vec(),
                locale: "it".to_owned(),
                time_zone: "Europe/Rome".to_owned(),
            },
        )
        .await
        .expect("a new organisation");
        let roles = if slug == ORG { BuiltInRole::ALL } else { &[BuiltInRole::Admin] };
        for role in roles {
            let member = NewMember {
                email: Some(format!("{role}@{slug}.test")),
                phone: None,
                name: format!("The {role} of {name}"),
                role: role.to_string(),
                password: Some(PASSWORD.to_owned()),
                customer: None,
            };
            service::add_member(app, &Actor::system(organisation.id), member).await.expect("a new member");
        }
    }
}

/// Says something over a real connection and returns all that is answered until the server closes it.
pub async fn talk(address: SocketAddr, request: &[u8]) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let mut stream = tokio::net::TcpStream::connect(address).await.expect("the port is open");
    stream.write_all(request).await.expect("the server listens");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("the server answers");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Every route of the API, relative to its base path, from the document that the router generates.
pub fn routes() -> Vec<(axum::http::Method, String)> {
    let document = serde_json::to_value(officina_server::api::document()).expect("a document");
    let paths = document["paths"].as_object().expect("paths").clone();
    paths
        .into_iter()
        .flat_map(|(path, operations)| {
            let methods: Vec<String> = operations.as_object().expect("operations").keys().cloned().collect();
            methods.into_iter().filter_map(move |method| Some((method.to_uppercase().parse().ok()?, path.clone())))
        })
        .filter(|(method, _)| ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&axum::http::Method::as_str(method)))
        .collect()
}
