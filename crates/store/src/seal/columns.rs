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
}

macro_rules! sealed_columns {
    ($($name:ident = $table:literal . $column:literal by $row:literal,)+) => {
        $(pub(crate) const $name: Column = Column { table: $table, name: $column, row: $row };)+

        /// All of them.
        pub const ALL: &[Column] = &[$($name,)+];
    };
}

sealed_columns! {
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
    PACKET_DOCUMENT = "packets"."document" by "id::text",
}

/// Proof that a key is the one that was first used under its number. It stays under that key, so it is never re-wrapped.
pub(crate) const PROOF: Column = Column { table: "data_keys", name: "proof", row: "number::text" };
