//! The monthly report of a cell: what was measured, what went wrong, who did what, and how it is verified.

use officina::kernel::journal;
use officina::kernel::time::{DAY, HOUR, MINUTE};
use officina_server::config::Config;
use serde_json::{Value, json};

use super::Cell;
use super::by_page::{field, person, shown};
use crate::support::{START, TestServer};

/// A cell that was measured every five minutes for a day of this month, two hours of them too warm.
async fn measured(server: &TestServer) -> Cell {
    let cell = Cell::freezer(server).await;
    let first = START.plus(-2 * DAY);
    let readings: Vec<Value> = (0..288)
        .map(|number| {
            let at = first.plus(number * 5 * MINUTE);
            let warm = (120..144).contains(&number);
            json!({ "temperature": if warm { -10.0 } else { -20.0 }, "recordedAt": at.0, "seq": number + 1 })
        })
        .collect();
    cell.send(server, json!(readings), 201).await;
    cell
}

#[tokio::test]
async fn an_inspector_reads_what_was_measured_what_went_wrong_and_who_did_what() {
    TestServer::each(|server| async move {
        let cell = measured(&server).await;
        // And now, in time, once more: somebody takes note, and closes it with a word that must not be cut off.
        cell.send(&server, json!({ "temperature": -9.5, "recordedAt": START.0, "seq": 900 }), 201).await;
        let technician = server.browser("technician").await;
        let active = technician.get("/api/v1/alerts?status=ACTIVE").await.expect(200);
        let alert = active["data"][0]["id"].as_str().expect("an alert").to_owned();
        technician.post(&format!("/api/v1/alerts/{alert}/acknowledge"), json!({})).await.expect(200);
        server.advance(HOUR + 5 * MINUTE);
        let note = format!("Compressor restarted, goods moved; {} the end", "checked twice, ".repeat(12));
        technician.patch(&format!("/api/v1/alerts/{alert}/resolve"), json!({ "note": note })).await.expect(200);

        let path = format!("/api/v1/coldcells/{}/report", cell.id);
        let report = technician.get(&path).await.expect(200)["data"].clone();
        assert_eq!(report["month"], "2026-11");
        assert_eq!(report["from"], "2026-10-31T23:00:00Z", "a month in Rome");
        assert_eq!(report["measured"], json!({ "min": -20.0, "max": -9.5, "avg": -19.133, "count": 289 }));
        assert_eq!((&report["measuredIntervals"], &report["inRangeIntervals"]), (&json!(289), &json!(264)));
        assert_eq!(report["days"].as_array().map(Vec::len), Some(3));
        let excursions = report["excursions"].as_array().expect("excursions");
        let last = excursions.last().expect("the one just now");
        assert_eq!((&last["type"], &last["seconds"]), (&json!("HIGH_TEMP"), &json!(3_900)));
        assert_eq!(last["resolutionNote"], note.as_str());
        assert!(last["acknowledgedBy"].is_string() && last["resolvedBy"].is_string());

        let table = technician.get(&format!("{path}.csv?month=2026-11")).await;
        assert_eq!(table.header("content-type"), Some("text/csv; charset=utf-8; header=absent"));
        let text = table.text();
        assert!(text.contains(note.as_str()), "{text}");
        assert!(text.contains("\r\n2026-11-18;-20,0;-10,0;"), "numbers stay numbers: {text}");
        // Both signs follow the reader's language.
        let admin = server.member("admin").await;
        for (locale, row) in [("en", "\r\n2026-11-18,-20.0,-10.0,"), ("it", "\r\n2026-11-18;-20,0;-10,0;")] {
            admin.patch("/api/v1/admin/settings", json!({ "locale": locale })).await.expect(200);
            let text = technician.get(&format!("{path}.csv?month=2026-11")).await.text();
            assert!(text.contains(row), "{locale}: {text}");
        }
        let paper = technician.get(&format!("{path}.pdf")).await;
        assert_eq!(paper.header("content-type"), Some("application/pdf"));
        let name = paper.header("content-disposition").expect("a name");
        assert!(name.starts_with("attachment; filename=\"haccp-2026-11-"), "{name}");
        assert!(paper.body.starts_with(b"%PDF-"));

        // The hash is that of the journal's last entry, and the journal still holds it when it has gone on.
        let (seq, hash) = (report["journal"]["seq"].as_i64().unwrap(), report["journal"]["hash"].as_str().unwrap());
        let later = START.plus(HOUR + 5 * MINUTE);
        cell.send(&server, json!({ "temperature": -9.0, "recordedAt": later.0, "seq": 901 }), 201).await;
        let (head, _) = journal::mark(&server.app().db, server.org.id).await.expect("read");
        assert!(head > seq, "the journal has gone on");
        let db = &server.app().db;
        assert_eq!(journal::find(db, hash).await.expect("read"), Some((server.org.id, seq)));
        for unknown in ["", "no hash", &"ab".repeat(32)] {
            assert_eq!(journal::find(db, unknown).await.expect("read"), None, "{unknown:?}");
        }
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_report_tells_of_maintenance_as_it_was_and_not_as_it_was_planned() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let technician = server.browser("technician").await;
        let path = format!("/api/v1/coldcells/{}", cell.id);
        let (maintenance, now) = (format!("{path}/maintenance"), START);
        let plan = async |from: i64, until: i64, reason: &str| {
            let body = json!({ "from": now.plus(from), "until": now.plus(until), "reason": reason });
            technician.post(&maintenance, body).await.expect(200);
        };
        // Planned, and planned anew before it begins; then begun, and ended earlier.
        plan(HOUR, 2 * HOUR, "Never happened").await;
        plan(0, 2 * HOUR, "Defrosting, the goods are in cell 2").await;
        server.advance(30 * MINUTE);
        technician.delete(&maintenance).await.expect(200);
        server.advance(30 * MINUTE);
        plan(HOUR, 3 * HOUR, "New compressor").await;
        server.advance(2 * HOUR);

        let report = technician.get(&format!("{path}/report")).await.expect(200)["data"].clone();
        let by = report["maintenance"][0]["by"].as_str().expect("a name").to_owned();
        let told = |from: i64, until: i64, reason: &str| json!({ "from": now.plus(from), "until": now.plus(until), "reason": reason, "by": by });
        let was = [told(0, 30 * MINUTE, "Defrosting, the goods are in cell 2"), told(HOUR, 3 * HOUR, "New compressor")];
        assert_eq!(report["maintenance"], json!(was));

        let table = technician.get(&format!("{path}/report.csv")).await.text();
        assert!(table.contains("Defrosting, the goods are in cell 2") && !table.contains("Never happened"), "{table}");
        let paper = technician.get(&format!("{path}/report.pdf")).await;
        assert!(paper.status == 200 && paper.body.starts_with(b"%PDF-"));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_measured_counts_by_the_limits_of_its_time() {
    TestServer::each(|server| async move {
        let cell = measured(&server).await;
        let admin = server.browser("admin").await;
        let path = format!("/api/v1/coldcells/{}", cell.id);
        let report = async || admin.get(&format!("{path}/report")).await.expect(200)["data"].clone();
        let before = report().await;
        assert_eq!(
            before["limits"],
            json!([{ "from": before["from"], "until": START, "minTemperature": -25.0, "maxTemperature": -15.0, "by": null }])
        );
        assert_eq!((&before["measuredIntervals"], &before["inRangeIntervals"]), (&json!(288), &json!(264)));

        // The strokes of the picture in red.
        let red = async || {
            let paper = admin.get(&format!("{path}/report.pdf")).await.body;
            paper.windows(17).filter(|bytes| bytes == b"0.78 0.16 0.13 RG").count()
        };
        let painted = red().await;
        assert!(painted > 0);

        // Wider now, and then only called otherwise: the two warm hours stay what they were, and so does what was too warm
        // earlier on this day.
        server.advance(HOUR);
        let too_warm = json!({ "temperature": -10, "recordedAt": START.plus(HOUR / 2).0, "seq": 899 });
        cell.send(&server, too_warm, 201).await;
        admin.patch(&path, json!({ "minTemperature": -25, "maxTemperature": -5 })).await.expect(200);
        admin.patch(&path, json!({ "name": "Cella Nord" })).await.expect(200);
        server.advance(HOUR);
        let warm = json!({ "temperature": -10, "recordedAt": START.plus(2 * HOUR).0, "seq": 900 });
        cell.send(&server, warm, 201).await;
        server.advance(5 * MINUTE);
        let after = report().await;
        assert_eq!((&after["measuredIntervals"], &after["inRangeIntervals"]), (&json!(290), &json!(265)));
        let by = after["limits"][1]["by"].as_str().expect("a name");
        let (changed, until) = (START.plus(HOUR), START.plus(2 * HOUR + 5 * MINUTE));
        let told = json!([
            { "from": before["from"], "until": changed, "minTemperature": -25.0, "maxTemperature": -15.0, "by": null },
            { "from": changed, "until": until, "minTemperature": -25.0, "maxTemperature": -5.0, "by": by },
        ]);
        assert_eq!(after["limits"], told);
        let table = admin.get(&format!("{path}/report.csv")).await.text();
        assert!(table.contains(by), "{table}");
        assert!(table.contains("−25,0 °C … −15,0 °C") && table.contains("−25,0 °C … −5,0 °C"), "{table}");
        assert_eq!(red().await, painted + 1);
        // The month before has its own limits, whatever was said since.
        let october = admin.get(&format!("{path}/report?month=2026-10")).await.expect(200);
        assert_eq!(october["data"]["limits"][0]["maxTemperature"], json!(-15.0));
        assert_eq!(october["data"]["limits"].as_array().map(Vec::len), Some(1));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_report_is_of_a_month_that_has_begun_and_of_a_cell_of_ones_own() {
    TestServer::each(|server| async move {
        let cell = measured(&server).await;
        let technician = server.member("technician").await;
        let path = format!("/api/v1/coldcells/{}/report", cell.id);
        let october = technician.get(&format!("{path}?month=2026-10")).await.expect(200);
        assert_eq!(
            (&october["data"]["measured"], &october["data"]["intervals"]),
            (&Value::Null, &json!((31 * 24 + 1) * 12))
        );
        assert_eq!(technician.get(&format!("{path}.pdf?month=2026-10")).await.status, 200);
        for wrong in ["0000-01", "2026-12", "november", "2026-11-01"] {
            let refused = technician.get(&format!("{path}?month={wrong}")).await.expect_error(400, "VALIDATION_ERROR");
            assert!(refused["fields"]["month"].is_array(), "{wrong}");
        }
        for ending in ["", ".csv", ".pdf"] {
            server.stranger().await.get(&format!("{path}{ending}")).await.expect_error(404, "NOT_FOUND");
            server.member("agent").await.get(&format!("{path}{ending}")).await.expect_error(403, "FORBIDDEN");
        }
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_month_of_the_page_is_that_of_the_place_and_a_wrong_one_is_told_beside_the_field() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let detail = cell.admin.get(&format!("/api/v1/coldcells/{}", cell.id)).await.expect(200);
        let place = format!("/api/v1/locations/{}", detail["data"]["locationId"].as_str().expect("a place"));
        let page = format!("/app/cold-chain/cells/{}", cell.id);
        // In Rome it is the last day of November, and an hour later the first of December.
        let (november, december) = (10 * DAY + 12 * HOUR, HOUR);
        for (wait, time_zone, month) in [
            (november, "Europe/Rome", "2026-11"),
            (0, "Pacific/Kiritimati", "2026-12"),
            (december, "Europe/Rome", "2026-12"),
            (0, "Pacific/Honolulu", "2026-11"),
        ] {
            server.advance(wait);
            server.browser("admin").await.patch(&place, json!({ "timeZone": time_zone })).await.expect(200);
            let technician = person(&server, "technician").await;
            let words = shown(&technician, &page).await;
            assert_eq!(field(&words, "month"), month, "{time_zone}");
            assert!(words.contains(&format!("max=\"{month}\"")), "{time_zone}: {words}");
            assert!(words.contains(&format!("action=\"{page}/report/pdf\"")), "{words}");
            for ending in ["pdf", "csv"] {
                let file = technician.get(&format!("{page}/report/{ending}?month={month}")).await;
                let name = file.header("content-disposition").unwrap_or_default();
                assert!(file.status == 200 && name.contains(&format!("haccp-{month}-")), "{time_zone}: {name}");
            }
        }

        let technician = person(&server, "technician").await;
        for (typed, sent) in [("11/2026", "11%2F2026"), ("2027-01", "2027-01"), ("", "")] {
            let refused = technician.get(&format!("{page}/report/pdf?month={sent}")).await;
            let back = format!("{page}?report={sent}");
            assert_eq!((refused.status.as_u16(), refused.header("location")), (303, Some(&*format!("{back}#report"))));
            let words = shown(&technician, &back).await;
            assert!(words.contains("This must be a month such as 2026-11 that has begun."), "{words}");
            assert_eq!(field(&words, "month"), typed);
        }
        // Who has signed out meanwhile, or asks for what is not theirs, is led to the page, which says so.
        let stranger = server.stranger().await;
        let agent = server.member("agent").await;
        for client in [server.visitor(), stranger, agent] {
            let answer = client.get(&format!("{page}/report/csv?month=2026-11")).await;
            assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some(&*page)));
        }
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn reports_asked_for_by_the_page_count_as_calls_do() {
    let few = |config: &mut Config| {
        config.limits.enabled = true;
        config.limits.member_per_minute = 4;
    };
    TestServer::each_with(few, |server| async move {
        let cell = measured(&server).await;
        let path = format!("/app/cold-chain/cells/{}/report/csv", cell.id);
        let manager = server.browser("manager").await;
        for _ in 0..4 {
            assert_eq!(manager.get(&path).await.status, 200);
        }
        let refused = manager.get(&path).await;
        refused.expect_error(429, "RATE_LIMITED");
        assert!(refused.header("retry-after").is_some());
        server.stop().await;
    })
    .await;
}
