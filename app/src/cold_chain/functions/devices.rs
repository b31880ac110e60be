//! Devices: the list, a device's page, new keys, and devices that are made in bulk.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use officina::kernel::page::Extent;
use serde::{Deserialize, Serialize};

use super::Choice;
use crate::error::PageError;
use crate::moment::Moment;
use crate::sent::{Answered, Fresh};

/// A device in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceRow {
    /// Where its page is, for those who may see it.
    pub href: Option<String>,
    /// The number on its case.
    pub serial_number: String,
    /// What people call it.
    pub name: Option<String>,
    /// What its cell is called.
    pub cell: String,
    /// Where the cell's page is.
    pub cell_href: String,
    /// The firmware it runs.
    pub firmware: Option<String>,
    /// Whether it is heard of.
    pub is_online: bool,
    /// Whether its clock was wrong lately.
    pub is_clock_wrong: bool,
    /// Whether its newest reading was long past when it was last heard of.
    pub is_behind: bool,
    /// How often its count of readings has begun anew, and when it last did.
    pub counter: Option<(i64, Moment)>,
    /// When its newest reading was measured.
    pub measured: Option<Moment>,
    /// When it was last heard of.
    pub last_seen: Option<Moment>,
    /// Since when it is out of service.
    pub retired: Option<Moment>,
    /// Charge in percent.
    pub battery: Option<f64>,
    /// Whether the cell has mains power.
    pub power: Option<bool>,
    /// Whether the door is open.
    pub door_open: Option<bool>,
}

#[cfg(feature = "ssr")]
impl DeviceRow {
    pub(super) fn of(device: officina::cold_chain::Device, has_page: bool, calendar: &crate::moment::Calendar) -> Self {
        use officina::cold_chain::DeviceStatus;

        Self {
            href: has_page.then(|| format!("{}/{}", crate::cold_chain::devices::PATH, device.id)),
            is_online: device.status == DeviceStatus::Online,
            is_clock_wrong: device.is_clock_wrong(),
            is_behind: device.is_behind(),
            counter: device.counter_restarted_at.map(|at| (device.counter_restarts, calendar.relative(at))),
            measured: device.latest.as_ref().map(|latest| calendar.relative(latest.at)),
            last_seen: device.last_seen_at.map(|at| calendar.relative(at)),
            retired: device.retired_at.map(|at| calendar.relative(at)),
            battery: device.latest.as_ref().and_then(|latest| latest.battery_level),
            power: device.latest.as_ref().and_then(|latest| latest.power_status),
            door_open: device.latest.as_ref().and_then(|latest| latest.door_status),
            serial_number: device.serial_number,
            name: device.name,
            cell: device.cold_cell_name,
            cell_href: format!("/app/cold-chain/cells/{}", device.cold_cell_id),
            firmware: device.firmware_version,
        }
    }
}

/// A page of the list of devices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DevicesView {
    /// The rows.
    pub rows: Vec<DeviceRow>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// Which rows of how many these are.
    pub extent: Extent,
    /// Whether the member may add devices.
    pub may_manage: bool,
}

/// A device's page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceView {
    /// Whether the member may read the audit.
    pub may_audit: bool,
    /// The device's id.
    pub id: String,
    /// The device.
    pub device: DeviceRow,
    /// Where it sends its readings.
    pub address: String,
    /// A line for a terminal: of a device that was never heard of one that sends a reading, of others one that only checks.
    /// [`NO_KEY`] stands in the place of the key.
    pub command: String,
    /// The cells that it can be put into, for those who may change it.
    pub cells: Option<Choice>,
    /// Whether the member may make a new key.
    pub may_install: bool,
    /// What came of the form that makes a key.
    pub of_key: Answered,
    /// What came of the form that changes it.
    pub of_change: Answered,
    /// What came of the form that takes it out of service.
    pub of_service: Answered,
}

/// The page on which devices are made in bulk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddDevicesView {
    /// What came of the page's form.
    pub answered: Answered,
    /// The lines that were refused and why, in their order.
    pub refused: Vec<(String, String)>,
}

/// Which devices are shown: the query of the address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceQuery {
    /// Words that are looked for.
    pub search: Option<String>,
    /// Only those in a condition.
    pub status: Option<String>,
    /// Where the last page ended.
    pub cursor: Option<String>,
}

/// A page of devices.
#[server(prefix = "/_fn", endpoint = "cold-chain/devices", input = GetUrl)]
pub async fn list_devices(#[server(default)] query: DeviceQuery) -> Result<DevicesView, PageError> {
    use officina::cold_chain::DeviceFilter;
    use officina::kernel::page::PageRequest;
    use officina::kernel::permission::Permission;

    let (app, actor) = crate::context::context()?;
    let calendar = crate::context::calendar(&app, &actor).await?;
    let filter = DeviceFilter {
        cold_cell_id: None,
        search: query.search,
        status: query.status.and_then(|word| word.parse().ok()),
    };
    let page = PageRequest::shown(super::PAGE, query.cursor);
    let page = officina::cold_chain::service::list_devices(&app, &actor, &filter, &page).await?;
    Ok(DevicesView {
        extent: page.extent(),
        next: page.next_cursor,
        rows: page.items.into_iter().map(|device| DeviceRow::of(device, true, &calendar)).collect(),
        may_manage: actor.permissions.has(Permission::DevicesManage),
    })
}

/// A device's page. A cell may be chosen, and cells may be looked for by words.
#[server(prefix = "/_fn", endpoint = "cold-chain/device", input = GetUrl)]
pub async fn get_device(
    id: String,
    #[server(default)] cell: String,
    #[server(default)] search: String,
) -> Result<DeviceView, PageError> {
    use officina::kernel::permission::Permission;

    let (app, actor) = crate::context::context()?;
    let calendar = crate::context::calendar(&app, &actor).await?;
    let device = id.parse().map_err(|_| officina::Error::NotFound)?;
    let device = officina::cold_chain::service::get_device(&app, &actor, device).await?;
    let of_key = Answered::here(&["cold-chain/rotate-key"], &["grace"]);
    let of_change = Answered::in_full(&["cold-chain/change-device"]);
    let of_service = Answered::here(&["cold-chain/retire-device"], &[]);
    let cells = if actor.reach(Permission::DevicesManage).is_ok() {
        let chosen = of_change.value("cell").or_else(|| Some(cell).filter(|cell| !cell.is_empty()));
        let chosen = chosen.unwrap_or_else(|| device.cold_cell_id.to_string());
        let search = of_change.value("search").unwrap_or(search);
        Some(Choice::of_cells(&app, &actor, search, &chosen).await?)
    } else {
        None
    };
    let cell = officina::cold_chain::service::cold_cell(&app, &actor, device.cold_cell_id).await?;
    let address = address(&app, &device.serial_number);
    // What somebody makes up must not stand among what a device has measured: it would close an alert that is true.
    let body = if device.last_seen_at.is_some() { "[]".to_owned() } else { first_reading(&cell) };
    Ok(DeviceView {
        command: command(&address, NO_KEY, &body),
        address,
        id,
        device: DeviceRow::of(device, true, &calendar),
        cells,
        may_install: officina::cold_chain::service::may_install(&actor).is_ok(),
        of_key,
        of_change,
        of_service,
        may_audit: actor.permissions.has(Permission::AuditRead),
    })
}

/// What the line does that sends a reading.
pub const STORES: &str = "It stores a reading that counts like any other, of a temperature that the cell allows: use it once, \
     before the device is at work. The answer says “accepted”, and the reading shows in the cell.";
/// What the line does that only checks.
pub const CHECKS: &str = "It stores nothing, and only checks the address and the key: the answer to a good key says \
     “accepted”: 0, and that to any other is an error.";

/// Where a device sends its readings.
#[cfg(feature = "ssr")]
fn address(app: &officina::kernel::App, serial: &str) -> String {
    format!("{}/api/v1/readings/devices/{}/readings", app.base_url, crate::ui::encoded(serial))
}

/// What stands in a line for a terminal as long as nobody has put the key there.
pub const NO_KEY: &str = "DEVICE-KEY";

/// A line for a terminal that sends something as a device.
#[cfg(feature = "ssr")]
fn command(address: &str, key: &str, body: &str) -> String {
    format!("curl '{address}' -H 'x-device-key: {key}' -H 'content-type: application/json' -d '{body}'")
}

/// The same with a key that has just been made.
#[must_use]
pub fn with_key(command: &str, key: &str) -> String {
    command.replace(&format!("x-device-key: {NO_KEY}"), &format!("x-device-key: {key}"))
}

/// A reading of a device that was never heard of. It opens no alert: its temperature is the middle of what the cell allows.
#[cfg(feature = "ssr")]
fn first_reading(cell: &officina::cold_chain::ColdCell) -> String {
    let (low, high) = (cell.min_temperature, cell.max_temperature);
    let middle = f64::midpoint(low, high);
    let tenth = (middle * 10.0).round() / 10.0;
    // Limits may be closer to each other than a tenth of a degree.
    let temperature = if (low..=high).contains(&tenth) { format!("{tenth:.1}") } else { middle.to_string() };
    format!("{{\"temperature\": {temperature}}}")
}

/// What is said of a key.
#[cfg(feature = "ssr")]
const KEY_NOTE: &str = "Put the key into the device now: it is shown this once, to you alone and for ten minutes, and cannot be looked up again.";

/// Makes a device in a cell. Its key is shown this once, with a line that tries it.
#[server(prefix = "/_fn", endpoint = "cold-chain/create-device")]
pub async fn create_device(
    cell: String,
    #[server(default)] serial: String,
    #[server(default)] device_name: String,
) -> Result<Fresh, PageError> {
    use officina::cold_chain::{NewDevice, service};

    let (app, actor) = crate::context::context()?;
    service::may_install(&actor)?;
    let cell = cell.parse().map_err(|_| officina::Error::NotFound)?;
    let cell = service::cold_cell(&app, &actor, cell).await?;
    let new = NewDevice {
        serial_number: serial,
        cold_cell_id: Some(cell.id),
        name: Some(device_name),
        firmware_version: None,
    };
    let made = service::create_device(&app, &actor, new).await?;
    let address = address(&app, &made.device.serial_number);
    Ok(Fresh {
        title: format!("{} is made", made.device.serial_number),
        text: format!("It sends its readings by POST to {address}. {KEY_NOTE}"),
        has_qr: true,
        label: "Key".to_owned(),
        hint: Some("Sent as “x-device-key”. The command below has it already.".to_owned()),
        command: Some((command(&address, &made.api_key, &first_reading(&cell)), STORES.to_owned())),
        values: vec![made.api_key],
        ..Fresh::default()
    })
}

/// Changes a device. What is emptied is taken away.
#[server(prefix = "/_fn", endpoint = "cold-chain/change-device")]
pub async fn change_device(
    id: String,
    #[server(default)] cell: String,
    #[server(default)] name: String,
    #[server(default)] firmware: String,
) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    let id = id.parse().map_err(|_| officina::Error::NotFound)?;
    let cell = cell.parse().map_err(|_| officina::Error::field("coldCellId", "required", "must be chosen"))?;
    let change = officina::cold_chain::ChangeDevice {
        cold_cell_id: Some(cell),
        name: Some(name),
        firmware_version: Some(firmware),
        retired: None,
    };
    officina::cold_chain::service::change_device(&app, &actor, id, change).await?;
    leptos_axum::redirect(&format!("{}/{id}", crate::cold_chain::devices::PATH));
    Ok(())
}

/// Takes a device out of service, or puts it back.
#[server(prefix = "/_fn", endpoint = "cold-chain/retire-device")]
pub async fn retire_device(id: String, #[server(default)] retired: bool) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    let id = id.parse().map_err(|_| officina::Error::NotFound)?;
    let change = officina::cold_chain::ChangeDevice { retired: Some(retired), ..Default::default() };
    officina::cold_chain::service::change_device(&app, &actor, id, change).await?;
    leptos_axum::redirect(&format!("{}/{id}", crate::cold_chain::devices::PATH));
    Ok(())
}

/// Gives a device a new key. The old one goes on working for some minutes.
#[server(prefix = "/_fn", endpoint = "cold-chain/rotate-key")]
pub async fn rotate_key(id: String, grace: i64) -> Result<Fresh, PageError> {
    let (app, actor) = crate::context::context()?;
    let id = id.parse().map_err(|_| officina::Error::NotFound)?;
    let how = officina::cold_chain::RotateKey { grace_minutes: Some(grace) };
    let made = officina::cold_chain::service::rotate_device_key(&app, &actor, id, how).await?;
    Ok(Fresh {
        title: format!("The new key of {}", made.device.serial_number),
        text: KEY_NOTE.to_owned(),
        has_qr: true,
        label: "Key".to_owned(),
        hint: Some("Sent as “x-device-key”. The command below has it already.".to_owned()),
        values: vec![made.api_key],
        ..Fresh::default()
    })
}

/// The page on which devices are made in bulk.
#[server(prefix = "/_fn", endpoint = "cold-chain/new-devices", input = GetUrl)]
pub async fn new_devices() -> Result<AddDevicesView, PageError> {
    use officina::kernel::permission::Permission;

    let (_, actor) = crate::context::context()?;
    actor.require(Permission::DevicesManage)?;
    let answered = Answered::here(&["cold-chain/import-devices"], &["csv"]);
    let lines = answered.refused.iter().flat_map(|error| &error.fields);
    let mut refused: Vec<(String, String)> =
        lines.filter_map(|(field, why)| Some((field.strip_prefix("line ")?.to_owned(), why.clone()))).collect();
    refused.sort_by_key(|(line, _)| line.parse::<u64>().unwrap_or_default());
    Ok(AddDevicesView { answered, refused })
}

/// Makes devices from a table: of a file, or else as it was pasted.
#[server(prefix = "/_fn", endpoint = "cold-chain/import-devices")]
pub async fn import_devices(
    #[server(default)] csv: String,
    #[server(default)] file: String,
) -> Result<Fresh, PageError> {
    use crate::sent::Sheet;

    let (app, actor) = crate::context::context()?;
    let csv = if file.trim().is_empty() { csv } else { file };
    let table = officina::cold_chain::ImportDevices { csv };
    let made = officina::cold_chain::service::import_devices(&app, &actor, &table).await?;
    let count = made.devices.len();
    let row = |device: officina::cold_chain::ImportedDevice| {
        let name = device.name.unwrap_or_default();
        vec![device.serial_number, device.cold_cell_name, name, device.api_key]
    };
    Ok(Fresh {
        title: if count == 1 { "1 device is made".to_owned() } else { format!("{count} devices are made") },
        text: "Keep the keys now: they are shown this once, to you alone and for ten minutes, and cannot be looked up again."
            .to_owned(),
        sheet: Some(Sheet {
            caption: "The new devices and their keys".to_owned(),
            columns: ["Serial number", "Cold cell", "Name", "Key"].map(str::to_owned).to_vec(),
            file: "device-keys.csv".to_owned(),
            href: format!("data:text/csv;charset=utf-8,{}", crate::ui::encoded(&made.csv)),
            rows: made.devices.into_iter().map(row).collect(),
        }),
        ..Fresh::default()
    })
}
