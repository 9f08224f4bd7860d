delete from notices where kind in ('limit_moved_later', 'rules_chosen');
alter table notices drop constraint notices_kind_check;
alter table notices add constraint notices_kind_check check (kind in
    ('locked', 'refresh_token_reused', 'signed_in_after_failures', 'signed_in_elsewhere', 'password_changed',
     'password_reset', 'reset_link', 'factor_changed', 'recovery_code_used', 'factor_reset_asked',
     'record_opened_in_emergency'));
drop trigger limits_move_in_sight on duties;
drop function require_limit_kept();
drop trigger receipts_move_in_sight on missing_episodes;
drop function require_receipt_kept();
