revoke insert, update (password_hash, failures, failing_since, locked_at, used_at) on sign_ins from homeward_app;
alter table sign_ins
    drop column used_at,
    drop column locked_at,
    drop column failing_since,
    drop column failures;
