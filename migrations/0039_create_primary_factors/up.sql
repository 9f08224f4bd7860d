-- What a named person says led to an absence (42 U.S.C. 671(a)(35)(A)(ii)). A version replaces the one before.
create table primary_factors (
    agency_id          uuid not null,
    episode_id         uuid not null,
    version            integer not null check (0 < version),
    child_id           uuid not null,
    factors            text[] not null check (0 < cardinality(factors)),
    -- Sealed.
    other              bytea,
    determined_by_name text not null,
    recorded_at        timestamptz not null,
    recorded_by        uuid not null,
    primary key (agency_id, episode_id, version),
    foreign key (agency_id, episode_id) references missing_episodes,
    check (('other' = any (factors)) = (other is not null)),
    check ('not_determined' <> all (factors) or cardinality(factors) = 1)
);
create index primary_factors_of_child on primary_factors (agency_id, child_id);
grant select, insert on primary_factors to homeward_app;
create trigger primary_factors_stand before update or delete on primary_factors
    for each row execute function refuse_change();

alter table primary_factors enable row level security;
create policy agency_wall on primary_factors using (agency_id = current_agency()) with check (agency_id = current_agency());

create constraint trigger primary_factors_are_audited
    after insert or update or delete on primary_factors
    deferrable initially deferred
    for each row execute function require_audit_entry();
