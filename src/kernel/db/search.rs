//! Words anywhere in texts.

use super::Sql;

/// A LIKE pattern for a word anywhere, with its wildcards made literal.
fn like(word: &str) -> String {
    let mut pattern = String::with_capacity(word.len() + 2);
    pattern.push('%');
    for letter in word.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// The ways a word in small letters may stand in a text of which only the letters of ASCII have been made small: SQLite
/// knows no others, and PostgreSQL those of its locale. It is written small, as a name, or in capitals.
fn spellings(word: &str) -> Vec<String> {
    let capital = |letter: char| -> String {
        if letter.is_ascii() { letter.to_string() } else { letter.to_uppercase().collect() }
    };
    let mut at_start = true;
    let as_name = word.chars().map(|letter| {
        // Champs-Élysées, L'Été: what follows a sign begins a name, too.
        let begins = std::mem::replace(&mut at_start, !letter.is_alphanumeric());
        if begins { capital(letter) } else { letter.to_string() }
    });
    let as_name: String = as_name.collect();
    let mut spellings = vec![word.to_owned(), as_name, word.chars().map(capital).collect()];
    spellings.dedup();
    spellings
}

impl Sql {
    /// Narrows a query to the rows of which a column holds all of some words. Both are in small letters.
    pub fn push_words(&mut self, column: &'static str, words: &[String]) -> &mut Self {
        for word in words {
            self.push(" AND ").push(column).push(" LIKE ").push_bind(like(word)).push(" ESCAPE '\\'");
        }
        self
    }

    /// Narrows a query to the rows in which one of some expressions holds a word, which is in small letters.
    pub fn push_search(&mut self, expressions: &[&'static str], word: &str) -> &mut Self {
        let mut joint = " AND (";
        for pattern in spellings(word).iter().map(|spelling| like(spelling)) {
            for expression in expressions {
                self.push(joint)
                    .push("LOWER(")
                    .push(expression)
                    .push(") LIKE ")
                    .push_bind(&pattern)
                    .push(" ESCAPE '\\'");
                joint = " OR ";
            }
        }
        self.push(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_looked_for_as_it_may_be_written() {
        assert_eq!(spellings("cella"), ["cella"]);
        assert_eq!(spellings("über"), ["über", "Über"]);
        assert_eq!(spellings("perù"), ["perù", "perÙ"]);
        assert_eq!(spellings("champs-élysées"), ["champs-élysées", "champs-Élysées", "champs-ÉlysÉes"]);
        assert_eq!(spellings("çà"), ["çà", "Çà", "ÇÀ"]);
        assert_eq!(like("50%_\\"), "%50\\%\\_\\\\%");
    }
}
