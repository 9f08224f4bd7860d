//! Names as people type them: without case, accents and doubled spaces, and from where each word begins.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// So many letters of a name tell it from others. What is beyond them is compared once a record is opened.
const LONGEST: usize = 40;

/// From so many letters on, a beginning is found.
const SHORTEST: usize = 2;

/// So many words of a name can be where a search begins.
const WORDS: usize = 16;

/// The letters alone, in one form for all ways to write them.
pub(super) fn folded(text: &str) -> String {
    let plain = text.nfkd().filter(|it| !is_combining_mark(*it)).flat_map(char::to_lowercase);
    let letters: String = plain.map(written_plainly).collect::<String>().nfkc().collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Letters with a stroke are letters of their own in Unicode; people leave the stroke out.
fn written_plainly(letter: char) -> char {
    match letter {
        'ł' => 'l',
        'ø' => 'o',
        'đ' => 'd',
        'ħ' => 'h',
        'ı' => 'i',
        '\u{2019}' | '\u{2bc}' | '`' => '\'',
        '\u{2010}' | '\u{2011}' => '-',
        other => other,
    }
}

/// Where words begin, the rest of the name with each.
fn from_each_word(name: &str) -> impl Iterator<Item = &str> {
    let after = name.char_indices().filter(|(_, it)| is_between_words(*it)).filter_map(|(at, _)| name.get(at + 1..));
    std::iter::once(name).chain(after).filter(|it| !it.is_empty()).take(WORDS)
}

fn is_between_words(letter: char) -> bool {
    matches!(letter, ' ' | '-')
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// Every beginning by which a person of these names is found: of each word with those that follow it. One letter is a
/// beginning only where it is a whole word.
pub(crate) fn beginnings(given: &str, family: &str) -> BTreeSet<String> {
    let name = folded(&format!("{given} {family}"));
    let mut found = BTreeSet::new();
    for rest in from_each_word(&name) {
        let letters: Vec<char> = rest.chars().take(LONGEST + 1).collect();
        for length in 1..=letters.len().min(LONGEST) {
            let is_whole = letters.get(length).is_none_or(|it| is_between_words(*it));
            if SHORTEST <= length || is_whole {
                found.extend(letters.get(..length).map(|it| it.iter().collect::<String>()));
            }
        }
    }
    found
}

/// What is looked up for a name that somebody looks for, and whether these names begin so.
pub(crate) fn begins(sought: &str) -> (String, impl Fn(&str, &str) -> bool) {
    let sought = folded(sought);
    let fits = {
        let sought = sought.clone();
        move |given: &str, family: &str| {
            let name = folded(&format!("{given} {family}"));
            from_each_word(&name).any(|it| it.starts_with(&sought))
        }
    };
    (cut(&sought), fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(given: &str, family: &str, sought: &str) -> bool {
        let (term, fits) = begins(sought);
        let found = beginnings(given, family).contains(&term) && fits(given, family);
        assert!(!found || !term.is_empty());
        found
    }

    #[test]
    fn a_name_is_found_by_how_either_name_or_both_together_begin() {
        for sought in ["Ma", "maria", "LOPEZ", "lo", "Maria  Lop", "maria lopez"] {
            assert!(finds("Maria", "Lopez", sought), "{sought}");
        }
        for sought in ["m", "aria", "opez", "maria p", "Lopez Maria", "marial", ""] {
            assert!(!finds("Maria", "Lopez", sought), "{sought}");
        }
    }

    #[test]
    fn accents_strokes_and_widths_make_no_difference() {
        for (family, sought) in [
            ("Nuñez", "nunez"),
            ("Nunez", "NUÑEZ"),
            ("Núñez", "Nu\u{301}n\u{303}ez"),
            ("Łukasz", "lukasz"),
            ("Ｗｉｄｅ", "wide"),
            ("O\u{2019}Brien", "o'br"),
            ("ĐỗĐức", "doduc"),
        ] {
            assert!(finds("A", family, sought), "{family} {sought}");
        }
    }

    #[test]
    fn each_word_of_a_longer_name_can_be_where_a_search_begins() {
        for sought in ["de la", "cruz", "la cruz", "jose de", "jones", "smith-j"] {
            assert!(finds("Maria Jose", "De La Cruz Smith-Jones", sought), "{sought}");
        }
    }

    #[test]
    fn a_word_of_one_letter_is_found_whole() {
        assert!(finds("Min", "O", "o"));
        assert!(finds("O", "Min", "O"));
        assert!(!finds("Min", "Oh", "o"));
    }

    #[test]
    fn what_is_longer_than_a_term_is_compared_to_its_end() {
        let (family, same) = ("x".repeat(60), "x".repeat(50));
        assert!(finds("Ada", &family, &same));
        assert!(!finds("Ada", &family, &format!("{same}y")));
    }

    #[test]
    fn no_name_has_more_beginnings_than_a_page() {
        let name = "ab ".repeat(66);
        assert!(beginnings(&name, &name).len() <= WORDS * LONGEST);
    }
}
