//! The form that makes a cell, and the one that changes it.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

use super::Choice;
use crate::error::PageError;
use crate::sent::Answered;

/// The numbers and the name of a cell, as they are typed: degrees in the organisation's unit, times in minutes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CellForm {
    /// What people call it.
    pub name: String,
    /// The lowest temperature without an alert.
    pub lowest: String,
    /// The highest temperature without an alert.
    pub highest: String,
    /// How far back inside the value must be before an alert is over: a difference of temperatures.
    pub hysteresis: String,
    /// How long the value must be outside before an alert opens.
    pub alert_delay: String,
    /// How long the door may stand open.
    pub door_open: String,
    /// How long a device may be silent.
    pub offline_after: String,
}

/// The page on which a cell is changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeCellView {
    /// The cell's id.
    pub id: String,
    /// What it is called now.
    pub name: String,
    /// The places to choose from.
    pub places: Choice,
    /// What is stored.
    pub known: CellForm,
    /// The version that the form shows.
    pub version: i64,
    /// The sign of the unit that temperatures are typed in.
    pub unit: String,
    /// What came of the form.
    pub answered: Answered,
}

/// The page on which places and cells are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCellView {
    /// The places to choose from.
    pub places: Choice,
    /// The customers to choose from.
    pub customers: Choice,
    /// Whether the member may make new customers.
    pub may_add_customers: bool,
    /// The kinds of cells: the word that is sent, and what people read.
    pub kinds: Vec<(String, String)>,
    /// What a cell has that nothing more is said of.
    pub known: CellForm,
    /// The sign of the unit that temperatures are typed in.
    pub unit: String,
    /// What came of the form that makes a cell.
    pub of_cell: Answered,
    /// What came of the form that makes a place.
    pub of_place: Answered,
}

/// The page on which places and cells are made. A place may be chosen, and places and customers may be looked for by
/// words.
#[server(prefix = "/_fn", endpoint = "cold-chain/new-cell", input = GetUrl)]
pub async fn new_cell(
    #[server(default)] place: String,
    #[server(default)] search: String,
    #[server(default)] customer: String,
    #[server(default)] customer_search: String,
) -> Result<NewCellView, PageError> {
    use officina::cold_chain::Preset;
    use officina::kernel::permission::Permission;

    let (app, actor) = crate::context::context()?;
    actor.reach(Permission::ColdChainWrite)?;
    let unit = crate::context::organisation(&app, &actor).await?.temperature_unit;
    let kinds = Preset::ALL.iter().map(|preset| {
        let name = match preset {
            Preset::Freezer => "Freezer",
            Preset::Fridge => "Fridge",
        };
        (preset.to_string(), format!("{name}, {}", unit.range(preset.thresholds())))
    });
    let kinds: Vec<_> = kinds.chain([("own".to_owned(), "With limits of its own".to_owned())]).collect();
    let of_cell = Answered::in_full(&["cold-chain/create-cell"]);
    let of_place = Answered::in_full(&["cold-chain/create-location"]);
    let place = of_cell.value("place").unwrap_or(place);
    let search = of_cell.value("search").unwrap_or(search);
    let customer = of_place.value("customer").unwrap_or(customer);
    let customer_search = of_place.value("customer_search").unwrap_or(customer_search);
    Ok(NewCellView {
        places: Choice::of_places(&app, &actor, search, &place).await?,
        customers: Choice::of_customers(&app, &actor, customer_search, &customer).await?,
        may_add_customers: actor.permissions.has(Permission::CustomersWrite),
        kinds,
        known: CellForm::unmade(unit),
        unit: unit.sign().to_owned(),
        of_cell,
        of_place,
    })
}

/// The page on which a cell is changed. A place may be chosen, and places may be looked for by words.
#[server(prefix = "/_fn", endpoint = "cold-chain/cell-form", input = GetUrl)]
pub async fn get_cell_form(
    id: String,
    #[server(default)] place: String,
    #[server(default)] search: String,
) -> Result<ChangeCellView, PageError> {
    use officina::kernel::permission::Permission;

    let (app, actor) = crate::context::context()?;
    actor.reach(Permission::ColdChainWrite)?;
    let unit = crate::context::organisation(&app, &actor).await?.temperature_unit;
    let cell = id.parse().map_err(|_| officina::Error::NotFound)?;
    let cell = officina::cold_chain::service::cold_cell(&app, &actor, cell).await?;
    let answered = Answered::in_full(&["cold-chain/change-cell"]);
    let stands = cell.location_id.to_string();
    let chosen = answered.value("place").or_else(|| Some(place).filter(|place| !place.is_empty())).unwrap_or(stands);
    let search = answered.value("search").unwrap_or(search);
    Ok(ChangeCellView {
        places: Choice::of_places(&app, &actor, search, &chosen).await?,
        known: CellForm::of(&cell, unit),
        unit: unit.sign().to_owned(),
        name: cell.name,
        version: cell.version,
        id,
        answered,
    })
}

/// Makes a cell: a freezer, a fridge, or one with limits of its own.
#[server(prefix = "/_fn", endpoint = "cold-chain/create-cell")]
pub async fn create_cell(
    #[server(default)] place: String,
    #[server(default)] kind: String,
    cell: CellForm,
) -> Result<(), PageError> {
    use officina::cold_chain::{NewColdCell, Preset, service};
    use officina::kernel::permission::Permission;

    let (app, actor) = crate::context::context()?;
    actor.reach(Permission::ColdChainWrite)?;
    let place = service::get_location(&app, &actor, place_id(&place)?).await?.id;
    let unit = crate::context::organisation(&app, &actor).await?.temperature_unit;
    let preset = kind.parse::<Preset>().ok();
    let cell = match preset {
        Some(_) => CellForm { lowest: String::new(), highest: String::new(), ..cell },
        None => cell,
    };
    let read = cell.read(unit, &CellForm::unmade(unit), preset.map(Preset::thresholds))?;
    let new = NewColdCell {
        name: cell.name,
        location_id: Some(place),
        preset,
        min_temperature: read.min_temperature,
        max_temperature: read.max_temperature,
        hysteresis: read.hysteresis,
        alert_delay_seconds: read.alert_delay_seconds,
        door_open_seconds: read.door_open_seconds,
        offline_after_seconds: read.offline_after_seconds,
    };
    let made = service::create_cold_cell(&app, &actor, new).await?;
    leptos_axum::redirect(&format!("/app/cold-chain/cells/{}", made.cell.id));
    Ok(())
}

/// Changes a cell. What stands in its field as before stays, to the last digit.
#[server(prefix = "/_fn", endpoint = "cold-chain/change-cell")]
pub async fn change_cell(
    id: String,
    #[server(default)] place: String,
    cell: CellForm,
    #[server(default)] version: Option<i64>,
) -> Result<(), PageError> {
    use officina::cold_chain::{ChangeColdCell, service};
    use officina::kernel::permission::Permission;

    let (app, actor) = crate::context::context()?;
    actor.reach(Permission::ColdChainWrite)?;
    let unit = crate::context::organisation(&app, &actor).await?.temperature_unit;
    let id = id.parse().map_err(|_| officina::Error::NotFound)?;
    let before = service::cold_cell(&app, &actor, id).await?;
    let limits = (before.min_temperature, before.max_temperature);
    let change = cell.read(unit, &CellForm::of(&before, unit), Some(limits))?;
    let change = ChangeColdCell { location_id: Some(place_id(&place)?), name: Some(cell.name), version, ..change };
    service::change_cold_cell(&app, &actor, id, change).await?;
    leptos_axum::redirect(&format!("/app/cold-chain/cells/{id}"));
    Ok(())
}

/// The place that was chosen.
#[cfg(feature = "ssr")]
fn place_id(place: &str) -> officina::Result<officina::kernel::ids::LocationId> {
    place.parse().map_err(|_| officina::Error::field("locationId", "required", "must be chosen"))
}

#[cfg(feature = "ssr")]
mod server {
    use officina::Result;
    use officina::cold_chain::{
        ChangeColdCell, ColdCell, DEFAULT_DOOR_OPEN, DEFAULT_HYSTERESIS, DEFAULT_OFFLINE_AFTER, TEMPERATURE_RANGE,
        in_a_field,
    };
    use officina::identity::TemperatureUnit;
    use officina::kernel::validate::Validator;

    use super::CellForm;

    /// The longest delay, in minutes: a day.
    const DAY: f64 = 1_440.0;

    /// Seconds as minutes in a field. Two decimals are enough to find every second again.
    fn minutes(seconds: i64) -> String {
        #[allow(clippy::cast_precision_loss, reason = "a week has far fewer seconds than 2⁵³")]
        let minutes = seconds as f64 / 60.0;
        in_a_field(minutes)
    }

    #[allow(clippy::cast_possible_truncation, reason = "checked to be at most a week")]
    fn seconds(minutes: f64) -> i64 {
        (minutes * 60.0).round() as i64
    }

    impl CellForm {
        /// What is stored of a cell, as it would be typed.
        pub(super) fn of(cell: &ColdCell, unit: TemperatureUnit) -> Self {
            Self {
                name: cell.name.clone(),
                lowest: in_a_field(unit.of_celsius(cell.min_temperature)),
                highest: in_a_field(unit.of_celsius(cell.max_temperature)),
                hysteresis: in_a_field(unit.of_difference(cell.hysteresis)),
                alert_delay: minutes(cell.alert_delay_seconds),
                door_open: minutes(cell.door_open_seconds),
                offline_after: minutes(cell.offline_after_seconds),
            }
        }

        /// What a cell has that nothing more is said of.
        pub(in crate::cold_chain) fn unmade(unit: TemperatureUnit) -> Self {
            Self {
                hysteresis: in_a_field(unit.of_difference(DEFAULT_HYSTERESIS)),
                alert_delay: minutes(0),
                door_open: minutes(DEFAULT_DOOR_OPEN),
                offline_after: minutes(DEFAULT_OFFLINE_AFTER),
                ..Self::default()
            }
        }

        /// Reads the numbers. What stands there as it is known is left out, so that rounding for the field changes nothing.
        /// The limits are those that the cell has without this.
        pub(super) fn read(
            &self,
            unit: TemperatureUnit,
            known: &Self,
            limits: Option<(f64, f64)>,
        ) -> Result<ChangeColdCell> {
            let mut check = Validator::default();
            let is_new = known.name.is_empty();
            let bounds = (unit.of_celsius(TEMPERATURE_RANGE.0), unit.of_celsius(TEMPERATURE_RANGE.1));
            let mut number = |field: &str, typed: &str, known: &str, (low, high): (f64, f64), sign: &str| {
                let text = typed.trim().replace(',', ".").replace('−', "-");
                match text.parse::<f64>() {
                    Ok(value) if (low..=high).contains(&value) => return Some(value).filter(|_| text != known),
                    // Only rounded beyond the bound, for the field.
                    Ok(value) if text == known && (value - high).abs() < 0.01 => {}
                    Ok(_) => {
                        let why = format!("must be from {} to {} {sign}", in_a_field(low), in_a_field(high));
                        check.errors.add(field, "out_of_range", why);
                    }
                    Err(_) if text.is_empty() && is_new => {}
                    Err(_) if text.is_empty() => check.errors.add(field, "required", "is required"),
                    Err(_) => check.errors.add(field, "not_a_number", "must be a number"),
                }
                None
            };
            let mut degrees = |field: &str, typed: &str, known: &str| {
                number(field, typed, known, bounds, unit.sign()).map(|typed| unit.to_celsius(typed))
            };
            let low = degrees("minTemperature", &self.lowest, &known.lowest);
            let high = degrees("maxTemperature", &self.highest, &known.highest);
            let low_then = low.or(limits.map(|(low, _)| low));
            let high_then = high.or(limits.map(|(_, high)| high));
            let span = low_then.zip(high_then).map(|(low, high)| high - low);
            // Beyond half the span, getting out of one alert would mean getting into the other.
            let widest = (0.0, unit.of_difference(span.filter(|span| *span > 0.0).unwrap_or(bounds.1) / 2.0));
            let mut minutes = |field: &str, typed: &str, known: &str, low: f64, high: f64| {
                number(field, typed, known, (low, high), "minutes").map(seconds)
            };
            let read = ChangeColdCell {
                min_temperature: low,
                max_temperature: high,
                alert_delay_seconds: minutes("alertDelaySeconds", &self.alert_delay, &known.alert_delay, 0.0, DAY),
                door_open_seconds: minutes("doorOpenSeconds", &self.door_open, &known.door_open, 0.0, DAY),
                offline_after_seconds: minutes(
                    "offlineAfterSeconds",
                    &self.offline_after,
                    &known.offline_after,
                    1.0,
                    7.0 * DAY,
                ),
                hysteresis: number("hysteresis", &self.hysteresis, &known.hysteresis, widest, unit.sign())
                    .map(|typed| unit.to_difference(typed)),
                ..ChangeColdCell::default()
            };
            if span.is_some_and(|span| span <= 0.0) {
                check.errors.add("maxTemperature", "out_of_range", "must be above the lowest");
            }
            check.finish(read)
        }
    }
}
