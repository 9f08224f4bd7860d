create or replace function require_audit_entry() returns trigger language plpgsql as $$
begin
    perform from audit_entries
        where xact = pg_current_xact_id() and child_id = coalesce(new.child_id, old.child_id);
    if not found then
        raise exception 'unaudited change to %', tg_table_name using errcode = 'HW001';
    end if;
    return null;
end $$;

create or replace function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name;
end $$;

drop function is_rewrap(text);
delete from idempotency_keys;
alter table idempotency_keys drop column body;
alter table idempotency_keys add column body text;
drop table data_keys;
