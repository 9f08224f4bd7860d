-- How much was drawn of what a session, a person, an agency or an address may ask for in a minute: counted where every
-- replica counts (LM-01). A replica draws in blocks. Of the installation: an address is counted before an agency is known.
-- Not logged: a database that crashes forgets it, and begins a minute anew.
create unlogged table allowances (
    whose  text primary key,
    minute timestamptz not null,
    drawn  bigint not null check (0 < drawn)
);
grant select, insert, update, delete on allowances to homeward_app;
