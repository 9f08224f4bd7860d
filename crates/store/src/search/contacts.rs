//! How a child is reached, as people write it down: numbers and names of accounts, each in one form.

use std::collections::BTreeSet;

use super::words::folded;

/// A local number has so many digits at least.
const SHORTEST: usize = 7;

/// And with its country at most so many (ITU-T E.164).
const LONGEST: usize = 15;

/// What can stand behind a name, and closes an address or a sentence.
const CLOSES: [char; 5] = ['/', '.', ':', '!', '?'];

/// So many numbers or names of one text are found.
const MOST: usize = 64;

/// Every number in a text. Between two stands a comma, a letter or a line; a number alone can hold spaces.
pub(crate) fn phones(text: &str) -> BTreeSet<String> {
    let parts = text.split(|it: char| !it.is_ascii_digit() && !"+-.() \u{a0}".contains(it));
    let numbers = parts.flat_map(|it| match number(it) {
        Some(number) => vec![number],
        None => it.split_whitespace().filter_map(number).collect(),
    });
    numbers.take(MOST).collect()
}

/// The digits alone. The 1 of a country that has it left out is left out.
fn number(part: &str) -> Option<String> {
    let digits: String = part.chars().filter(char::is_ascii_digit).collect();
    let is_domestic = digits.len() == 11 && digits.starts_with('1');
    let digits = if is_domestic { digits.get(1..)?.to_owned() } else { digits };
    let is_one = if part.trim_start().starts_with('+') { digits.len() <= LONGEST } else { digits.len() <= 11 };
    (SHORTEST <= digits.len() && is_one).then_some(digits)
}

/// Every word of a text that can be the name of an account, also the last part of an address of one.
pub(crate) fn accounts(text: &str) -> BTreeSet<String> {
    let text = folded(text);
    let words = text.split(|it: char| it.is_whitespace() || ",;()<>\"".contains(it));
    words
        .map(|it| it.trim_end_matches(CLOSES))
        .flat_map(|it| [account(it), it.rsplit(['/', ':']).next().and_then(account)])
        .flatten()
        .take(MOST)
        .collect()
}

/// Without the sign before a handle.
fn account(word: &str) -> Option<String> {
    let name = word.trim_start_matches('@');
    (1 < name.chars().count()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set<const N: usize>(all: [&str; N]) -> BTreeSet<String> {
        all.into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        for text in ["515-555-0101", "(515) 555 0101", "+1 515.555.0101", "1-515-555-0101", "5155550101"] {
            assert_eq!(phones(text), set(["5155550101"]), "{text}");
        }
    }

    #[test]
    fn each_number_of_a_text_is_found_and_no_house_number() {
        let text = "own 515-555-0101, mother: 555-0102; +44 20 7946 0958\n5155550103 5155550104 (room 12)";
        assert_eq!(phones(text), set(["5155550101", "5550102", "442079460958", "5155550103", "5155550104"]));
        assert_eq!(phones("unknown, 12 Main St"), set([]));
    }

    #[test]
    fn an_account_is_found_by_its_handle_its_mail_or_its_address() {
        let text = "Snap: @Wren.C, https://example.test/u/WrenC/ (old), wren@mail.test.";
        let found = accounts(text);
        for name in ["wren.c", "wrenc", "wren@mail.test"] {
            assert!(found.contains(name), "{name} {found:?}");
        }
        assert_eq!(accounts("@Wren.C"), set(["wren.c"]));
    }
}
