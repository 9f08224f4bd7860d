-- Who stands in for a worker, every choice kept; the latest stands. Nobody: an empty choice.
create table back_ups (
    agency_id   uuid not null,
    user_id     uuid not null,
    version     integer not null,
    back_up_id  uuid,
    recorded_at timestamptz not null,
    recorded_by uuid not null,
    primary key (agency_id, user_id, version),
    foreign key (agency_id, user_id) references users,
    foreign key (agency_id, back_up_id) references users,
    foreign key (agency_id, recorded_by) references users,
    check (back_up_id <> user_id)
);
grant select, insert on back_ups to homeward_app;
create trigger back_ups_stand before update or delete on back_ups
    for each row execute function refuse_change();
alter table back_ups enable row level security;
create policy agency_wall on back_ups using (agency_id = current_agency()) with check (agency_id = current_agency());

-- Who is on call, for a unit or for the whole agency. While a shift covers the moment, it says who is; else the role does.
create table on_call_shifts (
    agency_id    uuid not null,
    id           uuid not null,
    unit_id      uuid,
    user_id      uuid not null,
    starts_at    timestamptz not null,
    ends_at      timestamptz not null,
    recorded_at  timestamptz not null,
    recorded_by  uuid not null,
    cancelled_at timestamptz,
    cancelled_by uuid,
    primary key (agency_id, id),
    foreign key (agency_id, unit_id) references units,
    foreign key (agency_id, user_id) references users,
    check (starts_at < ends_at)
);
create index on_call_shifts_by_time on on_call_shifts (agency_id, ends_at) where cancelled_at is null;
grant select, insert on on_call_shifts to homeward_app;
grant update (cancelled_at, cancelled_by) on on_call_shifts to homeward_app;
alter table on_call_shifts enable row level security;
create policy agency_wall on on_call_shifts
    using (agency_id = current_agency()) with check (agency_id = current_agency());

-- Who is away, and who stands where they stood for as long.
create table absences (
    agency_id     uuid not null,
    id            uuid not null,
    user_id       uuid not null,
    substitute_id uuid,
    starts_at     timestamptz not null,
    ends_at       timestamptz not null,
    recorded_at   timestamptz not null,
    recorded_by   uuid not null,
    cancelled_at  timestamptz,
    cancelled_by  uuid,
    primary key (agency_id, id),
    foreign key (agency_id, user_id) references users,
    foreign key (agency_id, substitute_id) references users,
    check (starts_at < ends_at),
    check (substitute_id <> user_id)
);
create index absences_by_user on absences (agency_id, user_id, ends_at) where cancelled_at is null;
grant select, insert on absences to homeward_app;
grant update (cancelled_at, cancelled_by) on absences to homeward_app;
alter table absences enable row level security;
create policy agency_wall on absences using (agency_id = current_agency()) with check (agency_id = current_agency());
