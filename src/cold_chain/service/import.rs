//! Devices that are made in bulk, from a table: all of them, or none.

use std::collections::{HashMap, HashSet};

use crate::cold_chain::inputs::{ImportDevices, MOST_IMPORTED, NewDevice};
use crate::cold_chain::model::{ImportedDevice, ImportedDevices};
use crate::cold_chain::service::devices::taken;
use crate::cold_chain::store::devices::{self, NewDeviceRow};
use crate::cold_chain::store::fleet::{self, CellName};
use crate::identity::service::organisation;
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::csv::{self, Line, Style};
use crate::kernel::db::{OnViolation, Violation};
use crate::kernel::ids::{ColdCellId, DeviceId};
use crate::kernel::journal::{self, Entry};
use crate::kernel::permission::Permission;
use crate::kernel::secret::{random_token, token_hash};
use crate::kernel::validate::FieldErrors;
use crate::{Error, Result};

/// The columns, as the table that is given back names them.
const COLUMNS: [&str; 4] = ["serialNumber", "coldCell", "name", "firmwareVersion"];

/// A device as a line asks for it.
struct Wanted {
    line: u64,
    /// The cell's id or name.
    cell: String,
    device: NewDevice,
}

/// Makes the devices of a table, each with its first key, which is shown this once. The whole table is checked first, and
/// nothing is made unless all of it is good.
///
/// # Errors
/// [`Error::Validation`] that names each bad line (`line 7`), or `csv` for a table that is none.
pub async fn import_devices(app: &App, actor: &Actor, table: &ImportDevices) -> Result<ImportedDevices> {
    let scope = actor.reach(Permission::DevicesManage)?;
    let mut errors = FieldErrors::default();
    let wanted = lines(&table.csv, &mut errors)?;
    let locale = organisation(app, actor.org).await?.locale;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let ids: Vec<ColdCellId> = wanted.iter().filter_map(|wanted| wanted.cell.parse().ok()).collect();
    let names: Vec<&str> = wanted.iter().map(|wanted| wanted.cell.as_str()).collect();
    let cells = Cells::new(fleet::cells_called(&mut tx, actor.org, &scope, &ids, &names).await?);
    let serials: Vec<&str> = wanted.iter().map(|wanted| wanted.device.serial_number.as_str()).collect();
    let known = devices::known_serials(&mut tx, actor.org, &serials).await?;
    let mut first_lines: HashMap<&str, u64> = HashMap::new();
    let mut made = Vec::with_capacity(wanted.len());
    for Wanted { line, cell, device } in &wanted {
        let serial = device.serial_number.as_str();
        if known.contains(serial) {
            refuse(&mut errors, *line, "taken", "has a serialNumber that exists already");
        }
        if let Some(first) = first_lines.get(serial).filter(|_| !serial.is_empty()) {
            refuse(&mut errors, *line, "repeated", &format!("repeats the serialNumber of line {first}"));
        }
        first_lines.entry(serial).or_insert(*line);
        match cells.find(cell) {
            Ok(cell) => made.push(Made::new(cell, device)),
            Err(why) => refuse(&mut errors, *line, "unknown", &why),
        }
    }
    if !errors.is_empty() {
        return Err(Error::Validation(errors));
    }
    let rows: Vec<NewDeviceRow> = made.iter().map(|made| made.row.clone()).collect();
    devices::insert(&mut tx, actor.org, &rows, now).await.on_violation(Violation::Unique, || taken(None))?;
    let entry = |made: &Made| Entry::new("cold_chain.device_created", "device", made.row.id.0).after(&made.journaled);
    let entries = made.iter().map(|made| (actor.clone(), entry(made))).collect();
    journal::write_all(&mut tx, now, entries).await?;
    tx.commit().await?;
    let devices: Vec<ImportedDevice> = made.into_iter().map(|made| made.shown).collect();
    Ok(ImportedDevices { csv: table_of(Style::of(&locale), &devices)?, devices })
}

/// A device that is about to be made: as it is stored, journaled and shown.
struct Made {
    row: NewDeviceRow,
    journaled: NewDevice,
    shown: ImportedDevice,
}

impl Made {
    fn new(cell: &CellName, device: &NewDevice) -> Self {
        let (id, api_key) = (DeviceId::new(), plain_key());
        let NewDevice { serial_number, name, firmware_version, .. } = device.clone();
        let row = NewDeviceRow {
            id,
            cold_cell_id: cell.id,
            cell_no: cell.no,
            serial_number: serial_number.clone(),
            name: name.clone(),
            firmware_version: firmware_version.clone(),
            key_hash: token_hash(&api_key),
        };
        let shown = ImportedDevice {
            id,
            serial_number,
            cold_cell_id: cell.id,
            cold_cell_name: cell.name.clone(),
            name,
            firmware_version,
            api_key,
        };
        Self { row, journaled: NewDevice { cold_cell_id: Some(cell.id), ..device.clone() }, shown }
    }
}

/// A key that stands in a table as it is: one that a spreadsheet would take for a formula is drawn anew.
fn plain_key() -> String {
    loop {
        let key = random_token();
        if csv::harmless(&key) == key {
            return key;
        }
    }
}

fn table_of(style: Style, devices: &[ImportedDevice]) -> Result<String> {
    let head = COLUMNS.into_iter().chain(["apiKey"]).collect();
    let bytes = csv::rows(style, std::iter::once(head).chain(devices.iter().map(row_of)))?;
    String::from_utf8(bytes.into()).map_err(Error::internal)
}

fn row_of(device: &ImportedDevice) -> Vec<&str> {
    let optional = [&device.name, &device.firmware_version].map(|text| text.as_deref().unwrap_or_default());
    vec![&device.serial_number, &device.cold_cell_name, optional[0], optional[1], &device.api_key]
}

fn refuse(errors: &mut FieldErrors, line: u64, code: &str, why: &str) {
    errors.add(&format!("line {line}"), code, why);
}

/// The cells that the table names.
struct Cells(Vec<CellName>);

impl Cells {
    const fn new(cells: Vec<CellName>) -> Self {
        Self(cells)
    }

    /// The one cell with this id or name.
    fn find(&self, wanted: &str) -> std::result::Result<&CellName, String> {
        if wanted.is_empty() {
            return Err("has no coldCell".to_owned());
        }
        if let Some(cell) = wanted.parse().ok().and_then(|id: ColdCellId| self.0.iter().find(|cell| cell.id == id)) {
            return Ok(cell);
        }
        let mut called = self.0.iter().filter(|cell| cell.name == wanted);
        match (called.next(), called.count()) {
            (Some(cell), 0) => Ok(cell),
            (None, _) => Err("names a coldCell that is unknown".to_owned()),
            (Some(_), others) => Err(format!("names a coldCell as {} are called: give its id", others + 1)),
        }
    }
}

/// What the lines ask for, and what is wrong with them by themselves.
fn lines(text: &str, errors: &mut FieldErrors) -> Result<Vec<Wanted>> {
    let lines = csv::read(text)?;
    let Some((head, lines)) = lines.split_first().filter(|(_, lines)| !lines.is_empty()) else {
        return Err(Error::field(
            "csv",
            "required",
            "needs a first line that names the columns, and a line per device",
        ));
    };
    if lines.len() > MOST_IMPORTED {
        let sentence = format!("has {} devices, and may have {MOST_IMPORTED}", lines.len());
        return Err(Error::field("csv", "too_many", sentence));
    }
    let columns = columns(head)?;
    let is_too_long = |line: &Line| line.fields.iter().skip(head.fields.len()).any(|field| !field.is_empty());
    let mut wanted = Vec::with_capacity(lines.len());
    for line in lines {
        if is_too_long(line) {
            refuse(errors, line.number, "too_many", "has more fields than there are columns");
        }
        let field = |name: &str| {
            let place = columns.iter().position(|column| *column == Some(name));
            place.and_then(|place| line.fields.get(place)).cloned()
        };
        let device = NewDevice {
            serial_number: field("serialNumber").unwrap_or_default(),
            // Not known yet; which one it is, is told by name.
            cold_cell_id: Some(ColdCellId::new()),
            name: field("name"),
            firmware_version: field("firmwareVersion"),
        };
        let cell = field("coldCell").unwrap_or_default();
        if device.serial_number.is_empty() {
            refuse(errors, line.number, "required", "has no serialNumber");
            wanted.push(Wanted { line: line.number, cell, device });
            continue;
        }
        match device.clone().checked() {
            Ok(device) => wanted.push(Wanted { line: line.number, cell, device }),
            Err(Error::Validation(broken)) => {
                for (field, why) in broken.0 {
                    for why in why {
                        refuse(errors, line.number, &why.code, &format!("has a {field} that {}", why.message));
                    }
                }
                wanted.push(Wanted { line: line.number, cell, device });
            }
            Err(other) => return Err(other),
        }
    }
    Ok(wanted)
}

/// The names of the columns, in their order. A column without a name is left by a separator at the end of each line: what
/// stands in it means nothing.
fn columns(head: &Line) -> Result<Vec<Option<&'static str>>> {
    let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let mut columns = Vec::with_capacity(head.fields.len());
    let mut seen = HashSet::new();
    for field in &head.fields {
        if field.is_empty() {
            columns.push(None);
            continue;
        }
        let found = COLUMNS.into_iter().find(|column| column.to_lowercase() == plain(field));
        let column = found.filter(|column| seen.insert(*column)).ok_or_else(|| {
            let known = COLUMNS.join(", ");
            Error::field("csv", "unknown_column", format!("has a column “{field}”; it may have {known}, each once"))
        })?;
        columns.push(Some(column));
    }
    match COLUMNS[..2].iter().find(|needed| !columns.contains(&Some(**needed))) {
        Some(missing) => Err(Error::field("csv", "required", format!("has no column {missing}"))),
        None => Ok(columns),
    }
}
