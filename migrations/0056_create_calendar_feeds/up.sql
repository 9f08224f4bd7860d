-- A person's open deadlines for their calendar, behind a secret that they can revoke. Only its hash is kept.
create table calendar_feeds (
    agency_id  uuid not null,
    id         uuid not null,
    user_id    uuid not null,
    token_hash bytea not null unique,
    label      text not null,
    created_at timestamptz not null,
    read_at    timestamptz,
    revoked_at timestamptz,
    primary key (agency_id, id),
    foreign key (agency_id, user_id) references users
);
create index calendar_feeds_of_user on calendar_feeds (agency_id, user_id);
grant select, insert on calendar_feeds to homeward_app;
grant update (read_at, revoked_at) on calendar_feeds to homeward_app;
alter table calendar_feeds enable row level security;
create policy agency_wall on calendar_feeds
    using (agency_id = current_agency()) with check (agency_id = current_agency());
-- Whoever has the secret of a feed is told whose it is, and nothing else (as with signing in).
create function calendar_feed_behind(hash bytea) returns table (agency_id uuid, id uuid, user_id uuid)
    language sql stable security definer set search_path = public, pg_temp as $$
    select f.agency_id, f.id, f.user_id from calendar_feeds f where f.token_hash = hash and f.revoked_at is null
$$;
revoke all on function calendar_feed_behind(bytea) from public;
grant execute on function calendar_feed_behind(bytea) to homeward_app;
