-- As what, in which session, from where, by which operation, and how it ended (AD-03). Rows from before say less, and stay.
alter table audit_entries
    add column role       text,
    add column session_id uuid,
    add column source     text,
    add column operation  text,
    add column outcome    text check (outcome in ('done', 'failed', 'hidden', 'forbidden'));
alter table looks
    add column role       text,
    add column session_id uuid,
    add column source     text,
    add column operation  text;
