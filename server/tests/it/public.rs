//! The public pages: check-in with photos, tracking, contact. All of it as a browser without script does it.

use std::fmt::Write as _;
use std::io::Cursor;

use axum::http::Method;
use officina::identity::service::{self, NewOrganisation};
use serde_json::{Value, json};

use crate::support::TestServer;
use crate::support::{Answer, Client};

const BOUNDARY: &str = "----officina-test";

/// A form with files, as a browser sends it.
#[derive(Default)]
struct Form(Vec<u8>);

impl Form {
    fn text(mut self, name: &str, value: &str) -> Self {
        let mut part = String::new();
        write!(part, "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").unwrap();
        self.0.extend(part.as_bytes());
        self
    }

    fn file(mut self, name: &str, file: &str, kind: &str, content: &[u8]) -> Self {
        let mut part = String::new();
        write!(part, "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n")
            .unwrap();
        write!(part, "Content-Type: {kind}\r\n\r\n").unwrap();
        self.0.extend(part.as_bytes());
        self.0.extend(content);
        self.0.extend(b"\r\n");
        self
    }

    async fn send(mut self, client: &Client) -> Answer {
        self.0.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        client.raw(Method::POST, "/check-in", &kind, self.0).await
    }
}

/// A form with everything that must be there.
fn filled() -> Form {
    filled_for("ab 123 cd")
}

/// The same for another car.
fn filled_for(plate: &str) -> Form {
    Form::default()
        .text("customerName", "Anna Verdi")
        .text("customerPhone", "+39 333 765 4321")
        .text("customerEmail", "")
        .text("vehiclePlate", plate)
        .text("vehicleBrand", "Fiat")
        .text("vehicleModel", "Panda")
        .text("vehicleYear", "2019")
        .text("repairType", "collision")
        .text("notes", "Hit & run <3")
        // A file field that was left alone.
        .file("rear", "", "application/octet-stream", b"")
}

fn png() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(32, 24).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn browser(server: &TestServer) -> Client {
    server.visitor().with("sec-fetch-site", "same-origin").with("accept-language", "en")
}

async fn repairs(server: &TestServer) -> Value {
    server.member("admin").await.get("/api/v1/repairs").await.expect(200)
}

fn code_of(answer: &Answer) -> String {
    let location = answer.header("location").unwrap();
    location.split("code=").nth(1).unwrap()[..6].to_owned()
}

#[tokio::test]
async fn a_customer_checks_in_with_photos_and_follows_the_repair() {
    TestServer::each(|server| async move {
        let browser = browser(&server);
        assert_eq!(browser.get("/check-in").await.status, 200);
        let answer = filled().file("front", "front.png", "image/png", &png()).send(&browser).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let code = code_of(&answer);

        let done = browser.get(answer.header("location").unwrap()).await;
        assert_eq!(done.status, 200);
        for part in [code.as_str(), "Thank you, Anna.", "One photo has arrived."] {
            assert!(done.text().contains(part), "{part}: {}", done.text());
        }

        // The code is read as people type it.
        let asked = browser.get(&format!("/track?code={}-{}", code[..3].to_lowercase(), &code[3..])).await;
        assert_eq!(asked.header("location"), Some(format!("/track/{code}").as_str()));
        let page = browser.get(&format!("/track/{code}")).await;
        assert_eq!(page.status, 200);
        for part in ["Hello Anna", "AB•••••", "Fiat Panda"] {
            assert!(page.text().contains(part), "{part}: {}", page.text());
        }
        assert_eq!(page.header("refresh"), Some("60"));
        for secret in ["Verdi", "7654321", "765 4321", "AB123CD", "AB 123 CD", "Hit &amp; run", "<img"] {
            assert!(!page.text().contains(secret), "{secret} is not for whoever has the code alone");
        }
    })
    .await;
}

#[tokio::test]
async fn photos_open_with_the_second_factor_and_a_wrong_one_looks_like_a_miss() {
    TestServer::each(|server| async move {
        let browser = browser(&server);
        let answer = filled().file("front", "front.png", "image/png", &png()).send(&browser).await;
        let code = code_of(&answer);

        let wrong = browser.form(&format!("/track/{code}"), &[("phone", "0000")]).await;
        let other = if code == "ZZZZZZ" { "YYYYYY" } else { "ZZZZZZ" };
        let miss = browser.get(&format!("/track/{other}")).await;
        assert_eq!((wrong.status.as_u16(), miss.status.as_u16()), (404, 404));
        let plain = |answer: &Answer, code: &str| {
            let text = answer.text().replace(code, "");
            let (before, rest) = text.split_once("nonce=\"").unwrap();
            format!("{before}{}", rest.split_once('"').unwrap().1)
        };
        assert_eq!(plain(&wrong, &code), plain(&miss, other));

        let right = browser.form(&format!("/track/{code}"), &[("phone", "4321")]).await;
        let address = right.header("location").unwrap().to_owned();
        let page = browser.get(&address).await.text();
        let photo = page.split("<img src=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
        let bytes = browser.get(&photo).await;
        assert_eq!((bytes.status.as_u16(), bytes.header("content-type")), (200, Some("image/jpeg")));
        let forged = photo.split("token=").next().unwrap().to_owned() + "token=AAAA";
        assert_eq!(browser.get(&forged).await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn a_form_with_mistakes_comes_back_whole_and_makes_nothing() {
    TestServer::each(|server| async move {
        let browser = browser(&server);
        let before = repairs(&server).await;
        let answer = Form::default()
            .text("customerName", "Anna Verdi")
            .text("vehiclePlate", "AB123CD")
            .text("vehicleYear", "last year")
            .text("repairType", "collision")
            .text("notes", "</textarea><script>alert(1)</script>")
            .send(&browser)
            .await;
        assert_eq!(answer.status, 400);
        let page = answer.text();
        for part in [
            "id=\"f-customerPhone-error\"",
            "href=\"#f-customerPhone\"",
            "id=\"f-vehicleYear-error\"",
            "value=\"Anna Verdi\"",
            "value=\"last year\"",
            "&lt;/textarea&gt;&lt;script&gt;",
            "2 fields need another look.",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!page.contains("<script"));
        assert_eq!(repairs(&server).await, before);
    })
    .await;
}

#[tokio::test]
async fn a_bad_photo_costs_itself_and_not_the_form_and_says_why() {
    TestServer::each(|server| async move {
        let browser = browser(&server);
        let heavy = vec![0xFF; 12 * 1024 * 1024];
        let half = &png()[..60];
        let cases: [(&[u8], &str); 5] = [
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>", "Only photos are taken"),
            (b"only a text with another name", "Only photos are taken"),
            (&heavy, "at most 10 MB"),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "This picture is HEIC"),
            (half, "This picture is damaged"),
        ];
        for (made, (content, reason)) in cases.into_iter().enumerate() {
            let form = filled().file("left", "photo.jpg", "image/jpeg", content);
            let answer = form.file("front", "front.png", "image/png", &png()).send(&browser).await;
            assert_eq!(answer.status, 303, "{reason}: {}", answer.text());
            let done = browser.get(answer.header("location").unwrap()).await.text();
            for part in ["One photo has arrived.", "These photos did not arrive", "Left side", reason] {
                assert!(done.contains(part), "{part}: {done}");
            }
            assert_eq!(repairs(&server).await["data"].as_array().unwrap().len(), made + 1);
        }
        // The words are ours, whoever wrote the address.
        let location = "/check-in/done?code=AAAAAA&refused=left.%3Cscript%3E,%3Cb%3E.photo_heic";
        assert!(!browser.get(location).await.text().contains("<b>"));

        // With another fault the form comes back, and tells of both.
        let answer = filled().text("vehicleYear", "long ago").file("left", "a.svg", "image/svg+xml", b"<svg/>");
        let answer = answer.send(&browser).await;
        assert_eq!(answer.status, 400);
        let page = answer.text();
        assert!(page.contains("id=\"f-left-error\"") && page.contains("value=\"Anna Verdi\""), "{page}");
    })
    .await;
}

#[tokio::test]
async fn a_form_sent_twice_makes_one_repair() {
    TestServer::each(|server| async move {
        let browser = browser(&server);
        let page = browser.get("/check-in").await.text();
        let token = page.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let first = filled().text("token", &token).send(&browser).await;
        let second = filled().text("token", &token).send(&browser).await;
        assert_eq!(code_of(&first), code_of(&second));
        let rows = repairs(&server).await["data"].as_array().unwrap().len();
        assert_eq!(rows, 1);
    })
    .await;
}

#[tokio::test]
async fn a_form_reused_by_going_back_is_a_check_in_of_its_own() {
    TestServer::each(|server| async move {
        let browser = browser(&server);
        let page = browser.get("/check-in").await.text();
        let token = page.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let first = code_of(&filled().text("token", &token).send(&browser).await);
        let other_car = code_of(&filled_for("zz 999 zz").text("token", &token).send(&browser).await);
        assert_ne!(first, other_car, "the second car is somewhere");
        // Gone back only to add a photo; and the button pressed twice.
        for _ in 0..2 {
            let with_photo = filled().text("token", &token).file("front", "front.png", "image/png", &png());
            assert_eq!(code_of(&with_photo.send(&browser).await), first);
        }
        let listed = repairs(&server).await;
        let plates: Vec<_> = listed["data"].as_array().unwrap().iter().map(|row| row["plate"].clone()).collect();
        assert_eq!(plates, ["ZZ 999 ZZ", "AB 123 CD"]);
        let id = listed["data"][1]["id"].as_str().unwrap();
        let detail = server.member("admin").await.get(&format!("/api/v1/repairs/{id}")).await.expect(200);
        assert_eq!(detail["data"]["photos"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_contact_form_sent_twice_is_one_lead_and_with_other_words_another() {
    TestServer::each(|server| async move {
        let browser = browser(&server);
        let page = browser.get("/contact").await.text();
        let hidden = |name: &str| {
            let after = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
            after.split('"').next().unwrap().to_owned()
        };
        let (token, stamp) = (hidden("token"), hidden("rendered"));
        server.advance(30_000);
        for name in ["Carla Neri", "Carla Neri", "Dario Neri"] {
            let fields = [
                ("token", token.as_str()),
                ("rendered", stamp.as_str()),
                ("name", name),
                ("phone", "333 1112223"),
                ("leadType", "service"),
            ];
            assert_eq!(browser.form("/contact", &fields).await.header("location"), Some("/contact/done"));
        }
        let inbox = server.member("admin").await.get("/api/v1/admin/leads").await.expect(200);
        let names: Vec<_> = inbox["data"].as_array().unwrap().iter().map(|lead| lead["name"].clone()).collect();
        assert_eq!(names, ["Dario Neri", "Carla Neri"]);
    })
    .await;
}

#[tokio::test]
async fn a_visitor_asks_to_be_called_and_spam_is_set_aside_behind_the_same_page() {
    TestServer::each(|server| async move {
        let browser = browser(&server);
        let page = browser.get("/contact").await.text();
        let stamp = page.split("name=\"rendered\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        server.advance(30_000);
        let fields = |website: &'static str, name: &'static str, phone: &'static str| {
            [
                ("name", name.to_owned()),
                ("phone", phone.to_owned()),
                ("leadType", "training".to_owned()),
                ("rendered", stamp.clone()),
                ("website", website.to_owned()),
            ]
        };
        let mut answers = Vec::new();
        let person = fields("", "Carla Neri", "333 1112223");
        let robot = fields("https://spam.test", "Robot", "333 9998887");
        for fields in [person, robot] {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            answers.push(browser.form("/contact", &fields).await);
        }
        for answer in &answers {
            assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some("/contact/done")));
        }
        let inbox = server.member("admin").await.get("/api/v1/admin/leads").await.expect(200);
        let names: Vec<_> = inbox["data"].as_array().unwrap().iter().map(|lead| lead["name"].clone()).collect();
        assert_eq!(names, ["Carla Neri"], "the other one is in quarantine");

        let refused = browser.form("/contact", &[("name", "Anna"), ("leadType", "service")]).await;
        assert_eq!(refused.status, 400);
        assert!(refused.text().contains("id=\"f-phone-error\"") && refused.text().contains("value=\"Anna\""));
    })
    .await;
}

#[tokio::test]
async fn an_organisation_has_its_pages_under_its_own_name() {
    TestServer::each(|server| async move {
        let slug = officina::identity::service::public_organisation(server.app(), None).await.unwrap().slug;
        let page = browser(&server).get(&format!("/o/{slug}/contact")).await;
        assert!(page.text().contains(&format!("action=\"/o/{slug}/contact\"")), "{}", page.text());
        assert!(page.text().contains(&format!("href=\"/o/{slug}/contact?lang=it\"")), "{}", page.text());
        assert_eq!(browser(&server).get("/o/nobody/contact").await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn a_field_that_the_check_in_does_not_have_is_named_in_one_sentence() {
    TestServer::each(|server| async move {
        let answer = filled().text("<colour>", "red").send(&server.visitor()).await;
        assert_eq!(answer.status, 400);
        let text = answer.text();
        assert!(text.contains("&lt;colour&gt;: Il modulo non ha questo campo."), "{text}");
        assert!(text.contains("Hit &amp; run"), "what was typed is still there: {text}");
        let list = server.member("admin").await.get("/api/v1/repairs").await.expect(200);
        assert_eq!(list["page"]["total"], 0);
        server.stop().await;
    })
    .await;
}

/// The first parts of the addresses that a source file names where routes are made.
fn first_parts(source: &str, found: &mut std::collections::BTreeSet<String>) {
    for opening in [".route(\"/", ".nest(\"/", "at(\"/", ".route_service(\"/"] {
        for rest in source.split(opening).skip(1) {
            let part = rest.split(['/', '"']).next().unwrap_or_default();
            if !part.is_empty() && !part.starts_with('{') {
                found.insert(part.to_owned());
            }
        }
    }
}

#[tokio::test]
async fn no_organisation_has_the_name_of_a_page() {
    let mut known = std::collections::BTreeSet::from(["pkg".to_owned()]);
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(source) = std::fs::read_to_string(&path) {
                first_parts(&source, &mut known);
            }
        }
    }
    assert!(
        known.len() > 15 && ["api", "track", "app", "sign-in"].iter().all(|part| known.contains(*part)),
        "{known:?}"
    );
    let known = &known;
    TestServer::each(|server| async move {
        let new = |slug: &str| NewOrganisation {
            slug: slug.to_owned(),
            name: "New".to_owned(),
            areas: Vec::new(),
            locale: "it".to_owned(),
            time_zone: "Europe/Rome".to_owned(),
        };
        for part in known {
            let refused = service::create_organisation(server.app(), new(part)).await;
            assert!(matches!(refused, Err(officina::Error::Validation(_))), "{part}");
        }
        service::create_organisation(server.app(), new("apicoltura")).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn keepers_of_passwords_find_where_one_is_changed() {
    TestServer::each(|server| async move {
        let answer = server.visitor().get("/.well-known/change-password").await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (302, Some("/app/account#password")));
        let page = server.browser("agent").await.with("accept", "text/html").get("/app/account").await.text();
        assert!(page.contains("id=\"password\""), "{page}");
    })
    .await;
}

#[tokio::test]
async fn programs_find_what_they_ask_a_site_for() {
    TestServer::each(|server| async move {
        let visitor = server.visitor();
        let robots = visitor.get("/robots.txt").await;
        assert_eq!((robots.status.as_u16(), robots.header("content-type")), (200, Some("text/plain; charset=utf-8")));
        assert!(robots.text().contains("Disallow: /app\n") && !robots.text().contains("track"), "{}", robots.text());
        let manifest = visitor.get("/manifest.webmanifest").await;
        assert_eq!(manifest.header("content-type"), Some("application/manifest+json"));
        let manifest: serde_json::Value = serde_json::from_slice(&manifest.body).expect("JSON");
        assert_eq!((&manifest["name"], &manifest["start_url"]), (&json!("Carrozzeria Rossi"), &json!("/app")));
        let browser = visitor.clone().with("accept", "text/html").with("accept-language", "en");
        for path in ["/", "/check-in", "/track", "/contact"] {
            let page = browser.get(path).await.text();
            assert!(page.contains("<meta name=\"description\" content=\"") && !page.contains("noindex"), "{path}: {page}");
            assert!(page.contains("<link rel=\"manifest\" href=\"/manifest.webmanifest\">"), "{path}: {page}");
        }
        let body = json!({ "customerName": "Anna", "customerPhone": "333 1112223", "vehiclePlate": "AB123CD", "repairType": "cosmetic" });
        let made = visitor.post("/api/v1/checkin", body).await.expect(201);
        let page = browser.get(&format!("/track/{}", made["data"]["trackingCode"].as_str().unwrap())).await.text();
        assert!(page.contains("noindex") && !page.contains("name=\"description\""), "{page}");
        // The browser names an empty field before it sends photos.
        let form = browser.get("/check-in").await.text();
        assert!(!form.contains("novalidate") && form.contains("name=\"customerPhone\"") && form.contains(" required"), "{form}");
    })
    .await;
}
