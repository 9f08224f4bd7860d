-- Further addresses of a person, in their order. The one they sign in with stands before them.
create table addresses (
    agency_id  uuid not null,
    id         uuid not null,
    user_id    uuid not null,
    position   integer not null check (1 <= position),
    email      text not null check (email = lower(email)),
    added_at   timestamptz not null,
    removed_at timestamptz,
    primary key (agency_id, id),
    foreign key (agency_id, user_id) references users
);
create unique index addresses_once on addresses (agency_id, user_id, email) where removed_at is null;
grant select, insert on addresses to homeward_app;
grant update (removed_at) on addresses to homeward_app;
alter table addresses enable row level security;
create policy agency_wall on addresses using (agency_id = current_agency()) with check (agency_id = current_agency());

-- Addresses that a relay refused for good. They are passed over until a person says that they work again (DL-14).
create table bounces (
    agency_id   uuid not null,
    id          uuid not null,
    user_id     uuid not null,
    email       text not null,
    bounced_at  timestamptz not null,
    reply       text not null,
    cleared_at  timestamptz,
    cleared_by  uuid,
    primary key (agency_id, id),
    foreign key (agency_id, user_id) references users
);
create unique index bounces_that_stand on bounces (agency_id, user_id, email) where cleared_at is null;
grant select, insert on bounces to homeward_app;
grant update (cleared_at, cleared_by) on bounces to homeward_app;
alter table bounces enable row level security;
create policy agency_wall on bounces using (agency_id = current_agency()) with check (agency_id = current_agency());

-- What a person chose: whether mail comes for the agency's own aims too, and when the digest leaves. What the law asks
-- comes always.
create table preferences (
    agency_id     uuid not null,
    user_id       uuid not null,
    version       integer not null,
    mail_for_aims boolean not null,
    digest_at     time not null,
    recorded_at   timestamptz not null,
    primary key (agency_id, user_id, version),
    foreign key (agency_id, user_id) references users
);
grant select, insert on preferences to homeward_app;
create trigger preferences_stand before update or delete on preferences
    for each row execute function refuse_change();
alter table preferences enable row level security;
create policy agency_wall on preferences using (agency_id = current_agency()) with check (agency_id = current_agency());

-- Every address of a person in the order in which they are tried, and whether it bounced.
create function addresses_of(agency uuid, person uuid) returns table ("position" integer, email text, bounced boolean)
    language sql stable as $$
    select a.position, a.email, exists (select from bounces b where b.agency_id = agency and b.user_id = person
        and b.email = a.email and b.cleared_at is null)
    from (select 0 as position, u.email from users u
          where u.agency_id = agency and u.id = person and u.disabled_at is null
          union all
          select f.position, f.email from addresses f join users u on u.agency_id = f.agency_id and u.id = f.user_id
          where f.agency_id = agency and f.user_id = person and f.removed_at is null and u.disabled_at is null) a
$$;
