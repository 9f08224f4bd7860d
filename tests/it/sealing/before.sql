set session_replication_role = replica;
insert into agencies (id, name, time_zone, jurisdiction, state_option_under_26, created_at, rules_version)
    values ('{agency}', 'Demo State', 'America/Chicago', 'US', false, '2026-04-01Z', 1);
insert into units (agency_id, id, code, name) values ('{agency}', '{unit}', 'north-county', 'North County');
insert into children (agency_id, id, agency_person_id, given_name, family_name, date_of_birth, race, hair_color,
        eye_color, unit_id, care_status, version, recorded_at, recorded_by, created_at)
    values ('{agency}', '{child}', 'P-BEFORE', 'Wren O''Kanary', '"Quoted" \ Kanary', '2011-03-04', '{white}',
        'kanary brown', 'kanary green', '{unit}', 'foster_care', 2, '2026-04-02Z', gen_random_uuid(), '2026-04-01Z');
insert into child_versions (agency_id, child_id, version, superseded_at, facts)
    select agency_id, id, 1, '2026-04-02Z', to_jsonb(c) || '{"version": 1, "given_name": "Kanary"}' from children c;
insert into placements (agency_id, id, child_id, setting, started_on, provider_name, recorded_at, recorded_by, version)
    values ('{agency}', gen_random_uuid(), '{child}', 'group_home', '2026-01-01', 'kanary provider two',
        '2026-04-02Z', gen_random_uuid(), 2);
insert into placement_versions (agency_id, placement_id, version, superseded_at, facts)
    select agency_id, id, 1, '2026-04-02Z', to_jsonb(p) || '{"version": 1, "provider_name": "kanary provider"}'
    from placements p;
insert into missing_episodes (agency_id, id, child_id, number, unit_id, care_status, agency_information_received_at,
        birthday_at, missing_type, is_history, version, recorded_at, recorded_by, created_at, material_changes, choices,
        last_contact_place, circumstances, recovery_place, recovery_circumstances, closure_statement, chosen_by_name,
        change_reason, told_law_enforcement_by, told_law_enforcement_at)
    values ('{agency}', '{episode}', '{child}', 1, '{unit}', 'foster_care', '2026-04-30T08:00Z', '2029-03-04T06:00Z',
        'unknown', false, 2,
        '2026-04-30T10:00Z', gen_random_uuid(), '2026-04-30T09:00Z', '{}', '{}', 'kanary place',
        'kanary circumstances two', 'kanary recovery', 'kanary recovered', 'kanary statement', 'kanary chooser',
        'kanary change', 'kanary teller', '2026-04-30T09:30Z');
insert into missing_episode_versions
    select v.* from missing_episodes e, jsonb_populate_record(null::missing_episode_versions, to_jsonb(e)
        || '{"version": 1, "circumstances": "kanary circumstances", "superseded_at": "2026-04-30T10:00Z"}') v;
insert into notifications (agency_id, id, child_id, episode_id, recipient, kind, status, method, made_at, agency_name,
        person_contacted, badge, case_number, ncic_number, reference_number, refusal_reason, note, recorded_at,
        recorded_by, retracted_at, retracted_by, retraction_reason)
    values ('{agency}', gen_random_uuid(), '{child}', '{episode}', 'ncmec', 'initial_report', 'completed', 'phone',
        '2026-04-30T09:00Z', 'kanary agency', 'kanary officer', 'kanary badge', 'kanary case', 'kanary ncic',
        'kanary reference', 'kanary refusal', 'kanary note', '2026-04-30T09:00Z', gen_random_uuid(),
        '2026-04-30T09:10Z', gen_random_uuid(), 'kanary retraction');
insert into completions (agency_id, id, child_id, episode_id, task, completed_at, completed_by_name, note, recorded_at,
        recorded_by)
    values ('{agency}', gen_random_uuid(), '{child}', '{episode}', 'staffing', '2026-04-30T09:00Z', 'kanary worker',
        'kanary done', '2026-04-30T09:00Z', gen_random_uuid());
insert into duties (agency_id, id, child_id, episode_id, unit_id, kind, recipient, sequence, rule_code, starts_at,
        due_at, target_at, closed_undone_at, returned_before_due, is_history, undone_reason, rule_citation,
        rule_jurisdiction, planned_at)
    values ('{agency}', gen_random_uuid(), '{child}', '{episode}', '{unit}', 'initial_report', 'ncmec', 0,
        'us-initial-report-ncmec', '2026-04-30T08:00Z', '2026-05-01T08:00Z', '2026-05-01T08:00Z', '2026-04-30T10:00Z',
        false, false, 'kanary undone', '42 U.S.C. 671(a)(35)(B)', 'US', '2026-04-30T09:00Z');
insert into duties (agency_id, id, child_id, episode_id, unit_id, kind, sequence, rule_code, starts_at, target_at,
        returned_before_due, is_history, rule_citation, rule_jurisdiction, planned_at)
    values ('{agency}', '{review}', '{child}', '{episode}', '{unit}', 'birthday_review', 0, 'us-birthday-review',
        '2029-03-04T06:00Z', '2029-03-07T06:00Z', false, false, '34 U.S.C. 41308(2)', 'US', '2026-04-30T09:00Z');
insert into rungs (agency_id, id, duty_id, episode_id, ordinal, step, audience, fire_at, fence, pressing)
    values ('{agency}', gen_random_uuid(), '{review}', '{episode}', 0, 'start', 'worker', '2029-03-04T06:00Z', 0, false);
insert into duty_limits (agency_id, duty_id, planned_at, replaced_at, rule_code, rule_citation, rule_jurisdiction,
        starts_at, target_at)
    values ('{agency}', '{review}', '2026-04-30T08:00Z', '2026-04-30T09:00Z', 'us-birthday-review',
        '34 U.S.C. 41308(2)', 'US', '2029-03-04T06:00Z', '2029-03-07T06:00Z');
insert into observations (agency_id, id, child_id, indicator_code, observed_by_name, observer_role, source, context,
        recorded_at, recorded_by, retracted_at, retracted_by, retraction_reason)
    values ('{agency}', gen_random_uuid(), '{child}', 'signs_of_abuse', 'kanary observer', 'kanary role', 'school',
        'kanary context', '2026-04-30T09:00Z', gen_random_uuid(), '2026-04-30T09:10Z', gen_random_uuid(),
        'kanary retraction');
insert into search_efforts (agency_id, id, child_id, episode_id, kind, made_at, made_by_name, contacted, place, outcome,
        next_step, recorded_at, recorded_by, retracted_at, retracted_by, retraction_reason)
    values ('{agency}', gen_random_uuid(), '{child}', '{episode}', 'visit_to_place', '2026-04-30T09:00Z',
        'kanary searcher', 'kanary contact', 'kanary place', 'kanary outcome', 'kanary step', '2026-04-30T09:00Z',
        gen_random_uuid(), '2026-04-30T09:10Z', gen_random_uuid(), 'kanary retraction');
insert into whereabouts (agency_id, id, child_id, episode_id, known, verified_by_name, verified_at, how, recorded_at,
        recorded_by)
    values ('{agency}', gen_random_uuid(), '{child}', '{episode}', 'yes_verified', 'kanary verifier',
        '2026-04-30T09:00Z', 'kanary how', '2026-04-30T09:00Z', gen_random_uuid());
insert into disclosures (agency_id, id, child_id, episode_id, packet_id, recipient_name, recipient_agency, method,
        sent_at, legal_basis, legal_basis_text, recorded_at, recorded_by)
    values ('{agency}', gen_random_uuid(), '{child}', '{episode}', gen_random_uuid(), 'kanary recipient',
        'kanary agency', 'phone', '2026-04-30T09:00Z', 'other', 'kanary basis', '2026-04-30T09:00Z', gen_random_uuid());
insert into return_interviews (agency_id, id, child_id, episode_id, outcome, offered_at, interviewer_name, words,
        recorded_at, recorded_by)
    values ('{agency}', gen_random_uuid(), '{child}', '{episode}', 'offered', '2026-04-30T09:00Z', 'kanary interviewer',
        '\x00', '2026-04-30T09:00Z', gen_random_uuid());
insert into primary_factors (agency_id, episode_id, version, child_id, factors, determined_by_name, recorded_at,
        recorded_by)
    values ('{agency}', '{episode}', 1, '{child}', '{bullying}', 'kanary determiner', '2026-04-30T09:00Z',
        gen_random_uuid());
insert into factor_responses (agency_id, id, child_id, episode_id, factor, action, responsible_name, version,
        recorded_at, recorded_by)
    values ('{agency}', gen_random_uuid(), '{child}', '{episode}', 'bullying', '\x00', 'kanary responsible', 1,
        '2026-04-30T09:00Z', gen_random_uuid());
insert into screenings (agency_id, id, child_id, episode_id, instrument, instrument_version, given_by_name, given_at,
        place_form_is_kept, follow_up_decided_by_name, recorded_at, recorded_by)
    values ('{agency}', gen_random_uuid(), '{child}', '{episode}', 'kanary instrument', 'kanary 2', 'kanary giver',
        '2026-04-30T09:00Z', 'kanary cabinet', 'kanary decider', '2026-04-30T09:00Z', gen_random_uuid());
insert into determinations (agency_id, id, child_id, determination_type, determination_source, determined_by_name,
        determined_by_role, determined_by_agency, determined_at, agency_information_received_at, basis,
        sources_consulted, attested, recorded_at, recorded_by)
    values ('{agency}', gen_random_uuid(), '{child}', 'no_determination', 'agency_worker', 'kanary determiner',
        'kanary role', 'kanary agency', '2026-04-30T09:00Z', '2026-04-30T09:00Z', '\x00', '\x00', true,
        '2026-04-30T09:00Z', gen_random_uuid());
insert into escalation_contacts (agency_id, version, contacts, recorded_at, recorded_by)
    values ('{agency}', 1, '[{"name": "kanary escalation"}]', '2026-04-30T09:00Z', gen_random_uuid());
set session_replication_role = origin;
