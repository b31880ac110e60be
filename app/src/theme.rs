//! Light, dark, or as the system says: a choice that a cookie keeps.

use serde::{Deserialize, Serialize};

/// The name of the cookie that keeps the choice.
pub const COOKIE: &str = "officina_theme";

/// The colours that someone has chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Theme {
    /// What the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// Every choice, in the order in which it is offered.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The word in the cookie and in the form.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The choice of a word; an unknown word is the system's.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.word() == word).unwrap_or_default()
    }

    /// The name of the style sheet's theme; none follows the system.
    #[must_use]
    pub const fn sheet(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("officina"),
            Self::Dark => Some("officina-dark"),
        }
    }
}
