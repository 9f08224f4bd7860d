-- What is done about a factor, in the current placement or a later one (42 U.S.C. 671(a)(35)(A)(ii)).
create table factor_responses (
    agency_id        uuid not null,
    id               uuid not null,
    child_id         uuid not null,
    episode_id       uuid not null,
    factor           text not null,
    -- Sealed, and so is the note.
    action           bytea not null,
    placement_id     uuid,
    responsible_name text not null,
    due_on           date,
    done_on          date,
    done_note        bytea,
    version          integer not null check (version in (1, 2)),
    recorded_at      timestamptz not null,
    recorded_by      uuid not null,
    done_at          timestamptz,
    done_by          uuid,
    primary key (agency_id, id),
    foreign key (agency_id, episode_id) references missing_episodes,
    foreign key (agency_id, placement_id) references placements,
    check ((version = 2) = (done_on is not null)),
    check ((done_on is null) = (done_at is null)),
    check ((done_on is null) = (done_by is null)),
    check (done_note is null or done_on is not null)
);
create index factor_responses_of_child on factor_responses (agency_id, child_id, recorded_at, id);
grant select, insert on factor_responses to homeward_app;
-- What was planned stays as it was: that it was done is added, once.
grant update (done_on, done_note, done_at, done_by, version) on factor_responses to homeward_app;

alter table factor_responses enable row level security;
create policy agency_wall on factor_responses using (agency_id = current_agency()) with check (agency_id = current_agency());

create constraint trigger factor_responses_are_audited
    after insert or update or delete on factor_responses
    deferrable initially deferred
    for each row execute function require_audit_entry();
