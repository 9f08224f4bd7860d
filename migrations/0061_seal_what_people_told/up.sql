-- What people tell of a child is sealed by the program: one value a row, beside the columns that it replaces. SQL cannot
-- seal, so `homeward migrate` seals what is there before the next migration but one drops the old columns.
alter table children add column identity bytea;
alter table child_versions add column identity bytea;

alter table placements add column told bytea;
alter table placement_versions add column told bytea;
grant update (told) on placements to homeward_app;
alter table missing_episodes add column told bytea;
alter table missing_episode_versions add column told bytea;
alter table completions add column told bytea;
alter table whereabouts add column told bytea;
alter table disclosures add column told bytea;
alter table return_interviews add column told bytea;
alter table primary_factors add column told bytea;
alter table factor_responses add column told bytea;
alter table screenings add column told bytea;
alter table determinations add column told bytea;
alter table escalation_contacts add column told bytea;
alter table notifications add column told bytea, add column why_retracted bytea;
grant update (why_retracted) on notifications to homeward_app;
alter table observations add column told bytea, add column why_retracted bytea;
grant update (why_retracted) on observations to homeward_app;
alter table search_efforts add column told bytea, add column why_retracted bytea;
grant update (why_retracted) on search_efforts to homeward_app;
alter table duties add column why_undone bytea;

-- Sealing says nothing new, so no entry explains it: the owner is let through, as for other tables about a child.
create or replace function require_audit_entry_of_child() returns trigger language plpgsql as $$
begin
    if is_rewrap(tg_op) then
        return null;
    end if;
    perform from audit_entries where xact = pg_current_xact_id() and child_id = coalesce(new.id, old.id);
    if not found then
        raise exception 'unaudited change to %', tg_table_name using errcode = 'HW001';
    end if;
    return null;
end $$;
