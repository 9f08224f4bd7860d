-- Whom to call when a report is refused, as the agency chose it: a version replaces the one before and erases nothing.
create table escalation_contacts (
    agency_id   uuid not null references agencies,
    version     integer not null check (0 < version),
    contacts    jsonb not null,
    recorded_at timestamptz not null,
    recorded_by uuid not null,
    primary key (agency_id, version)
);
grant select, insert on escalation_contacts to homeward_app;
create trigger escalation_contacts_stand before update or delete on escalation_contacts
    for each row execute function refuse_change();

alter table escalation_contacts enable row level security;
create policy agency_wall on escalation_contacts using (agency_id = current_agency()) with check (agency_id = current_agency());
