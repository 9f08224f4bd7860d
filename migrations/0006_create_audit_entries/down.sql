drop table audit_entries;
drop function require_audit_entry_of_child();
drop function require_audit_entry();
