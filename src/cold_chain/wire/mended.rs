//! Bodies that are almost JSON. Firmware that puts a text together by `printf` writes what C has for no number, Python's `json`
//! writes `NaN`, and a string may hold a raw line break. A parser refuses the whole text for it; mended, such a value spoils
//! nothing but itself.

/// The beginning of a text that stands for a value which says that there is none.
pub(super) const NO_VALUE: char = '\u{0}';

/// A body without what surrounds JSON but does not belong to it: a byte order mark (RFC 8259, section 8.1), the NUL that ends
/// a text in C, and blanks.
pub(super) fn trimmed(mut body: &[u8]) -> &[u8] {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    let is_blank = |byte: &u8| *byte == 0 || byte.is_ascii_whitespace();
    loop {
        let first = body.iter().position(|byte| !is_blank(byte)).unwrap_or(body.len());
        body = &body[first..];
        match body.strip_prefix(MARK) {
            Some(rest) => body = rest,
            None => break,
        }
    }
    let last = body.iter().rposition(|byte| !is_blank(byte)).map_or(0, |last| last + 1);
    &body[..last]
}

/// A body in which every value that no JSON parser takes is a text; `None` where there is nothing to mend.
pub(super) fn mended(body: &[u8]) -> Option<Vec<u8>> {
    let body = String::from_utf8_lossy(body);
    let mut mended = String::with_capacity(body.len() + 16);
    let mut rest: &str = &body;
    let mut expects_value = false;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => text(rest),
            _ if is_bare(first) => rest.find(|next| !is_bare(next)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        match first {
            '"' => mended.extend(token.chars().map(|next| if next < ' ' { ' ' } else { next })),
            ',' | '}' if expects_value => {
                // Nothing at all after the colon.
                push_text(&mut mended, true, "");
                mended.push(first);
            }
            // A name without quotation marks is not a value.
            _ if is_bare(first) && !is_json(token) && !after.trim_start().starts_with(':') => {
                push_text(&mut mended, is_no_value(token), token);
            }
            _ => mended.push_str(token),
        }
        expects_value = first == ':' || (expects_value && first.is_ascii_whitespace());
        rest = after;
    }
    (mended.as_bytes() != body.as_bytes() || matches!(body, std::borrow::Cow::Owned(_))).then(|| mended.into_bytes())
}

/// Whether a character may stand in a value that is no text, no list and no object.
const fn is_bare(character: char) -> bool {
    !matches!(character, '"' | '[' | ']' | '{' | '}' | ',' | ':' | ' ' | '\t' | '\n' | '\r')
}

/// Whether a parser takes a value, and a number type can hold it.
fn is_json(token: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(token).is_ok()
        && !token.parse::<f64>().is_ok_and(|number| !number.is_finite())
}

/// Whether a value says that there is none: not a number, an infinite one, or nothing, as C, Python and others write it.
fn is_no_value(token: &str) -> bool {
    let token = token.strip_prefix(['-', '+']).unwrap_or(token).to_ascii_lowercase();
    // `nan(ind)`, `nan(0x8000000000000)`, `infinity`; the digits before `#` are those of Microsoft's older C, which cuts
    // `1.#QNAN` to the places asked for, down to `1.$`.
    let is_c = |prefix| {
        token.starts_with(prefix) && token.chars().all(|next| next.is_ascii_alphanumeric() || "()_".contains(next))
    };
    let after_digits = token.trim_start_matches(|next: char| next.is_ascii_digit());
    is_c("nan")
        || ["inf", "infinity"].contains(&token.as_str())
        || (after_digits.len() < token.len() && (after_digits.starts_with(".#") || after_digits.starts_with(".$")))
        // `ovf` is Arduino's, `?` that of the C library for AVR without floating point.
        || ["null", "none", "nil", "undefined", "(null)", "(nil)", "na", "n/a", "ovf", "?", "-", ""].contains(&token.as_str())
}

fn push_text(mended: &mut String, is_no_value: bool, token: &str) {
    mended.push('"');
    if is_no_value {
        mended.push_str("\\u0000");
    }
    mended.extend(token.chars().map(|next| if next < ' ' || next == '\\' { '?' } else { next }));
    mended.push('"');
}

/// The length of the text that a body begins with, quotes included; all of the body where it does not end.
fn text(body: &str) -> usize {
    let mut is_escaped = false;
    let end = body.bytes().skip(1).position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    });
    end.map_or(body.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mend(body: &str) -> Option<String> {
        mended(body.as_bytes()).map(|mended| String::from_utf8(mended).unwrap())
    }

    #[test]
    fn only_what_no_parser_takes_is_quoted() {
        assert_eq!(mend(r#"[{"a":1e400,"b":-2e999}]"#).as_deref(), Some(r#"[{"a":"1e400","b":"-2e999"}]"#));
        assert_eq!(mend(r#"[1e400,"1e400 \" nan",7]"#).as_deref(), Some(r#"["1e400","1e400 \" nan",7]"#));
        assert_eq!(mend(r#"{"a":True, "b" : 1..2}"#).as_deref(), Some(r#"{"a":"True", "b" : "1..2"}"#));
        assert_eq!(mend("{\"a\":\"x\ny\"}").as_deref(), Some(r#"{"a":"x y"}"#));
        for fine in ["", "4", r#"{"a":1.5e300,"b":-0.1}"#, r#""1e400"#, r#""\\"1"#, "é:1", "{nan : 1}"] {
            assert_eq!(mend(fine), None, "{fine}");
        }
    }

    #[test]
    fn what_says_that_there_is_no_value_is_told_from_what_says_nothing() {
        for nothing in [
            "nan",
            "NaN",
            "-nan",
            "NAN",
            "nan(ind)",
            "-nan(ind)",
            "nan(0x8000000000000)",
            "inf",
            "-inf",
            "Infinity",
            "-Infinity",
            "1.#QNAN",
            "-1.#IND",
            "1.#INF",
            "1.#J",
            "1.$",
            "-1.#IND00",
            "None",
            "NULL",
            "undefined",
            "(null)",
            "ovf",
            "?",
        ] {
            assert_eq!(mend(&format!("[{nothing}]")), Some(format!(r#"["\u0000{nothing}"]"#)));
        }
        assert_eq!(mend(r#"{"a":,"b": }"#).as_deref(), Some(r#"{"a":"\u0000","b": "\u0000"}"#));
        for wrong in ["1.2.3", "True", "cold", "+4", "04", "1,5nan"] {
            assert!(!mend(&format!("[{wrong}]")).unwrap().contains("\\u0000"), "{wrong}");
        }
    }

    #[test]
    fn what_stands_around_a_body_is_left_out() {
        assert_eq!(trimmed(b"\xef\xbb\xbf{}\0"), b"{}");
        assert_eq!(trimmed(b" \r\n\0\xef\xbb\xbf [1] \0\0\n"), b"[1]");
        assert_eq!(trimmed(b"\0 \0"), b"");
        assert_eq!(trimmed(b""), b"");
    }
}
