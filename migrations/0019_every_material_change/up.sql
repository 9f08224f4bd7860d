-- A second change gives no more time for the first, so each is kept (CLK-10). What a person chose stands beside it.
alter table missing_episodes alter column material_change_at type timestamptz[]
    using array_remove(array[material_change_at], null);
alter table missing_episodes alter column material_change_at set not null;
alter table missing_episodes rename column material_change_at to material_changes;
alter table missing_episodes add column choices text[] not null default '{}', add column chosen_by_name text;
alter table missing_episodes alter column choices drop default;
alter table missing_episode_versions alter column material_change_at type timestamptz[]
    using array_remove(array[material_change_at], null);
alter table missing_episode_versions alter column material_change_at set not null;
alter table missing_episode_versions rename column material_change_at to material_changes;
alter table missing_episode_versions add column choices text[] not null default '{}', add column chosen_by_name text;
alter table missing_episode_versions alter column choices drop default;
