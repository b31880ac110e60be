//! The organisation's accent colour, made legible: as a colour for text and as a ground for text, in light and in dark.

/// The ground of panels in the light theme, as linear luminance.
const LIGHT_GROUND: f64 = 0.955;
/// The ground of panels in the dark theme, as linear luminance.
const DARK_GROUND: f64 = 0.017;
/// The contrast that text needs (WCAG 2.2, 1.4.3), with some to spare for tinted grounds.
const CONTRAST: f64 = 5.0;

/// A colour in sRGB.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Colour([f64; 3]);

impl Colour {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let channel = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok().map(|v| f64::from(v) / 255.0);
        Some(Self([channel(0)?, channel(2)?, channel(4)?]))
    }

    /// Relative luminance as WCAG defines it.
    fn luminance(self) -> f64 {
        let linear = |v: f64| if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) };
        let [r, g, b] = self.0;
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    /// The colour moved towards black (0) or white (1) by a share.
    fn towards(self, end: f64, share: f64) -> Self {
        Self(self.0.map(|v| v + (end - v) * share))
    }

    fn legible_on(self, ground: f64, end: f64) -> Self {
        (0..=20)
            .map(|step| self.towards(end, f64::from(step) / 20.0))
            .find(|colour| contrast(colour.luminance(), ground) >= CONTRAST)
            .unwrap_or(self.towards(end, 1.0))
    }

    fn text_on_top(self) -> &'static str {
        let luminance = self.luminance();
        if contrast(luminance, 1.0) >= contrast(luminance, 0.01) { "#fff" } else { "#0f1720" }
    }

    fn hex(self) -> String {
        let [r, g, b] = self.0.map(|v| (v.clamp(0.0, 1.0) * 255.0).round() as u8);
        format!("#{r:02x}{g:02x}{b:02x}")
    }
}

fn contrast(a: f64, b: f64) -> f64 {
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The style attribute that sets the accent. An accent that is not `#rrggbb` leaves the product's own.
#[must_use]
pub fn accent_style(accent: &str) -> String {
    let Some(colour) = Colour::parse(accent) else { return String::new() };
    let light = colour.legible_on(LIGHT_GROUND, 0.0);
    let dark = colour.legible_on(DARK_GROUND, 1.0);
    format!(
        "--accent:{};--accent-content:{};--accent-dark:{};--accent-dark-content:{}",
        light.hex(),
        light.text_on_top(),
        dark.hex(),
        dark.text_on_top(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_accent_is_legible_as_text_and_under_text() {
        for accent in ["#ffffff", "#000000", "#ffff00", "#0000ff", "#ff0000", "#808080", "#1f5fbf"] {
            let colour = Colour::parse(accent).unwrap();
            for (ground, end) in [(LIGHT_GROUND, 0.0), (DARK_GROUND, 1.0)] {
                let legible = colour.legible_on(ground, end);
                assert!(contrast(legible.luminance(), ground) >= 4.5, "{accent} on {ground}");
                let on_top =
                    Colour::parse(if legible.text_on_top() == "#fff" { "#ffffff" } else { "#0f1720" }).unwrap();
                assert!(contrast(legible.luminance(), on_top.luminance()) >= 4.5, "{accent} under text");
            }
        }
    }

    #[test]
    fn what_is_not_a_colour_cannot_become_a_style() {
        for accent in ["", "red", "#12345", "#12345g", "</style>", "#ééé"] {
            assert_eq!(accent_style(accent), "", "{accent}");
        }
    }
}
