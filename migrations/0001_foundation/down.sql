drop function refuse_change();
drop function current_agency();
drop extension btree_gist;
revoke usage on schema public from homeward_app;
