//! Temperatures in the unit that an organisation shows. They are stored, sent and compared in °C; here alone they become
//! another unit and words, and are rounded once.

use crate::identity::TemperatureUnit;

/// Millionths in a degree, as which temperatures are stored ([`crate::cold_chain::Micro`]).
const MILLIONTHS: f64 = 1e6;

impl TemperatureUnit {
    /// What stands behind a number.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Celsius => "°C",
            Self::Fahrenheit => "°F",
        }
    }

    /// A temperature in this unit. It starts from whole millionths, so that nothing but the words rounds it.
    #[must_use]
    pub fn of_celsius(self, celsius: f64) -> f64 {
        match self {
            Self::Celsius => celsius,
            Self::Fahrenheit => ((celsius * MILLIONTHS).round() * 9.0 / 5.0 + 32.0 * MILLIONTHS) / MILLIONTHS,
        }
    }

    /// The opposite, to the nearest millionth of a degree.
    #[must_use]
    pub fn to_celsius(self, degrees: f64) -> f64 {
        match self {
            Self::Celsius => degrees,
            Self::Fahrenheit => ((degrees - 32.0) * 5.0 / 9.0 * MILLIONTHS).round() / MILLIONTHS,
        }
    }

    /// A difference of temperatures in this unit, which has no zero to start from.
    #[must_use]
    pub fn of_difference(self, celsius: f64) -> f64 {
        match self {
            Self::Celsius => celsius,
            Self::Fahrenheit => celsius * 9.0 / 5.0,
        }
    }

    /// The opposite, to the nearest millionth of a degree.
    #[must_use]
    pub fn to_difference(self, degrees: f64) -> f64 {
        match self {
            Self::Celsius => degrees,
            Self::Fahrenheit => (degrees * 5.0 / 9.0 * MILLIONTHS).round() / MILLIONTHS,
        }
    }

    /// A temperature as people read it: `−18.4 °C`.
    #[must_use]
    pub fn words(self, celsius: f64) -> String {
        format!("{} {}", tenths(self.of_celsius(celsius)), self.sign())
    }

    /// Two temperatures as people read them, without a tail of zeros: `−25 to −15 °C`.
    #[must_use]
    pub fn range(self, (low, high): (f64, f64)) -> String {
        format!("{} to {} {}", brief(self.of_celsius(low)), brief(self.of_celsius(high)), self.sign())
    }
}

/// A number with one decimal and a real minus sign; what rounds to nothing has none.
#[must_use]
pub fn tenths(value: f64) -> String {
    let text = format!("{value:.1}");
    if text == "-0.0" { "0.0".to_owned() } else { text.replace('-', "−") }
}

/// The same without a tail of zeros.
#[must_use]
pub fn brief(value: f64) -> String {
    let text = tenths(value);
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

/// A number as it stands in a field: with up to two decimals and no tail of zeros.
#[must_use]
pub fn in_a_field(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temperatures_are_converted_and_rounded_once() {
        let (celsius, fahrenheit) = (TemperatureUnit::Celsius, TemperatureUnit::Fahrenheit);
        let both = |value| (celsius.words(value), fahrenheit.words(value));
        assert_eq!(both(-18.4), ("−18.4 °C".to_owned(), "−1.1 °F".to_owned()));
        assert_eq!(both(0.0), ("0.0 °C".to_owned(), "32.0 °F".to_owned()));
        assert_eq!(both(-40.0), ("−40.0 °C".to_owned(), "−40.0 °F".to_owned()));
        assert_eq!(both(-0.04).0, "0.0 °C");
        assert_eq!(fahrenheit.words(-17.8), "0.0 °F");
        // Rounded to tenths first, it would be 39.4.
        assert_eq!(fahrenheit.words(4.06), "39.3 °F");
        assert_eq!(fahrenheit.range((2.0, 8.0)), "35.6 to 46.4 °F");
        assert_eq!(celsius.range((-25.0, -15.0)), "−25 to −15 °C");
        assert_eq!(fahrenheit.range((-25.0, -15.0)), "−13 to 5 °F");
    }

    #[test]
    fn a_difference_has_no_offset_and_a_field_no_tail() {
        let unit = TemperatureUnit::Fahrenheit;
        assert_eq!((in_a_field(unit.of_difference(0.5)), unit.to_difference(0.9)), ("0.9".to_owned(), 0.5));
        let fields = [-18.0, 0.25, -0.001, 20.0, 1.999].map(in_a_field);
        assert_eq!(fields, ["-18", "0.25", "0", "20", "2"]);
    }

    #[test]
    fn what_is_typed_comes_back_as_it_was() {
        let unit = TemperatureUnit::Fahrenheit;
        for tenth in -1_480..=2_120 {
            let typed = f64::from(tenth) / 10.0;
            assert_eq!(tenths(unit.of_celsius(unit.to_celsius(typed))), tenths(typed), "{typed}");
        }
    }
}
