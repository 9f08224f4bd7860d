-- Refused while anything hangs on a determination: it would be lost.
alter table reminders alter column episode_id set not null, drop column determination_id;
alter table delivery_attempts alter column episode_id set not null;
alter table rungs alter column episode_id set not null;
alter table notifications alter column episode_id set not null, drop column determination_id;
alter table duties
    alter column episode_id set not null,
    drop constraint duties_key,
    drop constraint duties_of_determinations,
    drop column determination_id,
    add constraint duties_key unique nulls not distinct (agency_id, episode_id, kind, recipient, sequence);
