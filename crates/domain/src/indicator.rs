//! What the NCMEC documents list as indicators: a vocabulary for observations, and nothing more.
//!
//! No order of importance, no weights, no counts: an indicator is a name for what a person saw (NJ-1 to NJ-3).

use serde::{Deserialize, Serialize};
use std::sync::LazyLock;
use thiserror::Error;

/// The documents' list in one edition; codes are never reused.
#[derive(Debug, Deserialize)]
pub struct Catalogue {
    /// The edition, kept with every observation so its wording can be looked up later.
    pub version: String,
    /// What S1 says of its list; shown wherever an indicator is shown or entered.
    pub caveat: String,
    /// The documents, as `Indicator::sources` cites them.
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
    /// In the order of the documents.
    #[serde(rename = "indicator")]
    pub indicators: Vec<Indicator>,
}

/// A document of the National Center for Missing & Exploited Children.
#[derive(Debug, Deserialize)]
pub struct Source {
    /// `S0` to `S4`.
    pub short: String,
    /// What it is, and the year its figures are from.
    pub title: String,
}

/// One thing a person may record having seen.
#[derive(Debug, Deserialize)]
pub struct Indicator {
    /// Its name in JSON, SQL and import files.
    pub code: String,
    /// The heading it is printed under.
    pub category: IndicatorCategory,
    /// The documents' words.
    pub text: String,
    /// The documents that list it, by their short names.
    pub sources: Vec<String>,
}

/// The headings S1 prints; what only S4 lists has none and is `Other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndicatorCategory {
    Physical,
    Behavioral,
    Other,
}

/// A code that is in the catalogue: to have one is to have looked it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IndicatorCode(&'static str);

/// The catalogue lists no such indicator.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no indicator has the code {code:?}")]
pub struct UnknownIndicator {
    /// As it was given.
    pub code: String,
}

/// The catalogue this build carries.
pub fn catalogue() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
        let parsed = toml::from_str(include_str!("indicators.toml"));
        parsed.unwrap_or_else(|error| unreachable!("indicators.toml is tested to parse: {error}"))
    });
    &CATALOGUE
}

impl Catalogue {
    /// The indicator with this code, if it is listed.
    pub fn find(&self, code: &str) -> Option<&Indicator> {
        self.indicators.iter().find(|it| it.code == code)
    }
}

impl IndicatorCategory {
    /// As in JSON and SQL.
    pub fn code(self) -> &'static str {
        match self {
            Self::Physical => "physical",
            Self::Behavioral => "behavioral",
            Self::Other => "other",
        }
    }
}

impl IndicatorCode {
    /// Takes what the catalogue lists, letter for letter.
    pub fn parse(code: &str) -> Result<Self, UnknownIndicator> {
        let unknown = || UnknownIndicator { code: code.to_owned() };
        let indicator = catalogue().find(code).ok_or_else(unknown)?;
        Ok(Self(&indicator.code))
    }

    /// As in JSON, SQL and import files.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl TryFrom<String> for IndicatorCode {
    type Error = UnknownIndicator;

    fn try_from(code: String) -> Result<Self, UnknownIndicator> {
        Self::parse(&code)
    }
}

impl From<IndicatorCode> for String {
    fn from(code: IndicatorCode) -> Self {
        code.0.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// `domain.md` 10.5.
    const BANNED: &str = "risk_score likelihood probability victim_flag is_victim is_trafficked \
        suspected_trafficking severity rank threat_level red_flag_count prostitut";

    fn codes(listed: impl Fn(&Indicator) -> bool) -> Vec<&'static str> {
        let indicators = catalogue().indicators.iter();
        indicators.filter(|it| listed(it)).map(|it| it.code.as_str()).collect()
    }

    fn from_source(short: &str) -> Vec<&'static str> {
        codes(|it| it.sources.iter().any(|source| source == short))
    }

    #[test]
    fn the_catalogue_lists_13_physical_11_behavioral_and_2_other_indicators() {
        let count = |category| codes(|it| it.category == category).len();
        let [physical, behavioral, other] =
            [IndicatorCategory::Physical, IndicatorCategory::Behavioral, IndicatorCategory::Other].map(count);
        assert_eq!((physical, behavioral, other, catalogue().indicators.len()), (13, 11, 2, 26));
    }

    #[test]
    fn s1_lists_24_s3_11_and_s4_10_and_what_s1_leaves_out_is_other() {
        assert_eq!(["S1", "S3", "S4"].map(|short| from_source(short).len()), [24, 11, 10]);
        assert_eq!(codes(|it| it.category != IndicatorCategory::Other), from_source("S1"));
    }

    #[test]
    fn s4s_seven_lines_are_these_ten_codes() {
        let expected = "signs_of_abuse unaddressed_medical_dental_sti controlling_adult_association \
            secret_phones_or_number_apps unexplained_cash_cards_hotel_keys tattoos_or_branding \
            travel_while_missing chronic_running_away gang_involvement hotel_stays_while_missing";
        assert_eq!(from_source("S4"), expected.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn every_indicator_has_words_and_a_listed_source() {
        let listed: HashSet<_> = catalogue().sources.iter().map(|it| &it.short).collect();
        for indicator in &catalogue().indicators {
            assert!(!indicator.text.is_empty() && !indicator.sources.is_empty(), "{}", indicator.code);
            assert!(indicator.sources.iter().all(|it| listed.contains(it)), "{}", indicator.code);
        }
    }

    #[test]
    fn no_code_is_listed_twice_or_holds_a_banned_word() {
        let codes = codes(|_| true);
        assert_eq!(codes.iter().collect::<HashSet<_>>().len(), codes.len());
        for word in BANNED.split_whitespace() {
            assert!(!codes.iter().any(|code| code.contains(word)), "{word}");
        }
    }

    #[test]
    fn a_code_is_read_only_if_it_is_listed() {
        for code in codes(|_| true) {
            assert_eq!(IndicatorCode::parse(code).map(String::from).as_deref(), Ok(code));
        }
        let unknown = UnknownIndicator { code: "Gang_Involvement".to_owned() };
        assert_eq!(IndicatorCode::try_from(unknown.code.clone()), Err(unknown));
    }

    #[test]
    fn the_caveat_is_s1s() {
        let s1 = "These red flags or indicators should not be considered a checklist or an assessment tool.";
        assert_eq!((catalogue().version.as_str(), catalogue().caveat.as_str()), ("2024-1", s1));
    }
}
