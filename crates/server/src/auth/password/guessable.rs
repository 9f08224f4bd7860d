//! What anybody would try first (PW-04): common words, the names around a person, rows of keys, repetition.
//!
//! A list of leaked passwords would help little where fifteen characters are asked for: the long ones on such lists are
//! short ones strung together. So what is left is judged once such words are taken out. It works without a network.

/// So many characters have to be left that belong to nothing that anybody would try.
const LEFT: usize = 7;

/// A shorter word of a name is part of too many others.
const SHORTEST_WORD: usize = 3;

/// A shorter run is part of too many words.
const SHORTEST_RUN: usize = 4;

/// As they lie on a keyboard, and as they are counted and spelled.
const ROWS: [&str; 8] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "azertyuiop",
    "1qaz2wsx3edc4rfv5tgb6yhn",
];

/// Words of the house's own choosing, by kind, one a line.
const COMMON: &str = include_str!("common.txt");

/// Whether next to nothing is left once all that anybody would try is taken out.
pub(super) fn is_guessable(password: &str, words: &[&str]) -> bool {
    let mut rest: Vec<char> = password.to_lowercase().chars().filter(|it| it.is_alphanumeric()).map(plain).collect();
    let symbols = password.chars().filter(|it| !it.is_alphanumeric() && !it.is_whitespace()).count();
    let mut known: Vec<Vec<char>> =
        context(words).chain(COMMON.lines().filter(|it| !it.starts_with('#')).map(spelled)).collect();
    known.sort_by_key(|word| std::cmp::Reverse(word.len()));
    for word in &known {
        take_out(&mut rest, word);
    }
    let rest = without_repeats(without_runs(&rest));
    let distinct_symbols = symbols.min(2);
    rest.len() + distinct_symbols < LEFT
}

/// What people write for a letter.
fn plain(character: char) -> char {
    match character {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        other => other,
    }
}

fn spelled(word: &str) -> Vec<char> {
    word.chars().map(plain).collect()
}

fn context<'a>(words: &'a [&str]) -> impl Iterator<Item = Vec<char>> + 'a {
    let parts = words.iter().flat_map(|it| it.split(|it: char| !it.is_alphanumeric()));
    parts.filter(|it| SHORTEST_WORD <= it.chars().count()).map(|it| spelled(&it.to_lowercase()))
}

fn take_out(from: &mut Vec<char>, word: &[char]) {
    while let Some(at) = from.windows(word.len().max(1)).position(|it| it == word) {
        from.drain(at..at + word.len());
    }
}

/// Takes out what goes along a row of keys, either way.
fn without_runs(text: &[char]) -> Vec<char> {
    let rows: Vec<Vec<char>> =
        ROWS.iter().flat_map(|row| [spelled(row), row.chars().rev().map(plain).collect()]).collect();
    let (mut left, mut rest) = (Vec::new(), text);
    while let Some((first, others)) = rest.split_first() {
        let longest = rows.iter().map(|row| common_run(row, rest)).max().unwrap_or(0);
        if SHORTEST_RUN <= longest {
            rest = rest.get(longest..).unwrap_or_default();
        } else {
            left.push(*first);
            rest = others;
        }
    }
    left
}

/// How far the text goes along the row, from wherever in it it begins.
fn common_run(row: &[char], text: &[char]) -> usize {
    let along = |from: usize| row.iter().skip(from).zip(text).take_while(|(row, text)| row == text).count();
    (0..row.len()).map(along).max().unwrap_or(0)
}

/// Of what comes again and again, once.
fn without_repeats(text: Vec<char>) -> Vec<char> {
    let repeats = |length: &usize| text.chunks(*length).all(|it| text.starts_with(it));
    match (1..=text.len() / 2).find(repeats) {
        Some(length) => text.into_iter().take(length).collect(),
        None => text,
    }
}
