//! Times as people read them: in the organisation's time zone and the reader's language. The server writes them, because
//! the zone tables are too heavy for the browser.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
pub use server::Calendar;

/// A moment or a day, ready to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// In words, short: relative while it is near.
    pub words: String,
    /// In words, in full, for the tooltip.
    pub exact: String,
    /// For machines: RFC 3339, or a date.
    pub machine: String,
}

impl Moment {
    /// The element that shows it.
    #[must_use]
    pub fn view(self) -> AnyView {
        view! { <time datetime=self.machine title=self.exact>{self.words}</time> }.into_any()
    }
}

#[cfg(feature = "ssr")]
mod server {
    use chrono::{DateTime, Datelike, NaiveDate};
    use chrono_tz::Tz;
    use officina::identity::Organisation;
    use officina::kernel::time::{DAY, HOUR, MINUTE, Timestamp};
    use officina::kernel::zone::{self, zone};

    use super::Moment;
    use crate::public::Language;

    const ENGLISH: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    const ITALIAN: [&str; 12] = [
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ];

    /// Writes times for the readers of one page.
    #[derive(Debug, Clone, Copy)]
    pub struct Calendar {
        zone: Tz,
        language: Language,
        now: Timestamp,
    }

    impl Calendar {
        /// For the public of an organisation, in a visitor's language.
        #[must_use]
        pub fn new(organisation: &Organisation, language: Language, now: Timestamp) -> Self {
            Self { zone: zone(&organisation.time_zone), language, now }
        }

        /// For the staff of an organisation.
        #[must_use]
        pub fn staff(organisation: &Organisation, now: Timestamp) -> Self {
            Self::new(organisation, Language::English, now)
        }

        /// Today, `YYYY-MM-DD`.
        #[must_use]
        pub fn today(self) -> String {
            self.local(self.now).format("%Y-%m-%d").to_string()
        }

        /// A moment with day and clock time.
        #[must_use]
        pub fn moment(self, at: Timestamp) -> Moment {
            let exact = self.in_full(at);
            Moment { words: exact.clone(), exact, machine: at.to_string() }
        }

        /// A moment as "5 min ago" while it is near, else as day and clock time.
        #[must_use]
        pub fn relative(self, at: Timestamp) -> Moment {
            let age = self.now.since(at);
            let words = match age {
                ..0 => self.in_full(at),
                0..MINUTE => "just now".to_owned(),
                MINUTE..HOUR => format!("{} min ago", age / MINUTE),
                HOUR..DAY => format!("{} h ago", age / HOUR),
                _ => self.short(at),
            };
            Moment { words, exact: self.in_full(at), machine: at.to_string() }
        }

        /// A calendar day `YYYY-MM-DD`; what is no day is shown as it is.
        #[must_use]
        pub fn day(self, date: &str) -> Moment {
            let words =
                NaiveDate::parse_from_str(date, "%Y-%m-%d").map_or_else(|_| date.to_owned(), |day| self.day_words(day));
            Moment { exact: words.clone(), words, machine: date.to_owned() }
        }

        /// A calendar day without its year, for lists.
        #[must_use]
        pub fn short_day(self, date: &str) -> Moment {
            let words = NaiveDate::parse_from_str(date, "%Y-%m-%d")
                .map_or_else(|_| date.to_owned(), |day| format!("{} {}", day.day(), &self.month(day.month0())[..3]));
            Moment { words, ..self.day(date) }
        }

        /// The clock time, `HH:MM`; with the offset on a day that has an hour twice.
        #[must_use]
        pub fn clock(self, at: Timestamp) -> String {
            zone::time(at, self.zone)
        }

        /// A moment in milliseconds since 1970, as if the zone's wall clocks were those of UTC: for a clock in a browser, which
        /// has no zone tables.
        #[must_use]
        pub fn wall_clock(self, at: Timestamp) -> i64 {
            self.local(at).naive_local().and_utc().timestamp_millis()
        }

        /// Day and month, short.
        #[must_use]
        pub fn day_and_month(self, at: Timestamp) -> String {
            let local = self.local(at);
            format!("{} {}", local.day(), &self.month(local.month0())[..3])
        }

        /// A moment that lies ahead, short: the clock time, with its day unless that is today.
        #[must_use]
        pub fn ahead(self, at: Timestamp) -> String {
            let is_today = self.local(self.now).date_naive() == self.local(at).date_naive();
            if is_today { self.clock(at) } else { self.short(at) }
        }

        fn local(self, at: Timestamp) -> DateTime<Tz> {
            at.to_utc().with_timezone(&self.zone)
        }

        fn in_full(self, at: Timestamp) -> String {
            format!("{}, {}", self.day_words(self.local(at).date_naive()), self.clock(at))
        }

        fn short(self, at: Timestamp) -> String {
            let this_year = self.local(self.now).year() == self.local(at).year();
            let day = self.day_and_month(at);
            if this_year { format!("{day}, {}", self.clock(at)) } else { format!("{day} {}", self.local(at).year()) }
        }

        fn day_words(self, day: NaiveDate) -> String {
            format!("{} {} {}", day.day(), self.month(day.month0()), day.year())
        }

        fn month(self, index: u32) -> &'static str {
            let months = match self.language {
                Language::Italian => &ITALIAN,
                Language::English => &ENGLISH,
            };
            months.get(index as usize).copied().unwrap_or_default()
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn times_are_told_in_the_zone_and_language_of_the_reader() {
            let now = Timestamp(1_795_168_800_000); // 2026-11-20T10:00:00Z
            let rome = Calendar { zone: zone("Europe/Rome"), language: Language::Italian, now };
            assert_eq!(rome.moment(now).words, "20 novembre 2026, 11:00");
            assert_eq!(rome.day("2026-12-24").words, "24 dicembre 2026");
            assert_eq!(rome.day("soon").words, "soon");
            let staff = Calendar { language: Language::English, ..rome };
            assert_eq!(staff.relative(now.plus(-5 * MINUTE)).words, "5 min ago");
            assert_eq!(staff.relative(now.plus(-3 * DAY)).words, "17 Nov, 11:00");
            assert_eq!(staff.relative(now.plus(-400 * DAY)).words, "16 Oct 2025");
            assert_eq!(staff.relative(now.plus(MINUTE)).words, "20 November 2026, 11:01");
            assert_eq!(
                (staff.ahead(now.plus(HOUR)), staff.ahead(now.plus(DAY))),
                ("12:00".into(), "21 Nov, 11:00".into())
            );
        }
    }
}
