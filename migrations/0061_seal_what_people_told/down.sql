-- What was sealed is lost: SQL cannot open it.
create or replace function require_audit_entry_of_child() returns trigger language plpgsql as $$
begin
    perform from audit_entries where xact = pg_current_xact_id() and child_id = coalesce(new.id, old.id);
    if not found then
        raise exception 'unaudited change to %', tg_table_name using errcode = 'HW001';
    end if;
    return null;
end $$;
alter table duties drop column why_undone;
alter table search_efforts drop column told, drop column why_retracted;
alter table observations drop column told, drop column why_retracted;
alter table notifications drop column told, drop column why_retracted;
alter table escalation_contacts drop column told;
alter table determinations drop column told;
alter table screenings drop column told;
alter table factor_responses drop column told;
alter table primary_factors drop column told;
alter table return_interviews drop column told;
alter table disclosures drop column told;
alter table whereabouts drop column told;
alter table completions drop column told;
alter table missing_episode_versions drop column told;
alter table missing_episodes drop column told;
alter table placements drop column told;
alter table placement_versions drop column told;
alter table child_versions drop column identity;
alter table children drop column identity;
