//! Which passwords are refused. There are no rules of composition (NIST SP 800-63B, 5.1.1.2): what counts is the length,
//! and that it is none of those that everybody tries first.

use crate::kernel::validate::Validator;

/// Characters of a password.
const LENGTH: std::ops::RangeInclusive<usize> = 10..=128;

/// Words that guessing begins with. A password that is one of these and digits or signs around it is refused, whatever
/// letters were replaced by digits that look like them.
const WORDS: &str = include_str!("weak_passwords.txt");

/// Refuses a password that is too short, too long, or easily guessed by anyone who knows `about` its owner: the name, the
/// e-mail address.
pub fn check_password(check: &mut Validator, field: &str, password: &str, about: &[&str]) {
    if !LENGTH.contains(&password.chars().count()) {
        check.errors.add(field, "password_length", "must have 10 to 128 characters");
    } else if is_weak(password, about) {
        check.errors.add(field, "password_common", "is one of those that are guessed first; take another");
    }
}

fn is_weak(password: &str, about: &[&str]) -> bool {
    let lower: String = password.to_lowercase();
    let core = core(&lower);
    let of_owner = about.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric())).map(str::to_lowercase);
    let mut guessed = WORDS.lines().map(str::to_owned).chain(of_owner.filter(|word| word.len() >= 3));
    is_pattern(&lower) || is_pattern(&core) || guessed.any(|word| core == word || core == format!("{word}{word}"))
}

/// The letters between leading and trailing digits and signs, with digits in between read as the letters that they
/// stand for. Nothing when there are no letters.
fn core(lower: &str) -> String {
    lower
        .trim_matches(|character: char| !character.is_alphabetic())
        .chars()
        .map(|character| match character {
            '0' => 'o',
            '1' | '!' => 'i',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' => 't',
            other => other,
        })
        .filter(|character| character.is_alphanumeric())
        .collect()
}

/// Whether a text is one short piece over and over, or goes up or down in steps of one: `aaaaaaaaaa`, `1212121212`,
/// `0123456789`, `9876543210`.
fn is_pattern(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() < 6 {
        return false;
    }
    let repeats = (1..=3).any(|period| characters.windows(period + 1).all(|window| window[0] == window[period]));
    let digit = |character: char| character.to_digit(10).map_or(i64::from(u32::from(character)) + 100, i64::from);
    let steps: Vec<i64> = characters.windows(2).map(|pair| digit(pair[1]) - digit(pair[0])).collect();
    // 9 is followed by 0 on every keyboard.
    let runs = |step: i64| steps.iter().all(|found| *found == step || *found == -9 * step);
    repeats || runs(1) || runs(-1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(password: &str) -> bool {
        let mut check = Validator::default();
        check_password(&mut check, "password", password, &["Carla Rosa", "carla.rosa@rossi.test"]);
        check.finish(()).is_err()
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        for weak in [
            "short",
            "password123",
            "P@ssw0rd!!2026",
            "1234567890",
            "0987654321",
            "aaaaaaaaaaaa",
            "abababababab",
            "qwertyuiop",
            "Benvenuto2026!",
            "Officina2026",
            "carla123456",
            "Rosa!!!!!!!!!",
            "123123123123",
            "abcdefghij",
        ] {
            assert!(refused(weak), "{weak}");
        }
        assert!(refused(&"x1".repeat(65)));
    }

    #[test]
    fn a_sentence_needs_no_digits_and_no_signs() {
        for good in
            ["una panda rossa in salita", "kb9ohw3xml", "le gomme del vicino", "Tr4ttore giallo", "àèìòù perché no"]
        {
            assert!(!refused(good), "{good}");
        }
    }
}
