//! Which passwords are refused. There are no rules of composition (NIST SP 800-63B, 5.1.1.2): what counts is the length,
//! and that it is none of those that everybody tries first.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::kernel::validate::Validator;

/// Characters of a password.
const LENGTH: std::ops::RangeInclusive<usize> = 10..=128;

/// Words that guessing begins with where this product is used. A password that is one of these, once or twice, with digits
/// or signs around it is refused, whatever letters were replaced by digits that look like them.
const WORDS: &str = include_str!("weak_passwords.txt");
/// The 10,000 commonest passwords, which are taken in the same way: the first of the list `passwords-common` of
/// @zxcvbn-ts/language-common 4.1.3 (MIT, copyright 2012–2016 Dan Wheeler and Dropbox, Inc., 2021 @zxcvbn-ts).
const COMMON: &str = include_str!("common_passwords.txt");
/// Letters of a word that is looked for inside a password: shorter ones stand in half of all sentences.
const SHORTEST_WORD: usize = 3;

/// What is guessed first: as it is, and its letters alone.
static GUESSED_FIRST: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let words = || WORDS.lines().chain(COMMON.lines());
    let cores = words().map(core).filter(|core| core.len() >= SHORTEST_WORD);
    words().map(str::to_owned).chain(cores).collect()
});

/// Refuses a password that is too short, too long, or easily guessed by anyone who knows `about` its owner: name, e-mail
/// address, phone number, organisation.
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
    let is_guessed_first = |text: &str| {
        let half = text.len() / 2;
        let twice =
            text.is_char_boundary(half) && text[..half] == text[half..] && GUESSED_FIRST.contains(&text[..half]);
        twice || GUESSED_FIRST.contains(text)
    };
    is_pattern(&lower)
        || is_pattern(&core)
        || is_guessed_first(&lower)
        || is_guessed_first(&core)
        || is_of_owner(&lower, &core, about)
}

/// Whether a password says nothing but what is known about its owner: the e-mail address, its parts, the names, in
/// whatever order, with digits or signs around; or the phone number.
fn is_of_owner(lower: &str, core: &str, about: &[&str]) -> bool {
    let about: Vec<String> = about.iter().map(|text| text.to_lowercase()).collect();
    let words: Vec<&str> = about
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.len() > 1)
        .collect();
    let said = alphanumeric(lower);
    let trimmed = alphanumeric(lower.trim_matches(|character: char| !character.is_alphabetic()));
    let is_number = said.bytes().all(|byte| byte.is_ascii_digit());
    about.iter().any(|text| {
        let known = alphanumeric(text);
        known == said || (is_number && known.ends_with(&said))
    }) || [said.as_str(), &trimmed, core].iter().any(|text| is_made_of(text, &words))
}

fn alphanumeric(text: &str) -> String {
    text.chars().filter(|character| character.is_alphanumeric()).collect()
}

/// Whether a text is nothing but some of the words, one after the other.
fn is_made_of(text: &str, words: &[&str]) -> bool {
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for (at, _) in text.char_indices() {
        if reached[at] {
            for word in words.iter().filter(|word| text[at..].starts_with(**word)) {
                reached[at + word.len()] = true;
            }
        }
    }
    !text.is_empty() && reached[text.len()]
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
        let about = ["Carla Rosa", "carla.rosa@rossi.test", "+39 333 1112223", "Carrozzeria Rossi"];
        check_password(&mut check, "password", password, &about);
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
            // Of the list of common ones, as they are and with something around them.
            "1q2w3e4r5t",
            "q1w2e3r4t5",
            "Manchester!!",
            "spongebob2026",
            // What is known about the owner.
            "carla.rosa@rossi.test",
            "Carla.Rosa@Rossi.Test1",
            "carla.rosa",
            "carlarosa26",
            "RosaCarla!",
            "carrozzeria rossi",
            "Carr0zzeria2026",
            "3331112223",
        ] {
            assert!(refused(weak), "{weak}");
        }
        assert!(refused(&"x1".repeat(65)));
    }

    #[test]
    fn a_sentence_needs_no_digits_and_no_signs() {
        for good in [
            "una panda rossa in salita",
            "kb9ohw3xml",
            "le gomme del vicino",
            "Tr4ttore giallo",
            "àèìòù perché no",
            "carla ama il mare",
            "correct horse battery",
            "rossi e neri",
        ] {
            assert!(!refused(good), "{good}");
        }
    }
}
