-- What is written into the trail waits here until it is linked, so that what commits late is never passed over. Rows go.
create table audit_unlinked (
    agency_id uuid not null,
    id        uuid not null,
    kind      text not null check (kind in ('change', 'look')),
    primary key (agency_id, id)
);
grant select, insert, delete on audit_unlinked to homeward_app;

alter table audit_unlinked enable row level security;
create policy agency_wall on audit_unlinked
    using (agency_id = current_agency()) with check (agency_id = current_agency());

-- The trail of an agency as a chain without gaps: each hash stands on the one before and on what the row says.
create table audit_links (
    agency_id uuid not null,
    sequence  bigint not null check (1 <= sequence),
    kind      text not null check (kind in ('change', 'look')),
    trace_id  uuid not null,
    hash      bytea not null check (octet_length(hash) = 32),
    primary key (agency_id, sequence),
    constraint audit_links_once unique (agency_id, trace_id)
);
grant select, insert on audit_links to homeward_app;
create trigger audit_links_stand before update or delete on audit_links
    for each row execute function refuse_change();
create trigger audit_links_are_kept before truncate on audit_links
    for each statement execute function refuse_change();

alter table audit_links enable row level security;
create policy agency_wall on audit_links using (agency_id = current_agency()) with check (agency_id = current_agency());

-- What was signed of the chain. The peaks are those of the tree over the first `size` hashes.
create table audit_checkpoints (
    agency_id uuid not null,
    number    bigint not null check (1 <= number),
    size      bigint not null check (0 <= size),
    root      bytea not null check (octet_length(root) = 32),
    head      bytea not null check (octet_length(head) = 32),
    peaks     bytea not null check (octet_length(peaks) % 32 = 0),
    at        timestamptz not null,
    key       bytea not null check (octet_length(key) = 32),
    signature bytea not null check (octet_length(signature) = 64),
    primary key (agency_id, number)
);
grant select, insert on audit_checkpoints to homeward_app;
create trigger audit_checkpoints_stand before update or delete on audit_checkpoints
    for each row execute function refuse_change();
create trigger audit_checkpoints_are_kept before truncate on audit_checkpoints
    for each statement execute function refuse_change();

alter table audit_checkpoints enable row level security;
create policy agency_wall on audit_checkpoints
    using (agency_id = current_agency()) with check (agency_id = current_agency());

create function wait_for_a_link() returns trigger language plpgsql as $$
begin
    insert into audit_unlinked (agency_id, id, kind) values (new.agency_id, new.id, tg_argv[0]);
    return null;
end $$;

create trigger audit_entries_wait after insert on audit_entries
    for each row execute function wait_for_a_link('change');
create trigger looks_wait after insert on looks
    for each row execute function wait_for_a_link('look');

insert into audit_unlinked (agency_id, id, kind)
    select agency_id, id, 'change' from audit_entries union all select agency_id, id, 'look' from looks;
