-- What shows that the reminders work. It belongs to the installation and names no agency's people or children.

-- Written by a worker after a full round, never before one (DM-01).
create table heartbeats (
    worker     text not null,
    task       text not null,
    beat_at    timestamptz not null,
    primary key (worker, task)
);
grant select, insert, update, delete on heartbeats to homeward_app;

-- A duty of nobody, sent every ten minutes from end to end (DM-02).
create table canaries (
    id              uuid primary key,
    sung_at         timestamptz not null,
    claimed_at      timestamptz,
    accepted_at     timestamptz,
    read_back_at    timestamptz,
    acknowledged_at timestamptz
);
create index canaries_by_time on canaries (sung_at);
grant select, insert, update, delete on canaries to homeward_app;

-- What the watch saw, kept so that a page can say when all was last well, and what was not.
create table alarms (
    id         uuid primary key,
    condition  text not null,
    raised_at  timestamptz not null,
    told_at    timestamptz,
    cleared_at timestamptz,
    detail     text not null
);
create unique index alarms_that_stand on alarms (condition) where cleared_at is null;
grant select, insert, update on alarms to homeward_app;
