//! What vocabulary and time look like on the wire, and in the API description.

use std::borrow::Cow;

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, SubsecRound as _, Utc};
use homeward_domain::vocabulary::Vocabulary;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{KnownFormat, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A member of a closed list of codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code<T>(pub T);

impl<T: Vocabulary> Serialize for Code<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.code())
    }
}

impl<'de, T: Vocabulary> Deserialize<'de> for Code<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        T::parse(&code).map(Self).map_err(serde::de::Error::custom)
    }
}

impl<T: Vocabulary> PartialSchema for Code<T> {
    fn schema() -> RefOr<Schema> {
        let codes = T::ALL.iter().map(|it| it.code());
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes)).into()
    }
}

impl<T: Vocabulary> ToSchema for Code<T> {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed(T::NAME)
    }
}

/// An instant as a client sends it: RFC 3339 with an explicit offset. A naive time is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub DateTime<Utc>);

/// Years in which a fact about a child can lie; also what the database can count with.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2200;

impl Instant {
    /// Reads RFC 3339, to the microsecond.
    pub fn parse(text: &str) -> Result<Self, String> {
        let at = DateTime::parse_from_rfc3339(text)
            .map_err(|_| "must be an RFC 3339 time with an explicit offset".to_owned())?
            .with_timezone(&Utc);
        if at.timestamp_subsec_nanos() >= 1_000_000_000 {
            return Err("must not be a leap second".to_owned());
        }
        if !YEARS.contains(&at.year()) {
            return Err(format!("must lie between the years {} and {}", YEARS.start(), YEARS.end()));
        }
        Ok(Self(at.trunc_subsecs(6)))
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for Instant {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("RFC 3339 with an explicit offset; a time without one is refused"))
            .into()
    }
}

impl ToSchema for Instant {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Instant")
    }
}

/// A day as a client sends it, within the years that facts about a child can lie in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub NaiveDate);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let day = NaiveDate::deserialize(deserializer)?;
        if !YEARS.contains(&day.year()) {
            let text = format!("must lie between the years {} and {}", YEARS.start(), YEARS.end());
            return Err(serde::de::Error::custom(text));
        }
        Ok(Self(day))
    }
}

impl PartialSchema for Day {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Date))).into()
    }
}

impl ToSchema for Day {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Day")
    }
}

/// A time of day as a client sends it, such as `08:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallTime(pub NaiveTime);

impl<'de> Deserialize<'de> for WallTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time = NaiveTime::parse_from_str(&text, "%H:%M").ok().filter(|_| text.len() == 5);
        time.map(Self).ok_or_else(|| serde::de::Error::custom("must be a time of day such as 08:00"))
    }
}

impl PartialSchema for WallTime {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).pattern(Some("^([01][0-9]|2[0-3]):[0-5][0-9]$")).into()
    }
}

impl ToSchema for WallTime {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("WallTime")
    }
}

/// An address that mail can be sent to, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailAddress(String);

impl<'de> Deserialize<'de> for MailAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?.trim().to_lowercase();
        let address: Option<lettre::Address> = text.parse().ok().filter(|_| text.len() <= 254);
        address.map(|_| Self(text)).ok_or_else(|| serde::de::Error::custom("must be a mail address"))
    }
}

impl From<MailAddress> for String {
    fn from(address: MailAddress) -> Self {
        address.0
    }
}

impl PartialSchema for MailAddress {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).min_length(Some(3)).max_length(Some(254)).into()
    }
}

impl ToSchema for MailAddress {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("MailAddress")
    }
}

/// Text as a client sends it: trimmed, 1 to `LIMIT` characters.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Text<const LIMIT: usize>(homeward_domain::text::Text<LIMIT>);

impl<const LIMIT: usize> Text<LIMIT> {
    /// The text itself.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl<const LIMIT: usize> From<Text<LIMIT>> for String {
    fn from(text: Text<LIMIT>) -> Self {
        text.0.into()
    }
}

impl<const LIMIT: usize> PartialSchema for Text<LIMIT> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(LIMIT)).into()
    }
}

impl<const LIMIT: usize> ToSchema for Text<LIMIT> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("Text{LIMIT}"))
    }
}

/// A name of a person, a place or a body.
pub type Name = Text<200>;
/// A code given by another system.
pub type Reference = Text<100>;
/// Why a person did something.
pub type Reason = Text<2_000>;
/// What a person tells in their own words.
pub type Narrative = Text<20_000>;

/// A rule pack as it is written.
pub type PackText = Text<60_000>;

/// The text of an optional field.
pub fn text<const LIMIT: usize>(field: Option<Text<LIMIT>>) -> Option<String> {
    field.map(String::from)
}

/// The instant of an optional field.
pub fn at(field: Option<Instant>) -> Option<DateTime<Utc>> {
    field.map(|it| it.0)
}

/// The member of an optional field.
pub fn code<T>(field: Option<Code<T>>) -> Option<T> {
    field.map(|it| it.0)
}

/// The codes of the API. The description names each list, so a field's type has to be a name without parameters.
pub mod codes {
    use homeward_domain::{
        audit, child, compliance, delivery, determination, disclosure, duty, episode, factor, interview, law,
        machine_key, notification, observation, photo, placement, policy, refusal, reminder, report, restriction,
        search_effort, unusual,
    };

    use super::Code;

    pub type AnchorCode = Code<law::Anchor>;
    pub type AudienceCode = Code<reminder::Audience>;
    pub type CadenceCode = Code<law::Cadence>;
    pub type ChannelCode = Code<delivery::Channel>;
    pub type CareStatusCode = Code<child::CareStatus>;
    pub type ClosureReasonCode = Code<episode::ClosureReason>;
    pub type ContentOriginCode = Code<report::ContentOrigin>;
    pub type ContentStandingCode = Code<report::ContentStanding>;
    pub type ContentStatusCode = Code<report::ContentStatus>;
    pub type DeterminationSourceCode = Code<determination::DeterminationSource>;
    pub type DeterminationTypeCode = Code<determination::DeterminationType>;
    pub type DutyKindCode = Code<duty::DutyKind>;
    pub type DutyStateCode = Code<duty::DutyState>;
    pub type EmergencyCategoryCode = Code<restriction::EmergencyCategory>;
    pub type EndingCode = Code<delivery::Ending>;
    pub type EpisodeStateCode = Code<episode::EpisodeState>;
    pub type EscalationKindCode = Code<refusal::EscalationKind>;
    pub type EthnicityCode = Code<child::Ethnicity>;
    pub type GroupByCode = Code<homeward_store::compliance::GroupBy>;
    pub type LegalBasisCode = Code<disclosure::LegalBasis>;
    pub type InterviewOutcomeCode = Code<interview::InterviewOutcome>;
    pub type LivingArrangementCode = Code<placement::LivingArrangement>;
    pub type MessageStateCode = Code<delivery::MessageState>;
    pub type MethodCode = Code<compliance::Method>;
    pub type MissingTypeCode = Code<episode::MissingType>;
    pub type NotificationKindCode = Code<notification::NotificationKind>;
    pub type NotificationMethodCode = Code<notification::NotificationMethod>;
    pub type NotificationStatusCode = Code<notification::NotificationStatus>;
    pub type ObservationSourceCode = Code<observation::ObservationSource>;
    pub type OutcomeCode = Code<audit::Outcome>;
    pub type PacketRecipientCode = Code<disclosure::PacketRecipient>;
    pub type PlacementSettingCode = Code<child::PlacementSetting>;
    pub type PrimaryFactorCode = Code<factor::PrimaryFactor>;
    pub type PublicationConsentCode = Code<photo::PublicationConsent>;
    pub type RaceCode = Code<child::Race>;
    pub type RecipientCode = Code<notification::Recipient>;
    pub type RecoveryTypeCode = Code<episode::RecoveryType>;
    pub type ReportGroupCode = Code<report::ReportGroup>;
    pub type ReviewConclusionCode = Code<unusual::ReviewConclusion>;
    pub type RoleCode = Code<policy::Role>;
    pub type ScopeCode = Code<machine_key::Scope>;
    pub type SearchEffortKindCode = Code<search_effort::SearchEffortKind>;
    pub type SexCode = Code<child::Sex>;
    pub type TaskKindCode = Code<duty::TaskKind>;
    pub type TraceKindCode = Code<homeward_store::audit::TraceKind>;
    pub type UnitCode = Code<law::Unit>;
    pub type UnusualRuleCode = Code<unusual::UnusualRule>;
    pub type WhereaboutsKnownCode = Code<episode::WhereaboutsKnown>;
}
