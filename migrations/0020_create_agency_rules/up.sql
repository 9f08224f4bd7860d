-- Whose rules apply: the State, and the agency's own pack on top. Every choice of them is kept.
create table agency_rules (
    agency_id    uuid not null,
    version      integer not null,
    jurisdiction text not null,
    own_pack     text,
    reason       text not null,
    recorded_at  timestamptz not null,
    recorded_by  uuid not null,
    primary key (agency_id, version),
    foreign key (agency_id) references agencies
);
grant select, insert on agency_rules to homeward_app;
create trigger agency_rules_stand before update or delete on agency_rules
    for each row execute function refuse_change();

alter table agency_rules enable row level security;
create policy agency_wall on agency_rules using (agency_id = current_agency()) with check (agency_id = current_agency());

alter table agencies
    add column own_pack text,
    add column rules_version integer not null default 1,
    -- What the open duties were last planned with; another value asks the worker to plan them again.
    add column planned_with text;
alter table agencies alter column rules_version drop default;
grant update (jurisdiction, own_pack, rules_version, planned_with) on agencies to homeward_app;
-- The worker looks at every agency for rules that have changed.
drop policy agency_wall on agencies;
create policy agency_wall on agencies
    using (id = current_agency() or current_setting('homeward.sweep', true) = 'on')
    with check (id = current_agency());
