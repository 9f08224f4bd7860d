-- How often each key has wrapped since this; of before it is not known. Replace the key (`homeward keys rotate`) where that
-- may have been much.
alter table data_keys add column uses bigint;
grant update (uses) on data_keys to homeward_app;
