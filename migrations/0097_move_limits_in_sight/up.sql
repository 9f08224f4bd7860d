-- Nobody moves a receipt or a limit later unless what it was stays on record (CK-04): whoever owns the tables included.
create function require_receipt_kept() returns trigger language plpgsql as $$
begin
    perform from missing_episode_versions where agency_id = old.agency_id and id = old.id and version = old.version
        and agency_information_received_at = old.agency_information_received_at;
    if not found then
        raise exception 'the receipt of episode % moves later unseen', old.id using errcode = 'HW003';
    end if;
    return null;
end $$;
create constraint trigger receipts_move_in_sight
    after update of agency_information_received_at on missing_episodes
    deferrable initially deferred
    for each row when (old.agency_information_received_at < new.agency_information_received_at)
    execute function require_receipt_kept();

create function require_limit_kept() returns trigger language plpgsql as $$
begin
    perform from duty_limits where agency_id = old.agency_id and duty_id = old.id and replaced_at = new.planned_at;
    if not found then
        raise exception 'the limit of duty % moves later unseen', old.id using errcode = 'HW003';
    end if;
    return null;
end $$;
create constraint trigger limits_move_in_sight
    after update of due_at on duties
    deferrable initially deferred
    for each row when (old.due_at is not null and (new.due_at is null or old.due_at < new.due_at))
    execute function require_limit_kept();

alter table notices drop constraint notices_kind_check;
alter table notices add constraint notices_kind_check check (kind in
    ('locked', 'refresh_token_reused', 'signed_in_after_failures', 'signed_in_elsewhere', 'password_changed',
     'password_reset', 'reset_link', 'factor_changed', 'recovery_code_used', 'factor_reset_asked',
     'record_opened_in_emergency', 'limit_moved_later', 'rules_chosen'));
