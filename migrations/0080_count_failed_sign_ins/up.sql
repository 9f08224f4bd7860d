-- Failures are counted where every replica counts them (PW-05). A try is counted before its password is compared, and
-- forgotten when it was right: a hundred at once are counted like a hundred in a row (PW-06).
alter table sign_ins
    add column failures integer check (0 < failures),
    add column failing_since timestamptz,
    add column locked_at timestamptz,
    -- When somebody last signed in or was given a password. A sign-in that nobody uses for long closes (PW-13).
    add column used_at timestamptz,
    add check ((failures is null) = (failing_since is null)),
    add check (locked_at is null or failures is not null);
update sign_ins i set used_at = coalesce(
    (select max(s.started_at) from sessions s where s.agency_id = i.agency_id and s.user_id = i.user_id),
    (select u.created_at from users u where u.agency_id = i.agency_id and u.id = i.user_id));
grant insert, update (password_hash, failures, failing_since, locked_at, used_at) on sign_ins to homeward_app;
