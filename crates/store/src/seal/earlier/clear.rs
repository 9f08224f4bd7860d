//! Where each sealed value stood before. Each is the text that the program seals now, said in SQL.

use crate::seal::{
    COMPLETION_TOLD, Column, DETERMINATION_TOLD, DISCLOSURE_TOLD, DUTY_UNDONE, EFFORT_RETRACTED, EFFORT_TOLD,
    EPISODE_TOLD, ESCALATION_TOLD, FACTORS_TOLD, IDENTITY, INTERVIEW_TOLD, KEPT_EPISODE_TOLD, KEPT_IDENTITY,
    KEPT_PLACEMENT_TOLD, NOTIFICATION_RETRACTED, NOTIFICATION_TOLD, OBSERVATION_RETRACTED, OBSERVATION_TOLD,
    PLACEMENT_TOLD, RESPONSE_TOLD, SCREENING_TOLD, WHEREABOUTS_TOLD,
};

/// A sealed column, and what it seals in the rows that were there before.
pub(super) struct Clear {
    pub(super) column: Column,
    /// Text, or null where there is nothing to seal.
    pub(super) plain: &'static str,
}

/// The same of the present version and of those that it replaced.
const EPISODE: &str = "jsonb_strip_nulls(jsonb_build_object('last_contact_place', last_contact_place, \
    'circumstances', circumstances, 'recovery_place', recovery_place, 'recovery_circumstances', \
    recovery_circumstances, 'closure_statement', closure_statement, 'chosen_by_name', \
    chosen_by_name, 'change_reason', change_reason, 'told_law_enforcement_by', \
    told_law_enforcement_by, 'told_ncmec_by', told_ncmec_by))::text";

/// All that stood in the clear.
pub(super) const CLEAR: &[Clear] = &[
    Clear {
        column: IDENTITY,
        plain: "jsonb_strip_nulls(jsonb_build_object('given_name', given_name, 'family_name', family_name, \
            'date_of_birth', date_of_birth, 'hair_color', hair_color, 'eye_color', eye_color))::text",
    },
    Clear {
        column: KEPT_IDENTITY,
        plain: "jsonb_strip_nulls(jsonb_build_object('given_name', facts -> 'given_name', \
            'family_name', facts -> 'family_name', 'date_of_birth', facts -> 'date_of_birth', \
            'hair_color', facts -> 'hair_color', 'eye_color', facts -> 'eye_color'))::text",
    },
    Clear {
        column: PLACEMENT_TOLD,
        plain: "jsonb_strip_nulls(jsonb_build_object('provider_name', provider_name))::text",
    },
    Clear { column: EPISODE_TOLD, plain: EPISODE },
    Clear { column: KEPT_EPISODE_TOLD, plain: EPISODE },
    Clear {
        column: NOTIFICATION_TOLD,
        plain: "jsonb_strip_nulls(jsonb_build_object('agency_name', agency_name, 'person_contacted', \
            person_contacted, 'badge', badge, 'case_number', case_number, 'ncic_number', ncic_number, \
            'reference_number', reference_number, 'refusal_reason', refusal_reason, 'note', note))::text",
    },
    Clear {
        column: COMPLETION_TOLD,
        plain: "jsonb_strip_nulls(jsonb_build_object('completed_by_name', completed_by_name, 'note', \
            note))::text",
    },
    Clear {
        column: OBSERVATION_TOLD,
        plain: "jsonb_strip_nulls(jsonb_build_object('observed_by_name', observed_by_name, 'observer_role', \
            observer_role, 'context', context))::text",
    },
    Clear {
        column: EFFORT_TOLD,
        plain: "jsonb_strip_nulls(jsonb_build_object('made_by_name', made_by_name, 'contacted', contacted, \
            'place', place, 'outcome', outcome, 'next_step', next_step))::text",
    },
    Clear {
        column: WHEREABOUTS_TOLD,
        plain: "jsonb_strip_nulls(jsonb_build_object('verified_by_name', verified_by_name, 'how', how))::text",
    },
    Clear {
        column: DISCLOSURE_TOLD,
        plain: "jsonb_strip_nulls(jsonb_build_object('recipient_name', recipient_name, 'recipient_agency', \
            recipient_agency, 'legal_basis_text', legal_basis_text))::text",
    },
    Clear {
        column: INTERVIEW_TOLD,
        plain: "jsonb_strip_nulls(jsonb_build_object('interviewer_name', interviewer_name))::text",
    },
    Clear {
        column: FACTORS_TOLD,
        plain: "jsonb_strip_nulls(jsonb_build_object('determined_by_name', determined_by_name))::text",
    },
    Clear {
        column: RESPONSE_TOLD,
        plain: "jsonb_strip_nulls(jsonb_build_object('responsible_name', responsible_name))::text",
    },
    Clear {
        column: SCREENING_TOLD,
        plain: "jsonb_strip_nulls(jsonb_build_object('instrument', instrument, 'instrument_version', \
            instrument_version, 'given_by_name', given_by_name, 'place_form_is_kept', place_form_is_kept, \
            'follow_up_decided_by_name', follow_up_decided_by_name))::text",
    },
    Clear {
        column: DETERMINATION_TOLD,
        plain: "jsonb_strip_nulls(jsonb_build_object('determined_by_name', determined_by_name, \
            'determined_by_role', determined_by_role, 'determined_by_agency', determined_by_agency))::text",
    },
    Clear {
        column: KEPT_PLACEMENT_TOLD,
        plain: "jsonb_strip_nulls(jsonb_build_object('provider_name', facts -> 'provider_name'))::text",
    },
    Clear { column: ESCALATION_TOLD, plain: "contacts::text" },
    Clear { column: NOTIFICATION_RETRACTED, plain: "retraction_reason" },
    Clear { column: OBSERVATION_RETRACTED, plain: "retraction_reason" },
    Clear { column: EFFORT_RETRACTED, plain: "retraction_reason" },
    Clear { column: DUTY_UNDONE, plain: "undone_reason" },
];
