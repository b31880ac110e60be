//! The lines for a terminal on a device's page: none of them puts made-up readings among true ones.

use serde_json::{Value, json};

use super::by_page::{person, shown};
use super::{Cell, stored};
use crate::support::TestServer;

#[tokio::test]
async fn a_device_that_is_at_work_is_checked_without_a_reading() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let page = format!("/app/cold-chain/devices/{}", cell.device_id);
        let admin = person(&server, "admin").await;
        let unmeasured = shown(&admin, &format!("/app/cold-chain/cells/{}", cell.id)).await;
        // Beside the name, and for the chart.
        assert!(unmeasured.matches("No readings yet").count() > 1, "{unmeasured}");
        let fresh = shown(&admin, &page).await;
        assert!(fresh.contains("Try it from a terminal") && fresh.contains("temperature&quot;: -20.0"), "{fresh}");
        assert!(fresh.contains("It stores a reading") && fresh.contains("before the device is at work"), "{fresh}");
        let made = [
            ("function", "cold-chain/create-device"),
            ("cell", cell.id.as_str()),
            ("serial", "CC-0002"),
            ("device_name", ""),
        ];
        let (_, words) = admin.led_back(&format!("/app/cold-chain/cells/{}", cell.id), &made).await;
        assert!(words.contains("It stores a reading"), "the line with the new key says it, too: {words}");

        // It is at work and has a true alert, which a line with a reading that is well would close.
        cell.send(&server, json!({ "temperature": 3 }), 201).await;
        let before = stored(&server).await;
        let form = [("function", "cold-chain/rotate-key"), ("id", cell.device_id.as_str()), ("grace", "60")];
        let (_, with_key) = admin.led_back(&page, &form).await;
        let with_key = with_key.split("</body>").next().expect("what is shown").to_owned();
        let at_work = shown(&admin, &page).await;
        for text in [&at_work, &with_key] {
            assert!(text.contains("Check it from a terminal") && !text.contains("temperature&quot;:"), "{text}");
            assert!(text.contains("It stores nothing, and only checks the address and the key"), "{text}");
        }
        assert!(at_work.contains("x-device-key: DEVICE-KEY"), "{at_work}");
        assert!(with_key.contains("It has the new key.") && !with_key.contains("DEVICE-KEY"), "{with_key}");
        let text = with_key.replace("&#x27;", "'");
        let part = |before: &str| {
            let rest = text.split(before).nth(1).unwrap_or_else(|| panic!("{before} in {text}"));
            rest.split('\'').next().expect("an end").to_owned()
        };
        assert_eq!(part("application/json' -d '"), "[]");
        let key = part("x-device-key: ");
        let device = server.visitor().with("x-device-key", &key);
        let empty: Value = serde_json::from_str("[]").expect("JSON");
        assert_ne!(device.post(&cell.path(), empty.clone()).await.status, 401, "the key is good");
        let wrong = server.visitor().with("x-device-key", "DEVICE-KEY");
        wrong.post(&cell.path(), empty).await.expect_error(401, "UNAUTHORIZED");
        assert_eq!((stored(&server).await, &cell.alerts().await[0]["status"]), (before, &json!("ACTIVE")));
        server.stop().await;
    })
    .await;
}
