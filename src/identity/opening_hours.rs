//! Opening hours as people write them: `8-12, 14-18`, `8:30–12.30 / 14–18`, `chiuso`.

use super::settings::{OpenSpan, Weekday};

/// What people write of a day without hours, in small letters.
const CLOSED: &[&str] = &["closed", "chiuso", "chiusa", "riposo"];

/// The hours of one day as they were typed. What is no time stays as it is, for whoever checks it to name.
#[must_use]
pub fn read_day(day: Weekday, text: &str) -> Vec<OpenSpan> {
    let text = text.trim().to_lowercase();
    if CLOSED.contains(&text.trim_matches('.')) || text.chars().all(is_dash) {
        return Vec::new();
    }
    // All that joins the two ends of a time becomes one dash without blanks, so that a blank parts times.
    let text: String = text.chars().map(|letter| if is_dash(letter) { '-' } else { letter }).collect();
    let text =
        [" to ", " a ", " alle ", " fino alle ", " until "].iter().fold(text, |text, word| text.replace(word, "-"));
    let text = ["dalle ", "from "].iter().fold(text, |text, word| text.replace(word, ""));
    let joined = text.split('-').map(str::trim).collect::<Vec<_>>().join("-");
    joined
        .split(|letter: char| letter.is_whitespace() || ",;/+&".contains(letter))
        .filter(|part| !part.is_empty() && !["e", "and"].contains(part))
        .map(|part| {
            let (from, to) = part.split_once('-').unwrap_or((part, ""));
            OpenSpan { day, from: read_time(from), to: read_time(to) }
        })
        .collect()
}

/// A clock time as `HH:MM`: `8`, `8.30`, `8:30`, `8h30`, `0830`. Anything else stays as it is.
#[must_use]
pub fn read_time(text: &str) -> String {
    let text = text.trim();
    let (hours, minutes) = match text.split_once([':', '.', 'h']) {
        Some((hours, "")) => (hours, "00"),
        Some(parts) => parts,
        None if text.len() == 4 && text.is_ascii() => text.split_at(2),
        None => (text, "00"),
    };
    let number = |text: &str, longest: usize| -> Option<u32> {
        let is_number = !text.is_empty() && text.len() <= longest && text.bytes().all(|digit| digit.is_ascii_digit());
        text.parse().ok().filter(|_| is_number)
    };
    match (number(hours, 2), number(minutes, 2).filter(|_| minutes.len() == 2)) {
        (Some(hours @ 0..=23), Some(minutes @ 0..=59)) => format!("{hours:02}:{minutes:02}"),
        _ => text.to_owned(),
    }
}

const fn is_dash(letter: char) -> bool {
    matches!(letter, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// Days one after the other, from the first to the last, and when all of them are open.
pub type Days = (Weekday, Weekday, Vec<(String, String)>);

/// Days with the same hours one after the other, from Monday to Sunday.
#[must_use]
pub fn grouped(hours: &[OpenSpan]) -> Vec<Days> {
    let mut groups: Vec<Days> = Vec::new();
    for day in Weekday::ALL {
        let spans = hours.iter().filter(|span| span.day == *day);
        let times: Vec<_> = spans.map(|span| (span.from.clone(), span.to.clone())).collect();
        match groups.last_mut().filter(|(.., last)| *last == times) {
            Some((_, until, _)) => *until = *day,
            None => groups.push((*day, *day, times)),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        read_day(Weekday::Monday, text).into_iter().map(|span| format!("{}-{}", span.from, span.to)).collect()
    }

    #[test]
    fn hours_are_read_as_people_write_them() {
        let day = ["08:00-12:00", "14:00-18:00"];
        for text in [
            "8-12, 14-18",
            "08:00-12:00 14:00-18:00",
            "dalle 8 alle 12 e dalle 14 alle 18",
            "8–12 / 14–18",
            "8.00 - 12.00; 14.00 - 18.00",
            "8 to 12 and 14 to 18",
            "8h-12h, 14h00-18h00",
            "0800-1200,1400-1800",
            "8 a 12 e 14 a 18",
            "8—12 & 14−18",
        ] {
            assert_eq!(read(text), day, "{text}");
        }
        assert_eq!(read("8:30–12.30 / 14–18"), ["08:30-12:30", "14:00-18:00"]);
        for closed in ["", "  ", "-", "–", "closed", "Chiuso", "riposo."] {
            assert_eq!(read(closed), [""; 0], "{closed}");
        }
    }

    #[test]
    fn what_is_no_time_stays_for_the_check_to_name() {
        assert_eq!(read("noon"), ["noon-"]);
        assert_eq!(read("8-25"), ["08:00-25"]);
        assert_eq!(read("8:5-12"), ["8:5-12:00"]);
    }

    #[test]
    fn days_with_the_same_hours_stand_together() {
        let mut hours: Vec<OpenSpan> = Weekday::ALL[..5].iter().flat_map(|day| read_day(*day, "8-12, 14-18")).collect();
        hours.extend(read_day(Weekday::Saturday, "9-12"));
        let groups: Vec<_> =
            grouped(&hours).into_iter().map(|(from, until, times)| (from, until, times.len())).collect();
        assert_eq!(
            groups,
            [
                (Weekday::Monday, Weekday::Friday, 2),
                (Weekday::Saturday, Weekday::Saturday, 1),
                (Weekday::Sunday, Weekday::Sunday, 0)
            ]
        );
    }
}
