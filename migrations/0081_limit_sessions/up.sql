-- A session ends when nobody used it for a while (SE-03). Moved on at most once a minute, by the commit of a request.
alter table sessions add column idle_until timestamptz;
update sessions set idle_until = expires_at;
alter table sessions alter column idle_until set not null;
-- What the client called itself when it signed in, for its owner to know the session by.
alter table sessions add column agent text;
create index sessions_of_user on sessions (agency_id, user_id, started_at);

alter table sessions drop constraint sessions_end_reason_check;
alter table sessions add constraint sessions_end_reason_check check (end_reason in
    ('signed_out', 'refresh_token_reused', 'disabled', 'password_changed', 'ended_by_owner', 'ended_by_administrator',
     'too_many', 'proven_anew'));

-- The token that took the place of this one: a reply that was lost can be asked for once more (SE-06).
alter table refresh_tokens add column successor_id uuid;
