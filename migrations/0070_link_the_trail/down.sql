drop trigger looks_wait on looks;
drop trigger audit_entries_wait on audit_entries;
drop function wait_for_a_link();
drop table audit_checkpoints;
drop table audit_links;
drop table audit_unlinked;
