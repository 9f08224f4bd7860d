delete from notices where kind = 'record_opened_in_emergency';
alter table notices drop constraint notices_kind_check;
alter table notices add constraint notices_kind_check check (kind in
    ('locked', 'refresh_token_reused', 'signed_in_after_failures', 'signed_in_elsewhere', 'password_changed',
     'password_reset', 'reset_link', 'factor_changed', 'recovery_code_used', 'factor_reset_asked'));
do $$
declare
    it record;
begin
    for it in select polrelid::regclass as table_name from pg_policy where polname = 'restricted_wall' loop
        execute format('drop policy restricted_wall on %s', it.table_name);
    end loop;
end $$;
drop view hidden_children;
drop function current_instant();
drop function current_person();
drop table emergency_accesses;
drop table restrictions;
