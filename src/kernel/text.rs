//! One way to read what people type, paste and dictate. Keyboards, word processors and address books put in characters
//! that nobody sees (zero-width spaces, marks of direction, soft hyphens) or that only look like another one (no-break
//! spaces, long dashes). What is compared or sent on must not hang on them.

/// A text of one line, for people: nothing invisible, every blank or break a plain space, composed letters, trimmed.
#[must_use]
pub fn line(value: &str) -> String {
    let seen = visible(value, |c| c.is_whitespace());
    let blanks: String = seen.chars().map(|c| if c.is_whitespace() && c != '\n' { ' ' } else { c }).collect();
    let parts = blanks.split('\n').map(str::trim).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" ")
}

/// What was given of something that may be left out, trimmed. Blanks alone are nothing.
#[must_use]
pub fn given(value: Option<&str>) -> Option<&str> {
    value.map(str::trim).filter(|value| !value.is_empty())
}

/// A text of several lines, for people: nothing invisible but line breaks and tabs, composed letters, trimmed.
#[must_use]
pub fn lines(value: &str) -> String {
    visible(value, |c| matches!(c, '\n' | '\t')).trim().to_owned()
}

/// A text in the characters of a plain keyboard, for what is compared letter by letter (phone numbers, plates, codes,
/// serial numbers): as [`line`], without any joiner, with plain hyphens, and letters of full width as usual ones
/// (Unicode's compatibility form, NFKC).
#[must_use]
pub fn plain(value: &str) -> String {
    let compatible = compatible(&seen(value));
    let plain = compatible.chars().map(|c| match c {
        _ if is_dash(c) => '-',
        _ if c.is_whitespace() => ' ',
        _ => c,
    });
    let plain: String = plain.collect();
    plain.trim().to_owned()
}

/// As [`plain`], in capitals.
#[must_use]
pub fn plain_capitals(value: &str) -> String {
    // Capitals of some letters come in parts.
    plain(&plain(value).to_uppercase())
}

/// An e-mail address as it is kept: without what is invisible, in composed letters (RFC 6532, section 3.1), those of full
/// width and ligatures as usual ones, without the `mailto:` (RFC 6068) of a copied link and what follows its address.
#[must_use]
pub fn email(value: &str) -> String {
    let kept = compatible(seen(value).trim());
    let mut address = kept.as_str();
    while let Some(scheme) = address.get(..MAIL_TO.len())
        && scheme.eq_ignore_ascii_case(MAIL_TO)
    {
        address = address[MAIL_TO.len()..].split('?').next().unwrap_or_default().trim();
    }
    address.to_owned()
}

/// What a link to an e-mail address begins with.
const MAIL_TO: &str = "mailto:";

/// A password as it is hashed and checked: the same for letters that were typed composed and in parts, with every blank
/// a plain space (the OpaqueString profile of RFC 8265, section 4.2). Nothing is taken out.
#[must_use]
pub fn password(value: &str) -> String {
    let is_blank = |c: char| c.is_whitespace() && !c.is_control();
    composed(&value.chars().map(|c| if is_blank(c) { ' ' } else { c }).collect::<String>())
}

/// Without what nobody sees, joiners and controls other than blanks and breaks. Letters are composed after this: a mark may
/// stand behind something invisible.
fn seen(value: &str) -> String {
    value.chars().filter(|c| !is_unseen(*c) && (!c.is_control() || c.is_whitespace())).collect()
}

/// Composed, without controls but those that are kept, and without what nobody sees. Joiners and variation selectors
/// stay where writing needs them: among letters of scripts beyond the European ones, and signs such as emoji.
fn visible(value: &str, keep: impl Fn(char) -> bool) -> String {
    let value = composed(value);
    let mut kept = String::with_capacity(value.len());
    let mut rest = value.chars().peekable();
    while let Some(c) = rest.next() {
        let is_kept = if is_joiner(c) {
            let joins = |c: char| c >= FIRST_JOINING && !is_unseen(c);
            let before = kept.chars().next_back().is_some_and(|c| joins(c) || is_selector(c));
            before && (is_selector(c) || rest.peek().is_some_and(|c| joins(*c)))
        } else {
            keep(c) || !(c.is_control() || is_unseen(c))
        };
        if is_kept {
            kept.push(c);
        }
    }
    // A mark may have stood behind something invisible.
    composed(&kept)
}

/// The first letter of a script whose writing knows joiners; Latin, Greek, Cyrillic, Armenian and Hebrew come before.
const FIRST_JOINING: char = '\u{600}';

const fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}')
}

const fn is_joiner(c: char) -> bool {
    is_selector(c) || matches!(c, '\u{200c}' | '\u{200d}')
}

/// What shows nothing: the characters of Unicode's property `Default_Ignorable_Code_Point`, annotation marks, and
/// blanks that are called letters.
const fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// What looks like a hyphen: dashes, the minus sign, the hyphen bullet.
const fn is_dash(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}')
}

#[cfg(feature = "ssr")]
fn composed(value: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    value.nfc().collect()
}

#[cfg(feature = "ssr")]
fn compatible(value: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    value.nfkc().collect()
}

// The browser shares the types of what is checked and checks nothing: it does without the tables.
#[cfg(not(feature = "ssr"))]
fn composed(value: &str) -> String {
    value.to_owned()
}

#[cfg(not(feature = "ssr"))]
fn compatible(value: &str) -> String {
    value.to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_what_is_seen_of_it() {
        assert_eq!(line(" Cella 1\r\nBcc: all@example.org\t\u{7}"), "Cella 1 Bcc: all@example.org");
        assert_eq!(line("\u{feff}Anna\u{a0}\u{200b}Ro\u{ad}ssi\u{202e}\u{2028}"), "Anna Rossi");
        assert_eq!(line("\u{200b}\u{3164}\n"), "");
        assert_eq!(line("Zoe\u{308}"), "Zo\u{eb}");
    }

    #[test]
    fn joiners_stay_where_writing_needs_them() {
        for kept in ["می\u{200c}خواهم", "👩\u{200d}🔧", "❄\u{fe0f}", "🏳\u{fe0f}\u{200d}🌈"] {
            assert_eq!(line(kept), kept);
        }
        assert_eq!(line("Ro\u{200d}ssi \u{200c}\u{fe0f}Anna\u{200c}"), "Rossi Anna");
        assert_eq!(plain("AB\u{200d}123"), "AB123");
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(lines("one\n\ttwo\u{200b}\u{b}\n"), "one\n\ttwo");
    }

    #[test]
    fn what_is_compared_is_in_plain_characters() {
        assert_eq!(plain("\u{ff0b}39\u{a0}333\u{202f}123\u{2011}45\u{2013}01\u{200b}"), "+39 333 123-45-01");
        assert_eq!(plain("\u{ff21}\u{ff22}\u{3000}\u{ff11}\u{2212}CD"), "AB 1-CD");
    }

    proptest! {
        /// What was taken once is taken again as it is kept.
        #[test]
        fn what_is_read_twice_is_read_once(typed in "\\PC{0,12}|[a-zA-Z\u{300}-\u{308}\u{200b}-\u{200f}\u{fe0f}\u{3164} -]{0,12}") {
            for read in [line, lines, plain, plain_capitals, email, password] {
                let once = read(&typed);
                prop_assert_eq!(read(&once), once);
            }
        }
    }

    #[test]
    fn an_address_is_one_however_it_was_copied() {
        let plain = "andr\u{e9}@demo.test";
        for copied in ["\u{200b}andre\u{301}@demo.test", " MailTo:andr\u{e9}@demo.test?subject=Ciao ", plain] {
            assert_eq!(email(copied), plain);
        }
    }

    #[test]
    fn a_password_keeps_all_that_was_typed() {
        assert_eq!(password("Zoe\u{308}\u{a0}9 "), "Zo\u{eb} 9 ");
        assert_eq!(password("a\u{200b}b\t"), "a\u{200b}b\t");
    }
}
