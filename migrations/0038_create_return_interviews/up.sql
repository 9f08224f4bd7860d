-- A conversation with a child who is back: offered, declined or held (42 U.S.C. 671(a)(35)(A)(ii), (iii)).
create table return_interviews (
    agency_id              uuid not null,
    id                     uuid not null,
    child_id               uuid not null,
    episode_id             uuid not null,
    outcome                text not null check (outcome in ('held', 'declined', 'offered')),
    offered_at             timestamptz not null,
    held_at                timestamptz,
    interviewer_name       text not null,
    declined_next_offer_on date,
    -- What was said, and everything else in words: sealed.
    words                  bytea not null,
    recorded_at            timestamptz not null,
    recorded_by            uuid not null,
    primary key (agency_id, id),
    foreign key (agency_id, episode_id) references missing_episodes,
    check ((outcome = 'held') = (held_at is not null)),
    check (offered_at <= held_at),
    check (outcome = 'declined' or declined_next_offer_on is null)
);
create index return_interviews_of_episode on return_interviews (agency_id, episode_id, offered_at, id);
grant select, insert on return_interviews to homeward_app;
create trigger return_interviews_stand before update or delete on return_interviews
    for each row execute function refuse_change();

alter table return_interviews enable row level security;
create policy agency_wall on return_interviews using (agency_id = current_agency()) with check (agency_id = current_agency());

create constraint trigger return_interviews_are_audited
    after insert or update or delete on return_interviews
    deferrable initially deferred
    for each row execute function require_audit_entry();
