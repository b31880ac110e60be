//! Fills a database with what the cases need: an organisation with 100,000 repairs, a fleet of devices, and a cell with
//! a month of readings. Straight by SQL, since by the services it would take an hour.
//!
//! The journal's rows have empty hashes, which nothing but `officina audit verify` looks at.

use officina::Result;
use officina::kernel::db::{Db, ToValue, Tx, Value, sql};
use officina::kernel::ids::{
    AccountId, ColdCellId, CustomerId, DeviceId, LocationId, MembershipId, OrgId, RepairId, SessionId, VehicleId,
};
use officina::kernel::secret::{random_token, token_hash};
use officina::kernel::time::{DAY, HOUR, MINUTE, Timestamp};
use officina::repairs::{CODE_LETTERS, RepairStatus, RepairType};

use crate::readings::Device;

/// Rows of one statement.
const ROWS: usize = 500;
/// Millionths of a degree.
const DEGREE: i64 = 1_000_000;
/// The spans of the chart's buckets, in seconds.
const SPANS: [i64; 3] = [300, 1_800, 7_200];
/// How far apart the customers' journal entries of one repair are.
const STEP: i64 = 6 * HOUR;

/// How much is filled in.
#[derive(Debug, Clone, Copy)]
pub struct Amounts {
    /// Repairs.
    pub repairs: usize,
    /// Devices, each in a cell of its own.
    pub devices: usize,
    /// Raw readings of the cell with the chart, spread over 30 days.
    pub readings: usize,
}

/// What is in the database then.
pub struct Filled {
    /// A cookie of a signed-in admin.
    pub cookie: String,
    /// Tracking codes of all repairs.
    pub codes: Vec<String>,
    /// The fleet.
    pub devices: Vec<Device>,
    /// The cell with a month of readings.
    pub cell: ColdCellId,
}

/// Fills an empty, migrated database.
pub async fn fill(db: &Db, amounts: Amounts, now: Timestamp) -> Result<Filled> {
    let org = OrgId::new();
    let mut tx = db.begin().await?;
    insert(
        &mut tx,
        "INSERT INTO organisations (id, slug, name, areas, locale, time_zone, created_at) VALUES ",
        [row([
            &v(org),
            &v("bench"),
            &v("Carrozzeria"),
            &v("repairs leads cold_chain"),
            &v("it"),
            &v("Europe/Rome"),
            &v(now),
        ])],
    )
    .await?;
    let (member, cookie) = sign_in(&mut tx, org, now).await?;
    let codes = repairs(&mut tx, org, member, amounts.repairs, now).await?;
    tx.commit().await?;
    let mut tx = db.begin().await?;
    let (devices, cell) = cold_chain(&mut tx, org, amounts, now).await?;
    tx.commit().await?;
    Ok(Filled { cookie, codes, devices, cell })
}

fn v(value: impl ToValue) -> Value {
    value.to_value()
}

fn row<const N: usize>(values: [&Value; N]) -> Vec<Value> {
    values.into_iter().cloned().collect()
}

/// Inserts rows, many with a statement.
async fn insert(tx: &mut Tx, head: &'static str, rows: impl IntoIterator<Item = Vec<Value>>) -> Result<()> {
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let mut statement = sql(head);
        for (index, row) in rows.by_ref().take(ROWS).enumerate() {
            if index > 0 {
                statement.push(", ");
            }
            statement.push_row(row);
        }
        statement.run(&mut *tx).await?;
    }
    Ok(())
}

/// An admin with a browser session.
async fn sign_in(tx: &mut Tx, org: OrgId, now: Timestamp) -> Result<(MembershipId, String)> {
    let (account, member, token) = (AccountId::new(), MembershipId::new(), random_token());
    insert(
        tx,
        "INSERT INTO accounts (id, email, name, created_at) VALUES ",
        [row([&v(account), &v("admin@bench.test"), &v("Ada Bianchi"), &v(now)])],
    )
    .await?;
    insert(
        tx,
        "INSERT INTO memberships (org_id, id, account_id, role, status, created_at) VALUES ",
        [row([&v(org), &v(member), &v(account), &v("admin"), &v("active"), &v(now)])],
    )
    .await?;
    insert(
        tx,
        "INSERT INTO sessions (id, kind, cookie_hash, account_id, org_id, created_at, last_seen_at, expires_at) VALUES ",
        [row([
            &v(SessionId::new()),
            &v("browser"),
            &v(token_hash(&token)),
            &v(account),
            &v(org),
            &v(now),
            // Seen in a while, so that no request of a run has to write it down.
            &v(now.plus(DAY)),
            &v(now.plus(30 * DAY)),
        ])],
    )
    .await?;
    Ok((member, token))
}

const FIRST_NAMES: [&str; 8] = ["Giulia", "Marco", "Sofia", "Luca", "Aurora", "Matteo", "Chiara", "Davide"];
const LAST_NAMES: [&str; 8] = ["Rossi", "Ferrari", "Esposito", "Romano", "Colombo", "Ricci", "Marino", "Conti"];
const CARS: [(&str, &str); 6] = [
    ("Fiat", "Panda"),
    ("Lancia", "Ypsilon"),
    ("Alfa Romeo", "Giulia"),
    ("Volkswagen", "Golf"),
    ("Toyota", "Yaris"),
    ("Jeep", "Renegade"),
];

/// Customers with three vehicles and ten repairs each, in all statuses over two years, with their history.
async fn repairs(tx: &mut Tx, org: OrgId, member: MembershipId, count: usize, now: Timestamp) -> Result<Vec<String>> {
    let customers: Vec<CustomerId> = (0..count.div_ceil(10)).map(|_| CustomerId::new()).collect();
    let vehicles: Vec<VehicleId> = (0..customers.len() * 3).map(|_| VehicleId::new()).collect();
    let name = |customer: usize| format!("{} {}", FIRST_NAMES[customer % 8], LAST_NAMES[customer / 8 % 8]);
    let phone = |customer: usize| format!("+39333{customer:07}");
    let plate = |vehicle: usize| format!("B{}{:05}N", char::from(b'A' + (vehicle / 100_000) as u8), vehicle % 100_000);
    let begin = now.plus(-730 * DAY);
    insert(
        tx,
        "INSERT INTO customers (org_id, id, name, phone, phone_key, phone_number, created_at) VALUES ",
        customers.iter().enumerate().map(|(index, id)| {
            let number = phone(index);
            row([&v(org), &v(*id), &v(name(index)), &v(&number), &v(&number), &v(&number), &v(begin)])
        }),
    )
    .await?;
    insert(
        tx,
        "INSERT INTO vehicles (org_id, id, customer_id, plate, plate_key, brand, model, year, created_at) VALUES ",
        vehicles.iter().enumerate().map(|(index, id)| {
            let ((brand, model), plate) = (CARS[index % CARS.len()], plate(index));
            let year = 2010 + (index % 15) as i64;
            row([
                &v(org),
                &v(*id),
                &v(customers[index / 3]),
                &v(&plate),
                &v(&plate),
                &v(brand),
                &v(model),
                &v(year),
                &v(begin),
            ])
        }),
    )
    .await?;
    let spacing = 730 * DAY / count.max(1) as i64;
    let codes: Vec<String> = (0..count).map(code).collect();
    let ids: Vec<RepairId> = (0..count).map(|_| RepairId::new()).collect();
    insert(
        tx,
        "INSERT INTO repairs (org_id, id, tracking_code, status, repair_type, customer_id, vehicle_id, assignee_id, notes, \
         search, created_at, updated_at) VALUES ",
        ids.iter().enumerate().map(|(index, id)| {
            // Neighbours in time belong to different customers, as in life.
            let customer = index % customers.len();
            let vehicle = customer * 3 + index / customers.len() % 3;
            let created = begin.plus(index as i64 * spacing);
            let search = format!("{} {} {} {}", codes[index], name(customer), phone(customer), plate(vehicle)).to_lowercase();
            row([
                &v(org),
                &v(*id),
                &v(&codes[index]),
                &v(status(index)),
                &v(RepairType::ALL[index % RepairType::ALL.len()]),
                &v(customers[customer]),
                &v(vehicles[vehicle]),
                &v((index % 3 > 0).then_some(member)),
                &v((index % 4 == 0).then_some("Graffio sulla portiera, paraurti da verniciare.")),
                &v(search),
                &v(created),
                &v(created.plus(STEP * steps(index) as i64).min(now)),
            ])
        }),
    )
    .await?;
    journal(tx, org, &ids, begin, spacing).await?;
    Ok(codes)
}

/// Most repairs are done, the rest stand anywhere on the line.
fn status(index: usize) -> RepairStatus {
    if index % 10 < 7 { RepairStatus::Delivered } else { RepairStatus::ALL[index / 10 % RepairStatus::ALL.len()] }
}

/// How many status changes a repair has behind it.
fn steps(index: usize) -> usize {
    match RepairStatus::ALL.iter().position(|word| *word == status(index)).unwrap_or_default() {
        // Aside from the line: three steps, then aside.
        10.. => 4,
        position => position,
    }
}

/// The history that the tracking page shows.
async fn journal(tx: &mut Tx, org: OrgId, ids: &[RepairId], begin: Timestamp, spacing: i64) -> Result<()> {
    let zeros = v(vec![0; 32]);
    let mut seq = 0;
    let entries = ids.iter().enumerate().flat_map(|(index, id)| {
        (0..=steps(index)).map(move |step| {
            let word = |step: usize| if step == steps(index) { status(index) } else { RepairStatus::ALL[step] };
            (
                *id,
                begin.plus(index as i64 * spacing + STEP * step as i64),
                (step > 0).then(|| word(step - 1)),
                word(step),
            )
        })
    });
    let rows = entries.map(|(id, at, from, to)| {
        seq += 1;
        let action = if from.is_none() { "repairs.created" } else { "repairs.status_changed" };
        row([
            &v(org),
            &v(seq),
            &v(at),
            &v("system"),
            &v(action),
            &v("repair"),
            &v(id.0),
            &v(from.map(|from| format!(r#"{{"status":"{from}"}}"#))),
            &v(format!(r#"{{"status":"{to}","publicNote":null,"notify":true}}"#)),
            &zeros,
            &zeros,
            &zeros,
        ])
    });
    insert(
        tx,
        "INSERT INTO journal (org_id, seq, at, actor_kind, action, subject_kind, subject_id, before, after, payload_digest, \
         prev_hash, hash) VALUES ",
        rows,
    )
    .await?;
    insert(tx, "INSERT INTO journal_heads (org_id, seq, hash) VALUES ", [row([&v(org), &v(seq), &zeros])]).await
}

/// A code of its own for each index: multiplying by an odd number only shuffles the 30 bits.
fn code(index: usize) -> String {
    let shuffled = (index as u64).wrapping_mul(0x2545_F491) & 0x3FFF_FFFF;
    (0..6).map(|letter| char::from(CODE_LETTERS[(shuffled >> (5 * letter)) as usize & 31])).collect()
}

/// The fleet, and in the last cell a month of readings.
async fn cold_chain(tx: &mut Tx, org: OrgId, amounts: Amounts, now: Timestamp) -> Result<(Vec<Device>, ColdCellId)> {
    let location = LocationId::new();
    let count = amounts.devices + 1;
    let cells: Vec<ColdCellId> = (0..count).map(|_| ColdCellId::new()).collect();
    let devices: Vec<Device> =
        (0..count).map(|index| Device { serial: format!("BENCH-{index:05}"), key: random_token() }).collect();
    let begin = now.plus(-31 * DAY);
    insert(
        tx,
        "INSERT INTO locations (org_id, id, name, created_at) VALUES ",
        [row([&v(org), &v(location), &v("Magazzino"), &v(begin)])],
    )
    .await?;
    insert(
        tx,
        "INSERT INTO cold_cells (org_id, id, location_id, name, preset, min_temperature, max_temperature, hysteresis, \
         alert_delay_seconds, door_open_seconds, offline_after_seconds, created_at) VALUES ",
        cells.iter().enumerate().map(|(index, id)| {
            let name = format!("Cella {index}");
            row([
                &v(org),
                &v(*id),
                &v(location),
                &v(name),
                &v("freezer"),
                &v(-25.0),
                &v(-15.0),
                &v(0.5),
                &v(0_i64),
                &v(300_i64),
                &v(900_i64),
                &v(begin),
            ])
        }),
    )
    .await?;
    let numbers: Vec<(i64,)> =
        sql("SELECT no FROM cold_cells WHERE org_id = $1 ORDER BY no").bind(org).all(&mut *tx).await?;
    insert(
        tx,
        "INSERT INTO devices (org_id, id, cold_cell_id, cell_no, serial_number, created_at) VALUES ",
        (0..count).map(|index| {
            row([
                &v(org),
                &v(DeviceId::new()),
                &v(cells[index]),
                &v(numbers[index].0),
                &v(&devices[index].serial),
                &v(begin),
            ])
        }),
    )
    .await?;
    let device_numbers: Vec<(i64,)> =
        sql("SELECT no FROM devices WHERE org_id = $1 ORDER BY no").bind(org).all(&mut *tx).await?;
    insert(
        tx,
        "INSERT INTO device_keys (key_hash, device_no, created_at) VALUES ",
        (0..count).map(|index| row([&v(token_hash(&devices[index].key)), &v(device_numbers[index].0), &v(begin)])),
    )
    .await?;
    insert(
        tx,
        "INSERT INTO device_states (device_no) VALUES ",
        device_numbers.iter().map(|(number,)| row([&v(*number)])),
    )
    .await?;
    readings(tx, device_numbers[amounts.devices].0, numbers[amounts.devices].0, amounts.readings, now).await?;
    Ok((devices[..amounts.devices].to_vec(), cells[amounts.devices]))
}

/// A month of readings of one device, with the buckets that the server would have kept.
async fn readings(tx: &mut Tx, device: i64, cell: i64, count: usize, now: Timestamp) -> Result<()> {
    let spacing = 30 * DAY / count.max(1) as i64;
    let begin = now.plus(-30 * DAY + 5 * MINUTE);
    let reading = |index: usize| {
        // A compressor's saw-tooth around −18.5 °C.
        (begin.plus(index as i64 * spacing), -19 * DEGREE + index as i64 % 90 * DEGREE / 90)
    };
    insert(
        tx,
        "INSERT INTO readings (device_no, dedupe_kind, dedupe_key, cell_no, at, received_at, recorded_at, temperature, \
         humidity, battery, power, door, flags) VALUES ",
        (0..count).map(|index| {
            let (at, temperature) = reading(index);
            row([
                &v(device),
                &v(0_i64),
                &v(index as i64),
                &v(cell),
                &v(at),
                &v(at),
                &v(at),
                &v(temperature),
                &v(45.0),
                &v(87.0),
                &v(true),
                &v(false),
                &v(0_i64),
            ])
        }),
    )
    .await?;
    for span in SPANS {
        let start_of = |at: Timestamp| at.0 - at.0.rem_euclid(span * 1_000);
        let mut buckets: Vec<(i64, i64, i64, i64, i64)> = Vec::new();
        for (at, temperature) in (0..count).map(reading) {
            match buckets.last_mut().filter(|bucket| bucket.0 == start_of(at)) {
                Some((_, min, max, sum, number)) => {
                    *min = temperature.min(*min);
                    *max = temperature.max(*max);
                    *sum += temperature;
                    *number += 1;
                }
                None => buckets.push((start_of(at), temperature, temperature, temperature, 1)),
            }
        }
        insert(
            tx,
            "INSERT INTO reading_buckets (cell_no, span, start_at, min, max, sum, count) VALUES ",
            buckets.into_iter().map(|(start, min, max, sum, number)| {
                row([&v(cell), &v(span), &v(start), &v(min), &v(max), &v(sum), &v(number)])
            }),
        )
        .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_codes_and_differ() {
        let codes: std::collections::HashSet<String> = (0..200_000).map(code).collect();
        assert_eq!(codes.len(), 200_000);
        assert!(codes.iter().all(|code| officina::repairs::normalise_code(code).as_ref() == Some(code)));
    }

    #[test]
    fn histories_follow_the_line() {
        for index in 0..1_000 {
            let position = RepairStatus::ALL.iter().position(|word| *word == status(index)).unwrap();
            assert!(steps(index) <= position.max(4));
        }
    }
}
