-- Sealed values: bytes that open only with a key from outside the database, and only in their own place.

-- The keys that were ever used, by number, each with a value that only the right one opens. A key that is not retired
-- has to be in the key file, or nothing starts.
create table data_keys (
    number        integer primary key check (0 < number),
    proof         bytea not null,
    first_used_at timestamptz not null,
    retired_at    timestamptz
);
grant select, insert on data_keys to homeward_app;

-- A kept answer repeats what a person wrote. Answers kept in the clear are not carried over.
delete from idempotency_keys;
alter table idempotency_keys drop column body;
alter table idempotency_keys add column body bytea;

-- Wrapping a data key anew changes nothing that was said. Only the owner of a table may: the running role has no right
-- to update a sealed column, and the setting does not help it.
create function is_rewrap(operation text) returns boolean language sql stable as $$
    select operation = 'UPDATE' and current_setting('homeward.rewrap', true) = 'on' and current_user <> 'homeward_app'
$$;

create or replace function refuse_change() returns trigger language plpgsql as $$
begin
    if is_rewrap(tg_op) then
        return new;
    end if;
    raise exception '% is append-only', tg_table_name;
end $$;

create or replace function require_audit_entry() returns trigger language plpgsql as $$
begin
    if is_rewrap(tg_op) then
        return null;
    end if;
    perform from audit_entries
        where xact = pg_current_xact_id() and child_id = coalesce(new.child_id, old.child_id);
    if not found then
        raise exception 'unaudited change to %', tg_table_name using errcode = 'HW001';
    end if;
    return null;
end $$;
