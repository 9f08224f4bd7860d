-- The key that makes the terms of one agency, sealed; made when it is first needed. It is never replaced: the terms would
-- no longer be found.
create table search_keys (
    agency_id uuid primary key references agencies,
    key       bytea not null
);
grant select, insert on search_keys to homeward_app;

alter table search_keys enable row level security;
create policy agency_wall on search_keys using (agency_id = current_agency()) with check (agency_id = current_agency());

-- By what a child can be found: a keyed hash of each, and no word. Made from the record whenever that changes, so it
-- says nothing new and no entry explains it. A table and no array: only what leaks nothing is looked up behind a wall,
-- and the equality of bytes is such, while that of arrays is not.
create table search_terms (
    agency_id uuid not null,
    term      bytea not null check (length(term) = 16),
    child_id  uuid not null,
    source    text not null,
    primary key (agency_id, term, child_id, source),
    foreign key (agency_id, child_id) references children
);
create index search_terms_of_child on search_terms (agency_id, child_id, source);
grant select, insert, delete on search_terms to homeward_app;

alter table search_terms enable row level security;
create policy agency_wall on search_terms using (agency_id = current_agency()) with check (agency_id = current_agency());
