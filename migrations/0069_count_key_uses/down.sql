revoke update (uses) on data_keys from homeward_app;
alter table data_keys drop column uses;
