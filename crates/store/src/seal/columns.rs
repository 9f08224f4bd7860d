//! Every sealed column. The rotation of keys follows this list, and a test compares it with the database.

/// A column whose values are sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub name: &'static str,
    /// What names a row within the agency, in SQL: part of the place that a value is bound to.
    pub row: &'static str,
    /// The table that a value is bound to: for a version that was replaced, the one it was sealed for.
    pub home: &'static str,
}

macro_rules! sealed_columns {
    (@home $table:literal) => { $table };
    (@home $table:literal $home:literal) => { $home };
    ($($name:ident = $table:literal . $column:literal $(of $home:literal)? by $row:literal,)+) => {
        $(pub(crate) const $name: Column = Column {
            table: $table,
            name: $column,
            row: $row,
            home: sealed_columns!(@home $table $($home)?),
        };)+

        /// All of them.
        pub const ALL: &[Column] = &[$($name,)+];
    };
}

sealed_columns! {
    IDENTITY = "children"."identity" by "id::text || ' ' || version::text",
    KEPT_IDENTITY = "child_versions"."identity" of "children" by "child_id::text || ' ' || version::text",
    PLACEMENT_TOLD = "placements"."told" by "id::text || ' ' || version::text",
    KEPT_PLACEMENT_TOLD = "placement_versions"."told" of "placements" by "placement_id::text || ' ' || version::text",
    EPISODE_TOLD = "missing_episodes"."told" by "id::text || ' ' || version::text",
    KEPT_EPISODE_TOLD = "missing_episode_versions"."told" of "missing_episodes" by "id::text || ' ' || version::text",
    NOTIFICATION_TOLD = "notifications"."told" by "id::text",
    NOTIFICATION_RETRACTED = "notifications"."why_retracted" by "id::text",
    COMPLETION_TOLD = "completions"."told" by "id::text",
    DUTY_UNDONE = "duties"."why_undone" by "id::text",
    OBSERVATION_TOLD = "observations"."told" by "id::text",
    OBSERVATION_RETRACTED = "observations"."why_retracted" by "id::text",
    EFFORT_TOLD = "search_efforts"."told" by "id::text",
    EFFORT_RETRACTED = "search_efforts"."why_retracted" by "id::text",
    RECORD_RETRACTED = "retractions"."reason" by "record_id::text",
    WHEREABOUTS_TOLD = "whereabouts"."told" by "id::text",
    DISCLOSURE_TOLD = "disclosures"."told" by "id::text",
    INTERVIEW_TOLD = "return_interviews"."told" by "id::text",
    FACTORS_TOLD = "primary_factors"."told" by "episode_id::text || ' ' || version::text",
    RESPONSE_TOLD = "factor_responses"."told" by "id::text",
    SCREENING_TOLD = "screenings"."told" by "id::text",
    DETERMINATION_TOLD = "determinations"."told" by "id::text",
    ESCALATION_TOLD = "escalation_contacts"."told" by "version::text",
    SEARCH_KEY = "search_keys"."key" by "agency_id::text",
    DETERMINATION_BASIS = "determinations"."basis" by "id::text",
    DETERMINATION_SOURCES = "determinations"."sources_consulted" by "id::text",
    KEPT_ANSWER = "idempotency_keys"."body" by "user_id::text || ' ' || key",
    INTERVIEW_WORDS = "return_interviews"."words" by "id::text",
    SCREENING_FOLLOW_UP = "screenings"."follow_up" by "id::text",
    OTHER_FACTOR = "primary_factors"."other" by "episode_id::text || ' ' || version::text",
    RESPONSE_ACTION = "factor_responses"."action" by "id::text",
    RESPONSE_NOTE = "factor_responses"."done_note" by "id::text",
    STATED_VALUE = "report_statements"."value" by "id::text",
    PHOTO_SOURCE = "photos"."source" by "id::text",
    PHOTO_KEY = "photos"."content_key" by "id::text",
    CONSENT_PERSON = "publication_consents"."person_name" by "id::text",
    CONSENT_AUTHORITY = "publication_consents"."authority" by "id::text",
    HAND_OVER_REASON = "hand_overs"."reason" by "id::text",
    STATED_REASON = "report_statements"."reason" by "id::text",
    PACKET_CONTENT = "packets"."content" by "id::text",
    WEBHOOK_SECRET = "webhooks"."secret" by "id::text",
    WEBHOOK_PREVIOUS = "webhooks"."previous_secret" by "id::text",
    WEBHOOK_KEY = "webhooks"."signing_key" by "id::text",
    WEBHOOK_PREVIOUS_KEY = "webhooks"."previous_signing_key" by "id::text",
    RESTRICTION_REASON = "restrictions"."reason" by "id::text",
    RESTRICTION_ENDED = "restrictions"."why_ended" by "id::text",
    EMERGENCY_REASON = "emergency_accesses"."reason" by "id::text",
    EMERGENCY_NOTE = "emergency_accesses"."review_note" by "id::text",
    FACTOR_SECRET = "second_factors"."secret" by "id::text",
    PACKET_DOCUMENT = "packets"."document" by "id::text",
}

/// Proof that a key is the one that was first used under its number. It stays under that key, so it is never re-wrapped.
pub(crate) const PROOF: Column = Column { table: "data_keys", name: "proof", row: "number::text", home: "data_keys" };
