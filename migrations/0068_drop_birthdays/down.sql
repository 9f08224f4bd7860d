alter table missing_episode_versions add column birthday_at timestamptz;
alter table missing_episodes add column birthday_at timestamptz;
