//! Numbers that are none: JSON may write `1e400`, which no number type holds, and the parser refuses the whole text for it.

/// A body in which numbers too large for any type are texts, so that they spoil their own reading only; `None` where
/// there are none.
pub(super) fn quoted(body: &[u8]) -> Option<Vec<u8>> {
    let mut mended = Vec::with_capacity(body.len() + 2);
    let (mut rest, mut is_found) = (body, false);
    while let Some(byte) = rest.first() {
        let length = match byte {
            b'"' => text(rest),
            b'-' | b'0'..=b'9' => rest.iter().take_while(|byte| is_of_number(**byte)).count(),
            _ => 1,
        };
        let (token, after) = rest.split_at(length);
        let number =
            std::str::from_utf8(token).ok().filter(|_| *byte != b'"').and_then(|token| token.parse::<f64>().ok());
        if number.is_some_and(f64::is_infinite) {
            is_found = true;
            mended.extend([b"\"", token, b"\""].concat());
        } else {
            mended.extend(token);
        }
        rest = after;
    }
    is_found.then_some(mended)
}

const fn is_of_number(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')
}

/// The length of the text that a body begins with, quotes included; all of the body where it does not end.
fn text(body: &[u8]) -> usize {
    let mut is_escaped = false;
    let end = body.iter().skip(1).position(|byte| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    });
    end.map_or(body.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn only_what_no_type_holds_is_quoted() {
        let mended = |body: &str| quoted(body.as_bytes()).map(|mended| String::from_utf8(mended).unwrap());
        assert_eq!(mended(r#"[{"a":1e400,"b":-2e999}]"#).as_deref(), Some(r#"[{"a":"1e400","b":"-2e999"}]"#));
        assert_eq!(mended(r#"[1e400,"1e400 \" 1e400",7]"#).as_deref(), Some(r#"["1e400","1e400 \" 1e400",7]"#));
        for fine in ["", "4", r#"{"a":1.5e300,"b":-0.1}"#, r#""1e400"#, r#""\\"1"#, "-", "é"] {
            assert_eq!(mended(fine), None, "{fine}");
        }
    }
}
