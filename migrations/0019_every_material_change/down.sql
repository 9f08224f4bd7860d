alter table missing_episodes drop column choices, drop column chosen_by_name;
alter table missing_episodes rename column material_changes to material_change_at;
alter table missing_episodes alter column material_change_at drop not null;
alter table missing_episodes alter column material_change_at type timestamptz
    using material_change_at[cardinality(material_change_at)];
alter table missing_episode_versions drop column choices, drop column chosen_by_name;
alter table missing_episode_versions rename column material_changes to material_change_at;
alter table missing_episode_versions alter column material_change_at drop not null;
alter table missing_episode_versions alter column material_change_at type timestamptz
    using material_change_at[cardinality(material_change_at)];
