//! What the journal's subjects are called: SQL that finds records by what people know of them.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::Result;
use crate::kernel::db::{Db, sql};
use crate::kernel::ids::OrgId;

/// Records of a kind that a search takes, the newest first.
const MOST_OF_A_KIND: i64 = 200;

/// The name of an entry's subject, as a column of `journal j`. What is gone or has no name of its own has none.
pub(super) const NAME: &str = "CASE j.subject_kind \
     WHEN 'repair' THEN (SELECT v.plate FROM repairs r JOIN vehicles v ON v.org_id = r.org_id AND v.id = r.vehicle_id \
         WHERE r.org_id = j.org_id AND r.id = j.subject_id) \
     WHEN 'vehicle' THEN (SELECT v.plate FROM vehicles v WHERE v.org_id = j.org_id AND v.id = j.subject_id) \
     WHEN 'customer' THEN (SELECT c.name FROM customers c WHERE c.org_id = j.org_id AND c.id = j.subject_id) \
     WHEN 'lead' THEN (SELECT l.name FROM leads l WHERE l.org_id = j.org_id AND l.id = j.subject_id) \
     WHEN 'device' THEN (SELECT s.serial_number FROM devices s WHERE s.org_id = j.org_id AND s.id = j.subject_id) \
     WHEN 'cold_cell' THEN (SELECT c.name FROM cold_cells c WHERE c.org_id = j.org_id AND c.id = j.subject_id) \
     WHEN 'location' THEN (SELECT l.name FROM locations l WHERE l.org_id = j.org_id AND l.id = j.subject_id) \
     WHEN 'alert' THEN (SELECT c.name FROM alerts x JOIN cold_cells c ON c.org_id = x.org_id AND c.id = x.cold_cell_id \
         WHERE x.org_id = j.org_id AND x.id = j.subject_id) \
     WHEN 'token' THEN (SELECT k.name FROM api_tokens k WHERE k.org_id = j.org_id AND k.id = j.subject_id) \
     WHEN 'membership' THEN (SELECT p.name FROM memberships o JOIN accounts p ON p.id = o.account_id \
         WHERE o.org_id = j.org_id AND o.id = j.subject_id) \
     WHEN 'account' THEN (SELECT p.name FROM memberships o JOIN accounts p ON p.id = o.account_id \
         WHERE o.org_id = j.org_id AND o.account_id = j.subject_id) \
     END";

/// A kind of records: its word in the journal, its table, the column of its time or order, and what it is found by.
type Findable = (&'static str, &'static str, &'static str, &'static [&'static str]);

const FINDABLE: &[Findable] = &[
    ("repair", "SELECT t.id FROM repairs t WHERE t.org_id = ", "t.created_at", &["t.search"]),
    ("vehicle", "SELECT t.id FROM vehicles t WHERE t.org_id = ", "t.created_at", &["t.plate_key", "t.plate"]),
    (
        "customer",
        "SELECT t.id FROM customers t WHERE t.org_id = ",
        "t.created_at",
        &["t.name", "t.phone", "t.phone_number"],
    ),
    ("lead", "SELECT t.id FROM leads t WHERE t.org_id = ", "t.created_at", &["t.name", "t.phone", "t.phone_key"]),
    ("device", "SELECT t.id FROM devices t WHERE t.org_id = ", "t.no", &["t.serial_number", "t.name"]),
    ("cold_cell", "SELECT t.id FROM cold_cells t WHERE t.org_id = ", "t.no", &["t.name"]),
    ("location", "SELECT t.id FROM locations t WHERE t.org_id = ", "t.created_at", &["t.name"]),
    (
        "alert",
        "SELECT t.id FROM alerts t JOIN cold_cells c ON c.org_id = t.org_id AND c.id = t.cold_cell_id \
         JOIN devices d ON d.org_id = t.org_id AND d.id = t.device_id WHERE t.org_id = ",
        "t.opened_at",
        &["c.name", "d.serial_number"],
    ),
    (
        "membership",
        "SELECT t.id FROM memberships t JOIN accounts a ON a.id = t.account_id WHERE t.org_id = ",
        "t.created_at",
        &["a.name"],
    ),
    (
        "account",
        "SELECT t.account_id FROM memberships t JOIN accounts a ON a.id = t.account_id WHERE t.org_id = ",
        "t.created_at",
        &["a.name"],
    ),
    ("token", "SELECT t.id FROM api_tokens t WHERE t.org_id = ", "t.created_at", &["t.name"]),
];

/// The records of an organisation in which every word occurs, by kind.
pub(super) async fn called(db: &Db, org: OrgId, words: &[String]) -> Result<BTreeMap<&'static str, Vec<Uuid>>> {
    let mut found = BTreeMap::new();
    for (kind, select, order, expressions) in FINDABLE {
        let mut query = sql(select);
        query.push_bind(org);
        for word in words {
            query.push_search(expressions, word);
        }
        query.push(" ORDER BY ").push(order).push(" DESC LIMIT ").push_bind(MOST_OF_A_KIND);
        let ids: Vec<(Uuid,)> = query.all(db).await?;
        if !ids.is_empty() {
            found.insert(*kind, ids.into_iter().map(|(id,)| id).collect());
        }
    }
    Ok(found)
}
