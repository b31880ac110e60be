//! The API's description is generated; this notices when it changes.

use std::path::Path;

use crate::support::{Kind, TestServer, routes};

#[test]
fn the_document_is_the_committed_one() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let now = officina_server::api::document().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("OFFICINA_UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&file, &now).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        now == committed,
        "server/openapi.json is out of date: look at what changed, then run with OFFICINA_UPDATE_SNAPSHOTS=1"
    );
}

#[tokio::test]
async fn the_document_is_served_and_every_route_in_it_exists() {
    let server = TestServer::on(Kind::Sqlite, |_| {}).await;
    let visitor = server.visitor();
    let document = visitor.get("/api/openapi.json").await.expect(200);
    assert_eq!(document["openapi"].as_str().map(|version| &version[..3]), Some("3.1"));
    let page = visitor.get("/api/docs/").await;
    assert!(page.text().contains("swagger-ui"), "{}", page.text());
    assert!(!page.text().contains("https://"), "the pages load nothing from outside");
    let routes = routes();
    assert!(routes.len() > 10);
    for (method, path) in routes {
        let id = uuid::Uuid::now_v7().to_string();
        let path: String = path
            .split('/')
            .map(|part| if part.starts_with('{') { id.as_str() } else { part })
            .collect::<Vec<_>>()
            .join("/");
        let request = visitor.request(method.clone(), &format!("/api/v1{path}"));
        let answer = visitor.open(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_ne!(answer.status(), 405, "{method} {path}");
    }
}
