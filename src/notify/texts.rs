//! The texts of mails, in the language of the organisation that they come from. The first line is the subject.

/// A text with places for values.
#[derive(Debug, Clone, Copy)]
pub struct Template {
    italian: &'static str,
    english: &'static str,
}

macro_rules! template {
    ($(#[$words:meta])* $name:ident, $file:literal) => {
        $(#[$words])*
        pub const $name: Template = Template {
            italian: include_str!(concat!("mails/it/", $file)),
            english: include_str!(concat!("mails/en/", $file)),
        };
    };
}

template!(
    /// Come in: `name`, `organisation`, `link`, `until`.
    INVITATION, "invitation.txt"
);
template!(
    /// The same for somebody who has an account.
    INVITATION_KNOWN, "invitation_known.txt"
);
template!(
    /// Choose a new password: `name`, `link`.
    RESET, "reset.txt"
);
template!(
    /// The password was changed: `name`, `when`, `link` to ask for a new one.
    PASSWORD_CHANGED, "password_changed.txt"
);
template!(
    /// The second factor was switched on or off: `name`, `when`.
    FACTOR_CHANGED, "factor_changed.txt"
);
template!(
    /// A passkey was added or removed: `name`, `when`.
    PASSKEY_CHANGED, "passkey_changed.txt"
);
template!(
    /// Confirm a registration: `name`, `organisation`, `link`.
    REGISTRATION, "registration.txt"
);
template!(
    /// Somebody registered with an address that has an account: `organisation`, `link` to sign in.
    KNOWN_ACCOUNT, "known_account.txt"
);

template!(
    /// An alert opened: `name`, `organisation`, `title`, `when`, `lines`, `link`, `preferences`.
    ALERT_OPENED, "alert_opened.txt"
);
template!(
    /// Nobody has reacted to an alert: the same, and `level`.
    ALERT_ESCALATED, "alert_escalated.txt"
);
template!(
    /// An alert is over: as [`ALERT_OPENED`].
    ALERT_RESOLVED, "alert_resolved.txt"
);

template!(
    /// What a day was like: `name`, `organisation`, `day`, `summary`, `lines`, `link`, `preferences`.
    DAY_REPORT, "day_report.txt"
);

impl Template {
    /// Subject and text in a language, `it` or `en`, with the values in their places. What a value holds is not looked
    /// through again, and it stays on its line; `{lines}` alone holds several, each made by [`one_line`].
    #[must_use]
    pub fn fill(self, locale: &str, values: &[(&str, &str)]) -> (String, String) {
        let template = if locale == "it" { self.italian } else { self.english };
        let (subject, text) = template.split_once('\n').unwrap_or((template, ""));
        (place(subject, values), place(text.trim_start(), values))
    }
}

/// A value as one line. Names are typed by all sorts of people: one with a line break in it could pretend to be a line of
/// ours, or a header.
#[must_use]
pub fn one_line(value: &str) -> String {
    value.replace(|letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}'), " ")
}

fn place(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        let value = values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
        match name {
            "lines" => filled.push_str(&value.lines().map(one_line).collect::<Vec<_>>().join("\n")),
            _ => filled.push_str(&one_line(value)),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [(&str, &str); 6] = [
        ("name", "Anna {link}"),
        ("organisation", "Rossi\r\nBcc: all@example.org"),
        ("link", "https://desk.example.org/join/abc"),
        ("until", "27 November"),
        ("when", "20 November, 10:00"),
        ("title", "Cell 1 at Porto\nwithout power"),
    ];

    #[test]
    fn every_template_is_filled_in_both_languages() {
        for template in [
            INVITATION,
            INVITATION_KNOWN,
            RESET,
            PASSWORD_CHANGED,
            FACTOR_CHANGED,
            PASSKEY_CHANGED,
            REGISTRATION,
            KNOWN_ACCOUNT,
            ALERT_OPENED,
            ALERT_ESCALATED,
            ALERT_RESOLVED,
            DAY_REPORT,
        ] {
            for locale in ["it", "en"] {
                let (subject, text) = template.fill(locale, &VALUES);
                assert!(!subject.is_empty() && !subject.contains(['\r', '\n', '{']), "{subject}");
                assert!(!text.contains("\nBcc") && !text.contains("\nwithout"), "{text}");
                let known = text.replace("Anna {link}", "");
                assert!(!known.contains(['{', '}']) && text.ends_with('\n'), "{text}");
            }
        }
    }

    #[test]
    fn a_value_stays_on_its_line_where_lines_are_not_asked_for() {
        let values = [("name", "Anna\u{2028}Verdi\tand\nall"), ("lines", "Cell 1\u{0}: fine\r\nCell 2: warm")];
        assert_eq!(place("{name}\n{lines}", &values), "Anna Verdi and all\nCell 1 : fine\nCell 2: warm");
    }

    #[test]
    fn a_value_is_no_template() {
        let (_, text) = INVITATION.fill("en", &VALUES);
        assert!(text.contains("Anna {link}"), "{text}");
    }
}
