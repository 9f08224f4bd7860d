-- A duty hangs on an episode or on a determination, and so do its contacts and its messages.
alter table duties
    alter column episode_id drop not null,
    add column determination_id uuid,
    add foreign key (agency_id, determination_id) references determinations,
    add constraint duties_hang_on_one check (num_nonnulls(episode_id, determination_id) = 1),
    drop constraint duties_key,
    add constraint duties_key
        unique nulls not distinct (agency_id, episode_id, determination_id, kind, recipient, sequence),
    -- 42 U.S.C. 671(a)(34)(A): to law enforcement, and nothing gives more than 24 hours.
    add constraint duties_of_determinations check (
        (kind = 'identification_report') = (determination_id is not null)
        and (kind <> 'identification_report' or (recipient is not distinct from 'law_enforcement'
            and due_at is not null and due_at <= starts_at + interval '24 hours')));
create index duties_of_determinations on duties (agency_id, child_id) where determination_id is not null;

alter table notifications
    alter column episode_id drop not null,
    add column determination_id uuid,
    add foreign key (agency_id, determination_id) references determinations,
    add constraint notifications_are_about_one check (num_nonnulls(episode_id, determination_id) = 1);
create index notifications_of_determinations on notifications (agency_id, child_id, determination_id)
    where determination_id is not null;

alter table rungs alter column episode_id drop not null;
alter table delivery_attempts alter column episode_id drop not null;
alter table reminders
    alter column episode_id drop not null,
    add column determination_id uuid,
    add constraint reminders_are_about_one check (num_nonnulls(episode_id, determination_id) = 1);
