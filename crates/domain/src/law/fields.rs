//! The fields of one table of a pack, each taken once; what is left over is a fault.

use std::cell::RefCell;
use std::ops::Range;

use chrono::NaiveDate;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::refusal::{Fault, Refusal};
use crate::vocabulary::Vocabulary;

/// Fields that would make a duty depend on who the child is, or on what somebody thinks of them.
const GATES: [&str; 16] = [
    "population",
    "only_for",
    "only_if",
    "except_for",
    "unless",
    "condition",
    "risk",
    "at_risk",
    "age",
    "min_age",
    "max_age",
    "sex",
    "race",
    "missing_type",
    "placement",
    "care_status",
];

/// Where the bytes of a text stand, and what was found wrong there.
pub(super) struct Notes<'a> {
    text: &'a str,
    faults: RefCell<Vec<Refusal>>,
}

impl<'a> Notes<'a> {
    pub(super) fn on(text: &'a str) -> Self {
        Self { text, faults: RefCell::default() }
    }

    /// The line at this place, counted from 1.
    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        1 + self.text.bytes().take(span.start).filter(|it| *it == b'\n').count()
    }

    pub(super) fn note(&self, line: usize, fault: Fault) {
        self.faults.borrow_mut().push(Refusal { line, fault });
    }

    /// Every fault, in the order of the lines.
    pub(super) fn all(self) -> Vec<Refusal> {
        let mut all = self.faults.into_inner();
        all.sort_by_key(|it| it.line);
        all
    }
}

/// One table and the names that were asked for.
pub(super) struct Fields<'a, 'n> {
    notes: &'n Notes<'a>,
    table: &'n DeTable<'a>,
    line: usize,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a, 'n> Fields<'a, 'n> {
    pub(super) fn of(notes: &'n Notes<'a>, table: &'n DeTable<'a>, line: usize) -> Self {
        Self { notes, table, line, asked: RefCell::default() }
    }

    /// Where the table begins.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    pub(super) fn find(&self, name: &'static str) -> Option<&'n Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().push(name);
        self.table.iter().find(|(key, _)| key.get_ref().as_ref() == name).map(|it| it.1)
    }

    /// The line of a field; that of the table where it is not there.
    pub(super) fn line_of(&self, name: &str) -> usize {
        let found = self.table.iter().find(|(key, _)| key.get_ref().as_ref() == name);
        found.map_or(self.line, |(key, _)| self.notes.line(&key.span()))
    }

    pub(super) fn note(&self, name: &str, fault: Fault) {
        self.notes.note(self.line_of(name), fault);
    }

    /// A text that is not empty.
    pub(super) fn find_text(&self, name: &'static str) -> Option<String> {
        let value = self.find(name)?;
        let text = value.get_ref().as_str().map(str::trim).filter(|it| !it.is_empty());
        if text.is_none() {
            self.note(name, Fault::unfit(name, "has to be a text"));
        }
        text.map(str::to_owned)
    }

    /// The same, required.
    pub(super) fn text(&self, name: &'static str) -> Option<String> {
        self.required(name)?;
        self.find_text(name)
    }

    fn required(&self, name: &'static str) -> Option<()> {
        let found = self.find(name).map(|_| ());
        if found.is_none() {
            self.notes.note(self.line, Fault::Missing(name));
        }
        found
    }

    /// A whole number from 0 to 65,535.
    pub(super) fn find_number(&self, name: &'static str) -> Option<u16> {
        let value = self.find(name)?;
        let number = value.get_ref().as_integer().and_then(|it| u16::from_str_radix(it.as_str(), it.radix()).ok());
        if number.is_none() {
            self.note(name, Fault::unfit(name, "has to be a whole number from 0 to 65535"));
        }
        number
    }

    /// A day such as `2023-09-01`.
    pub(super) fn find_day(&self, name: &'static str) -> Option<NaiveDate> {
        let text = self.find_text(name)?;
        let day = text.parse().ok();
        if day.is_none() {
            self.note(name, Fault::unfit(name, "has to be a day such as \"2023-09-01\""));
        }
        day
    }

    /// The same, required.
    pub(super) fn day(&self, name: &'static str) -> Option<NaiveDate> {
        self.required(name)?;
        self.find_day(name)
    }

    /// A member of a closed list.
    pub(super) fn find_code<T: Vocabulary>(&self, name: &'static str) -> Option<T> {
        let text = self.find_text(name)?;
        let code = T::parse(&text).ok();
        if code.is_none() {
            let known: Vec<&str> = T::ALL.iter().map(|it| it.code()).collect();
            self.note(name, Fault::unfit(name, format!("is `{text}`, and has to be one of: {}", known.join(", "))));
        }
        code
    }

    /// The same, required.
    pub(super) fn code<T: Vocabulary>(&self, name: &'static str) -> Option<T> {
        self.required(name)?;
        self.find_code(name)
    }

    /// The tables of a list, such as `[[rule]]`.
    pub(super) fn tables(&self, name: &'static str) -> Vec<Fields<'a, 'n>> {
        let Some(value) = self.find(name) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            self.note(name, Fault::unfit(name, format!("has to be written as [[{name}]]")));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items.iter() {
            match item.get_ref().as_table() {
                Some(table) => tables.push(Fields::of(self.notes, table, self.notes.line(&item.span()))),
                None => self.note(name, Fault::unfit(name, format!("has to be written as [[{name}]]"))),
            }
        }
        tables
    }

    /// Notes whatever was not asked for.
    pub(super) fn refuse_others(&self) {
        for (key, _) in self.table.iter() {
            let name = key.get_ref().as_ref();
            if !self.asked.borrow().contains(&name) {
                let gates = GATES.contains(&name);
                let fault = if gates { Fault::GatedPopulation } else { Fault::UnknownField };
                self.notes.note(self.notes.line(&key.span()), fault(name.to_owned()));
            }
        }
    }
}
