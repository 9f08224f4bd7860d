-- Who reviewed the unusual looks of which time, and what came of it (AD-13). What was said about people stands elsewhere.
create table look_reviews (
    agency_id   uuid not null,
    id          uuid not null,
    from_at     timestamptz not null,
    to_at       timestamptz not null,
    findings    integer not null check (0 <= findings),
    conclusion  text not null check (conclusion in ('as_expected', 'followed_up')),
    reviewed_at timestamptz not null,
    reviewed_by uuid not null,
    primary key (agency_id, id),
    foreign key (agency_id, reviewed_by) references users,
    check (from_at < to_at and to_at <= reviewed_at)
);
grant select, insert on look_reviews to homeward_app;
create trigger look_reviews_stand before update or delete on look_reviews
    for each row execute function refuse_change();

alter table look_reviews enable row level security;
create policy agency_wall on look_reviews
    using (agency_id = current_agency()) with check (agency_id = current_agency());
