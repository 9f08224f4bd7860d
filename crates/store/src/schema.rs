//! The tables, as the migrations make them. A test compares this file with the database.

diesel::table! {
    absences (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        user_id -> Uuid,
        substitute_id -> Nullable<Uuid>,
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        cancelled_at -> Nullable<Timestamptz>,
        cancelled_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    addresses (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        user_id -> Uuid,
        position -> Int4,
        email -> Text,
        added_at -> Timestamptz,
        removed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    agencies (id) {
        id -> Uuid,
        name -> Text,
        time_zone -> Text,
        jurisdiction -> Text,
        state_option_under_26 -> Bool,
        contact_user_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
        own_pack -> Nullable<Text>,
        rules_version -> Int4,
        planned_with -> Nullable<Text>,
        second_factor_required -> Bool,
    }
}

diesel::table! {
    agency_rules (agency_id, version) {
        agency_id -> Uuid,
        version -> Int4,
        jurisdiction -> Text,
        own_pack -> Nullable<Text>,
        reason -> Text,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
    }
}

diesel::table! {
    alarms (id) {
        id -> Uuid,
        condition -> Text,
        raised_at -> Timestamptz,
        told_at -> Nullable<Timestamptz>,
        cleared_at -> Nullable<Timestamptz>,
        detail -> Text,
    }
}

diesel::table! {
    allowances (whose) {
        whose -> Text,
        minute -> Timestamptz,
        drawn -> Int8,
    }
}

diesel::table! {
    audit_checkpoints (agency_id, number) {
        agency_id -> Uuid,
        number -> Int8,
        size -> Int8,
        root -> Bytea,
        head -> Bytea,
        peaks -> Bytea,
        at -> Timestamptz,
        key -> Bytea,
        signature -> Bytea,
    }
}

diesel::table! {
    audit_entries (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        at -> Timestamptz,
        actor_id -> Uuid,
        child_id -> Nullable<Uuid>,
        action -> Text,
        detail -> Jsonb,
        request_id -> Nullable<Text>,
        role -> Nullable<Text>,
        session_id -> Nullable<Uuid>,
        source -> Nullable<Text>,
        operation -> Nullable<Text>,
        outcome -> Nullable<Text>,
    }
}

diesel::table! {
    audit_links (agency_id, sequence) {
        agency_id -> Uuid,
        sequence -> Int8,
        kind -> Text,
        trace_id -> Uuid,
        hash -> Bytea,
    }
}

diesel::table! {
    audit_unlinked (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        kind -> Text,
    }
}

diesel::table! {
    back_ups (agency_id, user_id, version) {
        agency_id -> Uuid,
        user_id -> Uuid,
        version -> Int4,
        back_up_id -> Nullable<Uuid>,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
    }
}

diesel::table! {
    bounces (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        user_id -> Uuid,
        email -> Text,
        bounced_at -> Timestamptz,
        reply -> Text,
        cleared_at -> Nullable<Timestamptz>,
        cleared_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    calendar_feeds (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        user_id -> Uuid,
        token_hash -> Bytea,
        label -> Text,
        created_at -> Timestamptz,
        read_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    canaries (id) {
        id -> Uuid,
        sung_at -> Timestamptz,
        claimed_at -> Nullable<Timestamptz>,
        accepted_at -> Nullable<Timestamptz>,
        read_back_at -> Nullable<Timestamptz>,
        acknowledged_at -> Nullable<Timestamptz>,
        leased_until -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    child_versions (agency_id, child_id, version) {
        agency_id -> Uuid,
        child_id -> Uuid,
        version -> Int4,
        superseded_at -> Timestamptz,
        facts -> Jsonb,
        identity -> Bytea,
    }
}

diesel::table! {
    children (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        agency_person_id -> Text,
        sex -> Nullable<Text>,
        race -> Array<Text>,
        ethnicity -> Nullable<Text>,
        height_inches -> Nullable<Int4>,
        weight_pounds -> Nullable<Int4>,
        unit_id -> Uuid,
        assigned_to -> Nullable<Uuid>,
        care_status -> Text,
        version -> Int4,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        created_at -> Timestamptz,
        identity -> Bytea,
    }
}

diesel::table! {
    completions (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        child_id -> Uuid,
        episode_id -> Uuid,
        task -> Text,
        completed_at -> Timestamptz,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        told -> Bytea,
        record_id -> Uuid,
    }
}

diesel::table! {
    data_keys (number) {
        number -> Int4,
        proof -> Bytea,
        first_used_at -> Timestamptz,
        retired_at -> Nullable<Timestamptz>,
        uses -> Nullable<Int8>,
    }
}

diesel::table! {
    deliveries (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        channel -> Text,
        rung_id -> Uuid,
        duty_id -> Uuid,
        episode_id -> Nullable<Uuid>,
        user_id -> Nullable<Uuid>,
        webhook_id -> Nullable<Uuid>,
        position -> Int4,
        pressing -> Bool,
        message_id -> Uuid,
        queued_at -> Timestamptz,
        leaves_at -> Timestamptz,
        next_try_at -> Timestamptz,
        tries -> Int4,
        leased_until -> Nullable<Timestamptz>,
        fence -> Int8,
        passed_on_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        ending -> Nullable<Text>,
        sent_as -> Nullable<Uuid>,
        failures -> Nullable<Int4>,
    }
}

diesel::table! {
    delivery_attempts (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        rung_id -> Uuid,
        episode_id -> Nullable<Uuid>,
        attempted_at -> Timestamptz,
        channel -> Text,
        outcome -> Text,
        recipients -> Int4,
        worker -> Text,
        fence -> Int8,
        delivery_id -> Nullable<Uuid>,
        reply_code -> Nullable<Int4>,
        reply_hash -> Nullable<Text>,
    }
}

diesel::table! {
    determinations (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        child_id -> Uuid,
        determination_type -> Text,
        determination_source -> Text,
        determined_at -> Timestamptz,
        agency_information_received_at -> Timestamptz,
        basis -> Bytea,
        sources_consulted -> Bytea,
        supersedes_id -> Nullable<Uuid>,
        attested -> Bool,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        told -> Bytea,
    }
}

diesel::table! {
    disclosures (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        child_id -> Uuid,
        episode_id -> Uuid,
        packet_id -> Uuid,
        method -> Text,
        sent_at -> Timestamptz,
        legal_basis -> Text,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        told -> Bytea,
    }
}

diesel::table! {
    duties (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        child_id -> Uuid,
        episode_id -> Nullable<Uuid>,
        unit_id -> Uuid,
        assigned_to -> Nullable<Uuid>,
        kind -> Text,
        recipient -> Nullable<Text>,
        sequence -> Int4,
        rule_code -> Text,
        starts_at -> Timestamptz,
        due_at -> Nullable<Timestamptz>,
        target_at -> Timestamptz,
        done_at -> Nullable<Timestamptz>,
        notification_id -> Nullable<Uuid>,
        closed_undone_at -> Nullable<Timestamptz>,
        superseded_at -> Nullable<Timestamptz>,
        returned_before_due -> Bool,
        is_history -> Bool,
        determination_id -> Nullable<Uuid>,
        rule_citation -> Text,
        rule_jurisdiction -> Text,
        planned_at -> Timestamptz,
        why_undone -> Nullable<Bytea>,
    }
}

diesel::table! {
    duty_limits (agency_id, duty_id, replaced_at) {
        agency_id -> Uuid,
        duty_id -> Uuid,
        planned_at -> Timestamptz,
        replaced_at -> Timestamptz,
        rule_code -> Text,
        rule_citation -> Text,
        rule_jurisdiction -> Text,
        starts_at -> Timestamptz,
        due_at -> Nullable<Timestamptz>,
        target_at -> Timestamptz,
    }
}

diesel::table! {
    escalation_contacts (agency_id, version) {
        agency_id -> Uuid,
        version -> Int4,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        told -> Bytea,
    }
}

diesel::table! {
    factor_responses (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        child_id -> Uuid,
        episode_id -> Uuid,
        factor -> Text,
        action -> Bytea,
        placement_id -> Nullable<Uuid>,
        due_on -> Nullable<Date>,
        done_on -> Nullable<Date>,
        done_note -> Nullable<Bytea>,
        version -> Int4,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        done_at -> Nullable<Timestamptz>,
        done_by -> Nullable<Uuid>,
        told -> Bytea,
    }
}

diesel::table! {
    hand_overs (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        from_user_id -> Uuid,
        to_user_id -> Uuid,
        reason -> Bytea,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
    }
}

diesel::table! {
    heartbeats (worker, task) {
        worker -> Text,
        task -> Text,
        beat_at -> Timestamptz,
        heard_at -> Timestamptz,
    }
}

diesel::table! {
    idempotency_keys (agency_id, user_id, key) {
        agency_id -> Uuid,
        user_id -> Uuid,
        key -> Text,
        fingerprint -> Bytea,
        claimed_at -> Timestamptz,
        status -> Nullable<Int2>,
        location -> Nullable<Text>,
        etag -> Nullable<Text>,
        body -> Nullable<Bytea>,
    }
}

diesel::table! {
    identities (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        issuer_id -> Uuid,
        subject -> Text,
        user_id -> Uuid,
        asked_by -> Uuid,
        asked_at -> Timestamptz,
        linked_by -> Nullable<Uuid>,
        linked_at -> Nullable<Timestamptz>,
        removed_by -> Nullable<Uuid>,
        removed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    issuers (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        issuer -> Text,
        audience -> Text,
        jwks_url -> Nullable<Text>,
        algorithms -> Array<Text>,
        clients -> Array<Text>,
        acr -> Array<Text>,
        amr -> Array<Text>,
        auth_seconds -> Nullable<Int4>,
        takes_plain_jwt -> Bool,
        version -> Int4,
        set_at -> Timestamptz,
        removed_at -> Nullable<Timestamptz>,
        keys -> Nullable<Jsonb>,
        keys_at -> Nullable<Timestamptz>,
        asked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    look_children (agency_id, child_id, look_id) {
        agency_id -> Uuid,
        child_id -> Uuid,
        look_id -> Uuid,
    }
}

diesel::table! {
    look_reviews (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        from_at -> Timestamptz,
        to_at -> Timestamptz,
        findings -> Int4,
        conclusion -> Text,
        reviewed_at -> Timestamptz,
        reviewed_by -> Uuid,
    }
}

diesel::table! {
    looks (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        at -> Timestamptz,
        actor_id -> Uuid,
        kind -> Text,
        request_id -> Nullable<Text>,
        role -> Nullable<Text>,
        session_id -> Nullable<Uuid>,
        source -> Nullable<Text>,
        operation -> Nullable<Text>,
    }
}

diesel::table! {
    machine_key_notices (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        key_id -> Uuid,
        user_id -> Uuid,
        kind -> Text,
        happened_at -> Timestamptz,
        next_try_at -> Timestamptz,
        tries -> Int4,
        sent_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    machine_keys (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        owner_id -> Uuid,
        label -> Text,
        scopes -> Array<Text>,
        networks -> Nullable<Array<Text>>,
        secret_hash -> Bytea,
        previous_hash -> Nullable<Bytea>,
        previous_until -> Nullable<Timestamptz>,
        made_at -> Timestamptz,
        renewed_at -> Nullable<Timestamptz>,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
        used_from -> Nullable<Text>,
        uses -> Int8,
        refused_at -> Nullable<Timestamptz>,
        refused_from -> Nullable<Text>,
        warned_days -> Int2,
        revoked_at -> Nullable<Timestamptz>,
        revoked_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    missing_episode_versions (agency_id, id, version) {
        agency_id -> Uuid,
        id -> Uuid,
        child_id -> Uuid,
        number -> Int4,
        agency_episode_id -> Nullable<Text>,
        unit_id -> Uuid,
        worker_id -> Nullable<Uuid>,
        care_status -> Text,
        agency_information_received_at -> Timestamptz,
        absence_began_at -> Nullable<Timestamptz>,
        last_contact_at -> Nullable<Timestamptz>,
        caregiver_learned_at -> Nullable<Timestamptz>,
        first_suspected_at -> Nullable<Timestamptz>,
        determined_missing_at -> Nullable<Timestamptz>,
        missing_type -> Text,
        missing_from -> Nullable<Text>,
        whereabouts_known -> Nullable<Text>,
        located_at -> Nullable<Timestamptz>,
        recovered_at -> Nullable<Timestamptz>,
        returned_to_care_at -> Nullable<Timestamptz>,
        placed_elsewhere_at -> Nullable<Timestamptz>,
        recovery_type -> Nullable<Text>,
        closed_at -> Nullable<Timestamptz>,
        closure_reason -> Nullable<Text>,
        merged_into -> Nullable<Uuid>,
        is_history -> Bool,
        material_changes -> Array<Timestamptz>,
        choices -> Array<Text>,
        version -> Int4,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        created_at -> Timestamptz,
        superseded_at -> Timestamptz,
        told_law_enforcement_at -> Nullable<Timestamptz>,
        told_ncmec_at -> Nullable<Timestamptz>,
        told -> Bytea,
    }
}

diesel::table! {
    missing_episodes (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        child_id -> Uuid,
        number -> Int4,
        agency_episode_id -> Nullable<Text>,
        unit_id -> Uuid,
        worker_id -> Nullable<Uuid>,
        care_status -> Text,
        agency_information_received_at -> Timestamptz,
        absence_began_at -> Nullable<Timestamptz>,
        last_contact_at -> Nullable<Timestamptz>,
        caregiver_learned_at -> Nullable<Timestamptz>,
        first_suspected_at -> Nullable<Timestamptz>,
        determined_missing_at -> Nullable<Timestamptz>,
        missing_type -> Text,
        missing_from -> Nullable<Text>,
        whereabouts_known -> Nullable<Text>,
        located_at -> Nullable<Timestamptz>,
        recovered_at -> Nullable<Timestamptz>,
        returned_to_care_at -> Nullable<Timestamptz>,
        placed_elsewhere_at -> Nullable<Timestamptz>,
        recovery_type -> Nullable<Text>,
        closed_at -> Nullable<Timestamptz>,
        closure_reason -> Nullable<Text>,
        merged_into -> Nullable<Uuid>,
        is_history -> Bool,
        material_changes -> Array<Timestamptz>,
        choices -> Array<Text>,
        version -> Int4,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        created_at -> Timestamptz,
        told_law_enforcement_at -> Nullable<Timestamptz>,
        told_ncmec_at -> Nullable<Timestamptz>,
        told -> Bytea,
    }
}

diesel::table! {
    notices (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        user_id -> Uuid,
        about_id -> Uuid,
        kind -> Text,
        happened_at -> Timestamptz,
        next_try_at -> Timestamptz,
        tries -> Int4,
        sent_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    notifications (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        child_id -> Uuid,
        episode_id -> Nullable<Uuid>,
        recipient -> Text,
        kind -> Text,
        status -> Text,
        method -> Text,
        made_at -> Timestamptz,
        ncic_entry_confirmed_at -> Nullable<Timestamptz>,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        retracted_at -> Nullable<Timestamptz>,
        retracted_by -> Nullable<Uuid>,
        determination_id -> Nullable<Uuid>,
        packet_id -> Nullable<Uuid>,
        told -> Bytea,
        why_retracted -> Nullable<Bytea>,
    }
}

diesel::table! {
    observations (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        child_id -> Uuid,
        episode_id -> Nullable<Uuid>,
        indicator_code -> Text,
        observed_at -> Nullable<Timestamptz>,
        source -> Text,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        retracted_at -> Nullable<Timestamptz>,
        retracted_by -> Nullable<Uuid>,
        told -> Bytea,
        why_retracted -> Nullable<Bytea>,
    }
}

diesel::table! {
    on_call_shifts (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        unit_id -> Nullable<Uuid>,
        user_id -> Uuid,
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        cancelled_at -> Nullable<Timestamptz>,
        cancelled_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    packets (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        child_id -> Uuid,
        episode_id -> Uuid,
        destination -> Text,
        version -> Int4,
        made_at -> Timestamptz,
        made_by -> Uuid,
        photo_id -> Nullable<Uuid>,
        photo_taken_on -> Nullable<Date>,
        consent_id -> Nullable<Uuid>,
        open_items -> Array<Text>,
        left_out -> Array<Text>,
        content -> Bytea,
        document -> Bytea,
        sha256_json -> Text,
        sha256_pdf -> Text,
        for_few -> Bool,
    }
}

diesel::table! {
    password_resets (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        user_id -> Uuid,
        secret_hash -> Bytea,
        made_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    photos (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        child_id -> Uuid,
        taken_on -> Date,
        source -> Bytea,
        width -> Int4,
        height -> Int4,
        content_key -> Bytea,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
    }
}

diesel::table! {
    placement_versions (agency_id, placement_id, version) {
        agency_id -> Uuid,
        placement_id -> Uuid,
        version -> Int4,
        superseded_at -> Timestamptz,
        facts -> Jsonb,
        told -> Bytea,
    }
}

diesel::table! {
    placements (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        child_id -> Uuid,
        setting -> Text,
        started_on -> Date,
        ended_on -> Nullable<Date>,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        afcars_living_arrangement -> Nullable<Text>,
        version -> Int4,
        told -> Bytea,
    }
}

diesel::table! {
    publication_consents (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        child_id -> Uuid,
        state -> Text,
        person_name -> Bytea,
        authority -> Bytea,
        decided_at -> Timestamptz,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
    }
}

diesel::table! {
    preferences (agency_id, user_id, version) {
        agency_id -> Uuid,
        user_id -> Uuid,
        version -> Int4,
        mail_for_aims -> Bool,
        digest_at -> Time,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    primary_factors (agency_id, episode_id, version) {
        agency_id -> Uuid,
        episode_id -> Uuid,
        version -> Int4,
        child_id -> Uuid,
        factors -> Array<Text>,
        other -> Nullable<Bytea>,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        told -> Bytea,
    }
}

diesel::table! {
    reading_budgets (agency_id, role) {
        agency_id -> Uuid,
        role -> Text,
        an_hour -> Int4,
        a_day -> Int4,
    }
}

diesel::table! {
    recovery_codes (agency_id, user_id, code_hash) {
        agency_id -> Uuid,
        user_id -> Uuid,
        code_hash -> Bytea,
        made_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
        replaced_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    refresh_tokens (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        session_id -> Uuid,
        secret_hash -> Bytea,
        issued_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
        successor_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    reminders (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        user_id -> Uuid,
        duty_id -> Uuid,
        rung_id -> Uuid,
        child_id -> Uuid,
        episode_id -> Nullable<Uuid>,
        step -> Text,
        due_at -> Timestamptz,
        message -> Text,
        sent_at -> Timestamptz,
        acknowledged_at -> Nullable<Timestamptz>,
        determination_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    report_statements (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        child_id -> Uuid,
        episode_id -> Nullable<Uuid>,
        item_group -> Text,
        item -> Text,
        version -> Int4,
        status -> Text,
        value -> Nullable<Bytea>,
        reason -> Nullable<Bytea>,
        origin -> Text,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
    }
}

diesel::table! {
    retractions (agency_id, record_id) {
        agency_id -> Uuid,
        record_id -> Uuid,
        child_id -> Uuid,
        episode_id -> Uuid,
        kind -> Text,
        retracted_at -> Timestamptz,
        retracted_by -> Uuid,
        reason -> Bytea,
    }
}

diesel::table! {
    return_interviews (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        child_id -> Uuid,
        episode_id -> Uuid,
        outcome -> Text,
        offered_at -> Timestamptz,
        held_at -> Nullable<Timestamptz>,
        declined_next_offer_on -> Nullable<Date>,
        words -> Bytea,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        told -> Bytea,
    }
}

diesel::table! {
    rungs (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        duty_id -> Uuid,
        episode_id -> Nullable<Uuid>,
        ordinal -> Int4,
        step -> Text,
        audience -> Text,
        pressing -> Bool,
        reached -> Nullable<Text>,
        follow_up_at -> Nullable<Timestamptz>,
        fire_at -> Timestamptz,
        leased_until -> Nullable<Timestamptz>,
        leased_by -> Nullable<Text>,
        fence -> Int8,
        sent_at -> Nullable<Timestamptz>,
        cancelled_at -> Nullable<Timestamptz>,
        went_up -> Nullable<Bool>,
        handed_over_at -> Nullable<Timestamptz>,
        failures -> Nullable<Int4>,
        held_until -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    screenings (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        child_id -> Uuid,
        episode_id -> Uuid,
        given_at -> Timestamptz,
        follow_up -> Nullable<Bytea>,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        told -> Bytea,
    }
}

diesel::table! {
    search_efforts (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        child_id -> Uuid,
        episode_id -> Uuid,
        kind -> Text,
        made_at -> Timestamptz,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        retracted_at -> Nullable<Timestamptz>,
        retracted_by -> Nullable<Uuid>,
        told -> Bytea,
        why_retracted -> Nullable<Bytea>,
    }
}

diesel::table! {
    search_keys (agency_id) {
        agency_id -> Uuid,
        key -> Bytea,
    }
}

diesel::table! {
    search_terms (agency_id, term, child_id, source) {
        agency_id -> Uuid,
        term -> Bytea,
        child_id -> Uuid,
        source -> Text,
    }
}

diesel::table! {
    second_factor_resets (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        user_id -> Uuid,
        asked_by -> Uuid,
        asked_at -> Timestamptz,
        agreed_by -> Nullable<Uuid>,
        agreed_at -> Nullable<Timestamptz>,
        effective_at -> Nullable<Timestamptz>,
        cancelled_at -> Nullable<Timestamptz>,
        done_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    second_factors (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        user_id -> Uuid,
        secret -> Bytea,
        made_at -> Timestamptz,
        confirmed_at -> Nullable<Timestamptz>,
        last_step -> Nullable<Int8>,
        removed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    sessions (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        user_id -> Uuid,
        started_at -> Timestamptz,
        expires_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        end_reason -> Nullable<Text>,
        idle_until -> Timestamptz,
        agent -> Nullable<Text>,
        proven_at -> Timestamptz,
        enrolling -> Bool,
        identity_id -> Nullable<Uuid>,
        sign_in -> Nullable<Bytea>,
    }
}

diesel::table! {
    sign_ins (email) {
        email -> Text,
        agency_id -> Uuid,
        user_id -> Uuid,
        password_hash -> Text,
        failures -> Nullable<Int4>,
        failing_since -> Nullable<Timestamptz>,
        locked_at -> Nullable<Timestamptz>,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    units (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        code -> Text,
        name -> Text,
    }
}

diesel::table! {
    user_units (agency_id, user_id, unit_id) {
        agency_id -> Uuid,
        user_id -> Uuid,
        unit_id -> Uuid,
    }
}

diesel::table! {
    user_versions (agency_id, user_id, version) {
        agency_id -> Uuid,
        user_id -> Uuid,
        version -> Int4,
        superseded_at -> Timestamptz,
        superseded_by -> Uuid,
        facts -> Jsonb,
    }
}

diesel::table! {
    users (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        email -> Text,
        name -> Text,
        role -> Text,
        whole_agency -> Bool,
        created_at -> Timestamptz,
        disabled_at -> Nullable<Timestamptz>,
        version -> Int4,
    }
}

diesel::table! {
    grounds (ground) {
        ground -> Text,
        is_watched -> Bool,
        detail -> Text,
        looked_at -> Timestamptz,
    }
}

diesel::table! {
    webhook_outages (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        webhook_id -> Uuid,
        began_at -> Timestamptz,
        told_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    webhook_notices (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        webhook_id -> Uuid,
        user_id -> Nullable<Uuid>,
        kind -> Text,
        changed_by -> Nullable<Uuid>,
        happened_at -> Timestamptz,
        next_try_at -> Timestamptz,
        tries -> Int4,
        sent_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    webhooks (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        url -> Text,
        contact_email -> Text,
        secret -> Bytea,
        previous_secret -> Nullable<Bytea>,
        previous_until -> Nullable<Timestamptz>,
        signing_key -> Nullable<Bytea>,
        previous_signing_key -> Nullable<Bytea>,
        public_key -> Nullable<Bytea>,
        challenge -> Text,
        proposed_at -> Timestamptz,
        proposed_by -> Uuid,
        approved_at -> Nullable<Timestamptz>,
        approved_by -> Nullable<Uuid>,
        emergency_reason -> Nullable<Text>,
        active_from -> Nullable<Timestamptz>,
        proven_at -> Nullable<Timestamptz>,
        paused_at -> Nullable<Timestamptz>,
        pause_reason -> Nullable<Text>,
        removed_at -> Nullable<Timestamptz>,
        removal_reason -> Nullable<Text>,
        version -> Int4,
    }
}

diesel::table! {
    whereabouts (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        child_id -> Uuid,
        episode_id -> Uuid,
        known -> Text,
        verified_at -> Nullable<Timestamptz>,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        told -> Bytea,
    }
}

diesel::table! {
    restrictions (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        child_id -> Uuid,
        only_people -> Nullable<Array<Uuid>>,
        excluded -> Array<Uuid>,
        reason -> Bytea,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        ended_at -> Nullable<Timestamptz>,
        ended_by -> Nullable<Uuid>,
        why_ended -> Nullable<Bytea>,
    }
}

diesel::table! {
    emergency_accesses (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        child_id -> Uuid,
        unit_id -> Uuid,
        user_id -> Uuid,
        session_id -> Uuid,
        category -> Text,
        reason -> Bytea,
        granted_at -> Timestamptz,
        expires_at -> Timestamptz,
        reviewed_at -> Nullable<Timestamptz>,
        reviewed_by -> Nullable<Uuid>,
        is_justified -> Nullable<Bool>,
        review_note -> Nullable<Bytea>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    absences,
    addresses,
    agencies,
    alarms,
    allowances,
    audit_checkpoints,
    audit_entries,
    audit_links,
    audit_unlinked,
    back_ups,
    bounces,
    calendar_feeds,
    canaries,
    child_versions,
    children,
    completions,
    deliveries,
    delivery_attempts,
    determinations,
    duties,
    escalation_contacts,
    factor_responses,
    hand_overs,
    heartbeats,
    idempotency_keys,
    identities,
    issuers,
    look_children,
    look_reviews,
    looks,
    machine_key_notices,
    machine_keys,
    missing_episode_versions,
    missing_episodes,
    notifications,
    observations,
    on_call_shifts,
    placement_versions,
    placements,
    preferences,
    primary_factors,
    refresh_tokens,
    reminders,
    report_statements,
    retractions,
    return_interviews,
    rungs,
    screenings,
    search_efforts,
    sessions,
    sign_ins,
    units,
    user_units,
    user_versions,
    users,
    webhooks,
    whereabouts
);
