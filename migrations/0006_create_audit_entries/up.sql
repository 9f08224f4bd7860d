-- What was done. Written in the transaction of the change it explains.
create table audit_entries (
    agency_id  uuid not null,
    id         uuid not null,
    at         timestamptz not null,
    actor_id   uuid not null,
    child_id   uuid,
    action     text not null,
    detail     jsonb not null,
    request_id text,
    xact       xid8 not null default pg_current_xact_id(),
    primary key (agency_id, id)
);
create index audit_entries_of_xact on audit_entries (xact, child_id);
create index audit_entries_of_child on audit_entries (agency_id, child_id, at, id);
create index audit_entries_of_actor on audit_entries (agency_id, actor_id, at, id);
create index audit_entries_in_time on audit_entries (agency_id, at, id);
grant select, insert on audit_entries to homeward_app;
create trigger audit_entries_stand before update or delete on audit_entries
    for each row execute function refuse_change();
create trigger audit_entries_are_kept before truncate on audit_entries
    for each statement execute function refuse_change();

alter table audit_entries enable row level security;
create policy agency_wall on audit_entries using (agency_id = current_agency()) with check (agency_id = current_agency());

-- The commit fails unless the same transaction wrote an audit entry for the same child.
create function require_audit_entry() returns trigger language plpgsql as $$
begin
    perform from audit_entries
        where xact = pg_current_xact_id() and child_id = coalesce(new.child_id, old.child_id);
    if not found then
        raise exception 'unaudited change to %', tg_table_name using errcode = 'HW001';
    end if;
    return null;
end $$;

create function require_audit_entry_of_child() returns trigger language plpgsql as $$
begin
    perform from audit_entries where xact = pg_current_xact_id() and child_id = coalesce(new.id, old.id);
    if not found then
        raise exception 'unaudited change to %', tg_table_name using errcode = 'HW001';
    end if;
    return null;
end $$;
