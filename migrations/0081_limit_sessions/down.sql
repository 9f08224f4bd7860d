alter table refresh_tokens drop column successor_id;
update sessions set end_reason = 'signed_out' where end_reason not in ('refresh_token_reused', 'disabled');
alter table sessions drop constraint sessions_end_reason_check;
alter table sessions add constraint sessions_end_reason_check
    check (end_reason in ('signed_out', 'refresh_token_reused', 'disabled'));
drop index sessions_of_user;
alter table sessions drop column agent;
alter table sessions drop column idle_until;
