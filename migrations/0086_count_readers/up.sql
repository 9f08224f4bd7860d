-- How many children the people of a role open in an hour and in a day before somebody asks them (LM-06). Where an agency
-- has chosen nothing for a role, the program's own numbers stand.
create table reading_budgets (
    agency_id uuid not null references agencies,
    role      text not null check (role in
              ('caseworker', 'supervisor', 'on_call', 'auditor', 'privacy_officer', 'administrator')),
    an_hour   integer not null check (0 < an_hour),
    a_day     integer not null check (an_hour <= a_day),
    primary key (agency_id, role)
);
grant select on reading_budgets to homeward_app;
alter table reading_budgets enable row level security;
create policy agency_wall on reading_budgets
    using (agency_id = current_agency()) with check (agency_id = current_agency());
