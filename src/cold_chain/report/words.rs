//! The words of reports, in the language of the organisation.

use chrono_tz::Tz;

use crate::cold_chain::alert::AlertType;
use crate::identity::TemperatureUnit;
use crate::kernel::csv::Style;
use crate::kernel::time::Timestamp;
use crate::kernel::zone;

/// A language that reports are written in, with the time zone of their times.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    is_italian: bool,
    style: Style,
    zone: Tz,
    unit: TemperatureUnit,
}

impl Words {
    /// The words of a locale, `it` or `en`.
    pub fn of(locale: &str, time_zone: &str, unit: TemperatureUnit) -> Self {
        Self { is_italian: locale == "it", style: Style::of(locale), zone: zone::zone(time_zone), unit }
    }

    /// One of two texts.
    pub fn say(self, italian: &'static str, english: &'static str) -> &'static str {
        if self.is_italian { italian } else { english }
    }

    /// A moment on the spot.
    pub fn moment(self, at: Timestamp) -> String {
        zone::moment(at, self.zone)
    }

    /// A number with so many digits after the point, or comma.
    pub fn number(self, number: f64, digits: usize) -> String {
        let text = format!("{number:.digits$}");
        // What rounds to nothing has no sign.
        let text = if text.trim_start_matches('-').chars().all(|c| matches!(c, '0' | '.')) {
            text.trim_start_matches('-').to_owned()
        } else {
            text
        };
        text.replace('.', self.style.decimal.encode_utf8(&mut [0; 4]))
    }

    /// A temperature, with the sign that typesetters take for minus: no spreadsheet takes it for a formula.
    pub fn degrees(self, celsius: f64) -> String {
        format!("{} {}", self.number(self.unit.of_celsius(celsius), 1).replace('-', "−"), self.unit.sign())
    }

    /// A length of time: `2 h 05 min`.
    pub fn length(self, seconds: i64) -> String {
        let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        match (hours, minutes) {
            (0, 0) => format!("{rest} s"),
            (0, _) => format!("{minutes} min"),
            _ => format!("{hours} h {minutes:02} min"),
        }
    }

    /// What was wrong.
    pub fn kind(self, kind: AlertType) -> &'static str {
        match kind {
            AlertType::HighTemp => self.say("Troppo caldo", "Too warm"),
            AlertType::LowTemp => self.say("Troppo freddo", "Too cold"),
            AlertType::PowerLoss => self.say("Corrente assente", "No power"),
            AlertType::DoorOpen => self.say("Porta aperta", "Door open"),
            AlertType::LowBattery => self.say("Batteria scarica", "Battery low"),
            AlertType::SensorError => self.say("Sensore muto", "Sensor silent"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lengths_read_as_people_write_them() {
        let of = |locale, unit| Words::of(locale, "Europe/Rome", unit);
        let (italian, english) = (of("it", TemperatureUnit::Celsius), of("en", TemperatureUnit::Celsius));
        assert_eq!((italian.degrees(-18.44), english.degrees(-18.44)), ("−18,4 °C".to_owned(), "−18.4 °C".to_owned()));
        assert_eq!(of("it", TemperatureUnit::Fahrenheit).degrees(-18.44), "−1,2 °F");
        assert_eq!(english.number(-0.04, 1), "0.0");
        assert_eq!(english.length(59), "59 s");
        assert_eq!(english.length(3_600 + 5 * 60 + 59), "1 h 05 min");
    }
}
