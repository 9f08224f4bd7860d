drop table missing_episode_versions;
drop table missing_episodes;
