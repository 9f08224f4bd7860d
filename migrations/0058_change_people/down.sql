drop index addresses_in_order;
update sessions set end_reason = 'signed_out' where end_reason = 'disabled';
alter table sessions drop constraint sessions_end_reason_check;
alter table sessions add constraint sessions_end_reason_check
    check (end_reason in ('signed_out', 'refresh_token_reused'));
drop table user_versions;
revoke insert, delete on user_units from homeward_app;
revoke insert, update (name, role, whole_agency, disabled_at, version) on users from homeward_app;
alter table users drop column version;
