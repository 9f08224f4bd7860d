-- What the reminders stand on beside the program itself, as the watch last saw it: backups, replicas, certificates (DM-04).
-- What is not watched says so here. It belongs to the installation, as alarms do.
create table grounds (
    ground     text primary key,
    is_watched boolean not null,
    detail     text not null,
    looked_at  timestamptz not null
);
grant select, insert, update on grounds to homeward_app;
