//! A small set of line icons of our own, 24 × 24, drawn in the colour of the text around them.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The icons there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Icon {
    /// A battery with little in it.
    Battery,
    /// A bell: alerts.
    Bell,
    /// Columns: a board.
    Board,
    /// A house with many windows: organisations.
    Building,
    /// A calendar sheet: appointments, promised dates.
    Calendar,
    /// A camera: photos.
    Camera,
    /// A car: repairs, vehicles.
    Car,
    /// A tick in a circle: done.
    Check,
    /// An arrow head downwards: opens something.
    Chevron,
    /// A clock: waiting, times.
    Clock,
    /// A cross in a circle: cancelled, lost.
    Cross,
    /// Horizontal lines: a list.
    List,
    /// A half-filled circle: light and dark.
    Contrast,
    /// A door leaf: an open door.
    Door,
    /// Three dots: a menu.
    Dots,
    /// Lines that narrow: a filter.
    Filter,
    /// A flag: arrived, ready.
    Flag,
    /// A house: home.
    Home,
    /// A speech bubble: leads, messages.
    Message,
    /// A moon: the dark theme.
    Moon,
    /// A box: parts.
    Parts,
    /// A person.
    Person,
    /// A telephone receiver: a number to call.
    Phone,
    /// A plug: power.
    Plug,
    /// A plus: something new.
    Plus,
    /// A magnifying glass: search.
    Search,
    /// A snowflake: cold chain.
    Snow,
    /// A sun: the light theme.
    Sun,
    /// A thermometer: temperature.
    Thermometer,
    /// A triangle with a mark: attention.
    Warning,
    /// A spanner: work.
    Wrench,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Battery => "M3.5 8h14v8h-14zM20.5 10.5v3M6.5 11v2",
            Self::Bell => "M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 21h4",
            Self::Board => "M4 5h4.5v14H4zM9.8 5h4.5v9H9.8zM15.5 5H20v11h-4.5z",
            Self::Building => "M5 20.5V4h9v16.5M14 9.5h5v11M3.5 20.5h17M8 8h3M8 12h3M8 16h3",
            Self::Calendar => "M4 6h16v14H4zM4 10.5h16M8.5 3.5V7M15.5 3.5V7",
            Self::Camera => "M3.5 8H8l1.5-2.5h5L16 8h4.5v11h-17zM12 16.5a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4z",
            Self::Car => {
                "M3 16.5v-4l2-1 2-4.5h9l3 4.5 2 1v4zM7.2 18.7a1.9 1.9 0 1 0 0-3.8 1.9 1.9 0 0 0 0 3.8zM16.8 18.7a1.9 1.9 0 1 0 0-3.8 1.9 1.9 0 0 0 0 3.8zM5 11.5h14"
            }
            Self::Check => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8 12.3l2.8 2.7 5.2-5.6",
            Self::Chevron => "M6 9.5l6 6 6-6",
            Self::Clock => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5.2l3.4 2",
            Self::Cross => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9 9l6 6M15 9l-6 6",
            Self::List => "M8.5 6.5H20M8.5 12H20M8.5 17.5H20M4 6.5h.5M4 12h.5M4 17.5h.5",
            Self::Contrast => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 3v18M12 8h5M12 12h7M12 16h5",
            Self::Door => "M6 20.5v-16l8-1.5v19zM14 5h4v15.5h2M4 20.5h2M11 12v1",
            Self::Dots => "M5.5 12h.1M12 12h.1M18.5 12h.1",
            Self::Filter => "M4 6.5h16M7 12h10M10 17.5h4",
            Self::Flag => "M6 21V4M6 4.5h11l-2 4 2 4H6",
            Self::Home => "M4 11l8-7 8 7M6 9.5V20h12V9.5M10 20v-5.5h4V20",
            Self::Message => "M4 5h16v11h-8.5L7 19.5V16H4zM8 9.2h8M8 12h5",
            Self::Moon => "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z",
            Self::Parts => "M4 8l8-4.5L20 8v8.5l-8 4.5-8-4.5zM4 8l8 4.5L20 8M12 12.5V21",
            Self::Person => "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c.6-4 3.6-6 7.5-6s6.9 2 7.5 6",
            Self::Phone => "M7 3.5l3 4-2 2.2a13 13 0 0 0 6.3 6.3l2.2-2 4 3-2 3.5A17 17 0 0 1 3.5 5.5z",
            Self::Plug => "M9 3.5V8M15 3.5V8M6.5 8h11v3.5a5.5 5.5 0 0 1-11 0zM12 17v4",
            Self::Plus => "M12 5v14M5 12h14",
            Self::Search => "M10.8 17.6a6.8 6.8 0 1 0 0-13.6 6.8 6.8 0 0 0 0 13.6zM16 16l4.5 4.5",
            Self::Snow => "M12 3v18M4.2 7.5l15.6 9M19.8 7.5l-15.6 9M9.5 4.5L12 7l2.5-2.5M9.5 19.5L12 17l2.5 2.5",
            Self::Sun => {
                "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 3v2M12 19v2M3 12h2M19 12h2M5.7 5.7l1.4 1.4M16.9 16.9l1.4 1.4M5.7 18.3l1.4-1.4M16.9 7.1l1.4-1.4"
            }
            Self::Thermometer => "M10 14V5a2 2 0 0 1 4 0v9a4 4 0 1 1-4 0zM12 9v8",
            Self::Warning => "M12 4l9 16H3zM12 10v4.5M12 17.3v.1",
            Self::Wrench => {
                "M14.5 6.5a4.3 4.3 0 0 1 5.8-2.3l-2.7 2.7.6 1.9 1.9.6 2.7-2.7a4.3 4.3 0 0 1-5.8 5.4L9.5 19.6a2.3 2.3 0 0 1-3.3-3.3l7.5-7.5a4.3 4.3 0 0 1 .8-2.3z"
            }
        }
    }
}

/// Draws an icon. It is decoration: the word beside it says the same.
#[must_use]
pub fn icon(icon: Icon) -> AnyView {
    view! {
        <svg class="i" viewBox="0 0 24 24" aria-hidden="true">
            <path d=icon.path()></path>
        </svg>
    }
    .into_any()
}
