//! Notices on their way: mail to a real receiver, SMS to a gateway on loopback.

use axum::http::StatusCode;
use axum::routing::any;
use officina::identity::service::{self as identity, NewMember};
use officina::kernel::App;
use officina::kernel::time::HOUR;
use officina::kernel::zone;
use officina::notices::service::set_notice_preferences;
use officina::notices::{NoticePreferences, Wanted};
use officina_server::background::jobs::step;
use officina_server::config::Hidden;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{Story, with_mail};

#[tokio::test]
async fn a_power_cut_in_two_hundred_cells_is_one_mail_to_each() {
    with_mail(|story, mailbox| async move {
        let site = story.site("Porto", None, 200).await;
        story.power(&site, false).await;
        story.pass(2).await;
        let mails = mailbox.rest_of(&story.app).await;
        let mut to: Vec<&str> = mails.iter().map(|mail| mail.to[0].as_str()).collect();
        to.sort_unstable();
        assert_eq!(to, ["admin@rossi.test", "manager@rossi.test", "technician@rossi.test"]);
        let text = &mails[0].text;
        assert!(text.contains("200 celle presso Porto senza corrente: Cella 1, Cella 2, "), "{text}");
        assert!(text.contains("Cella 8 e altre 192\n"), "{text}");
        assert!(text.contains("\nCella 8: dal ") && !text.contains("\nCella 9: "), "{text}");
        assert!(text.contains("https://desk.example.org/app/alerts?place="), "{text}");
        assert!(text.contains("https://desk.example.org/app/account/notices"), "{text}");
        assert!(mails[0].head.contains("200 celle presso Porto"), "{}", mails[0].head);

        // The end is not worth a mail, unless somebody wants one.
        let admin = story.actor("admin").await;
        let email = Wanted { resolution: true, ..Wanted::default() };
        let wanted = NoticePreferences { email, ..NoticePreferences::default() };
        set_notice_preferences(&story.app, &admin, wanted).await.unwrap();
        story.power(&site, true).await;
        story.pass(2).await;
        let mails = mailbox.rest_of(&story.app).await;
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].to, ["admin@rossi.test"]);
        assert!(mails[0].text.contains("Finito: 200 celle presso Porto"), "{}", mails[0].text);
    })
    .await;
}

#[tokio::test]
async fn a_mail_about_something_found_late_says_when_it_was() {
    with_mail(|story, mailbox| async move {
        let site = story.site("Porto", None, 1).await;
        let then = story.app.clock.now().plus(-3 * HOUR);
        story.measure(&site, -5.0, true, then).await;
        story.pass(2).await;
        let mails = mailbox.rest_of(&story.app).await;
        assert_eq!(mails.len(), 3);
        let text = &mails[0].text;
        let when = zone::moment(then, zone::zone("Europe/Rome"));
        let said = format!("Carrozzeria Rossi, {when}:\n\nCella 1 presso Porto con temperatura troppo alta (segnalato");
        assert!(text.contains(&said), "{text}");
        let line = format!("\nCella 1: −5,0 °C, limite −15,0 °C, dal {when}\n");
        assert!(text.contains(&line), "{text}");
    })
    .await;
}

/// A request as a gateway gets it.
struct Asked {
    line: String,
    authorization: Option<String>,
    key: Option<String>,
    body: String,
}

/// A gateway that fails the first time.
struct Gateway {
    address: String,
    asked: UnboundedReceiver<Asked>,
}

impl Gateway {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (sender, asked) = unbounded_channel();
        let mut failed = false;
        let answers = std::sync::Mutex::new(move || if std::mem::replace(&mut failed, true) { 202 } else { 500 });
        let answers = std::sync::Arc::new(answers);
        let answer = move |request: axum::extract::Request| {
            let (sender, answers) = (sender.clone(), answers.clone());
            async move {
                let (parts, body) = request.into_parts();
                let header = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
                let asked = Asked {
                    line: format!("{} {}", parts.method, parts.uri),
                    authorization: header("authorization"),
                    key: header("idempotency-key"),
                    body: String::from_utf8(axum::body::to_bytes(body, 10_000).await.unwrap().to_vec()).unwrap(),
                };
                sender.send(asked).unwrap();
                StatusCode::from_u16((answers.lock().unwrap())()).unwrap()
            }
        };
        let router = axum::Router::new().fallback(any(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, asked }
    }
}

/// A manager with a phone, who gets the first escalation by SMS.
async fn on_call(story: &Story) {
    let member = NewMember {
        email: None,
        phone: Some("+39 333 123 4567".to_owned()),
        name: "Nadia Notte".to_owned(),
        role: "manager".to_owned(),
        password: None,
        customer: None,
    };
    identity::add_member(&story.app, &story.system(), member).await.unwrap();
}

async fn work(app: &App) {
    while step(app).await.unwrap() {}
}

#[tokio::test]
async fn an_escalation_goes_by_sms_and_is_tried_again_until_the_gateway_takes_it() {
    for kind in crate::support::database::kinds() {
        let mut gateway = Gateway::open().await;
        let url = format!("{}/send", gateway.address);
        let settings = |config: &mut officina_server::config::Config| {
            config.sms.url = Some(Hidden::from(url.clone()));
            config.sms.token = Some(Hidden::from("open sesame".to_owned()));
        };
        let story = Story::on(kind, settings).await;
        on_call(&story).await;
        let site = story.site("Porto", None, 1).await;
        story.power(&site, false).await;
        story.pass(10).await;
        work(&story.app).await;
        assert!(gateway.asked.try_recv().is_err(), "openings do not go by SMS");
        story.pass(52).await;
        work(&story.app).await;
        let first = gateway.asked.try_recv().unwrap();
        assert!(gateway.asked.try_recv().is_err(), "tried again at once, or sent to somebody else");
        story.app.clock.advance(HOUR);
        work(&story.app).await;
        let second = gateway.asked.try_recv().unwrap();
        story.app.clock.advance(HOUR);
        work(&story.app).await;
        assert!(gateway.asked.try_recv().is_err(), "sent twice");

        assert_eq!((first.line.as_str(), first.authorization.as_deref()), ("POST /send", Some("Bearer open sesame")));
        assert_eq!((&first.body, &first.key), (&second.body, &second.key));
        let body: Value = serde_json::from_str(&first.body).unwrap();
        assert_eq!((&body["to"], body["id"].as_str()), (&Value::from("+393331234567"), first.key.as_deref()));
        let text = body["text"].as_str().unwrap();
        let begin = "Carrozzeria Rossi: Nessuno ha reagito: Cella 1 presso Porto senza corrente http";
        assert!(text.starts_with(begin) && text.contains("/app/alerts/"), "{text}");
    }
}

#[tokio::test]
async fn a_gateway_can_be_asked_by_an_address_with_places_in_it() {
    let mut gateway = Gateway::open().await;
    let url = format!("{}/sms?key={{token}}&to={{to}}&text={{text}}", gateway.address);
    let settings = |config: &mut officina_server::config::Config| {
        config.sms.url = Some(Hidden::from(url.clone()));
        config.sms.token = Some(Hidden::from("a&b".to_owned()));
        config.sms.prefix = "0039".to_owned();
    };
    let story = Story::on(crate::support::Kind::Sqlite, settings).await;
    on_call(&story).await;
    let site = story.site("Porto & Molo {to}", None, 1).await;
    story.power(&site, false).await;
    story.pass(62).await;
    work(&story.app).await;
    let asked = gateway.asked.try_recv().unwrap();
    let begin = "GET /sms?key=a%26b&to=00393331234567&text=Carrozzeria+Rossi%3A+Nessuno+ha+reagito%3A+Cella+1";
    assert!(asked.line.starts_with(begin) && asked.line.contains("Porto+%26+Molo+%7Bto%7D"), "{}", asked.line);
    assert_eq!((asked.authorization, asked.body.as_str()), (None, ""));
    // What waits to be sent does not stand in the database for everybody to read.
    let (payload,): (String,) =
        officina::kernel::db::sql("SELECT payload FROM jobs WHERE kind = 'sms'").one(&story.app.db).await.unwrap();
    assert!(!payload.contains("3331234567") && !payload.contains("Porto"), "{payload}");
}
