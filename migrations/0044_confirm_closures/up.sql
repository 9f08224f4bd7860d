-- Who confirmed that both recipients know, where a child is still missing at the end (T27). It discharges nothing.
alter table missing_episodes
    add column told_law_enforcement_by text,
    add column told_law_enforcement_at timestamptz,
    add column told_ncmec_by text,
    add column told_ncmec_at timestamptz,
    add check ((told_law_enforcement_by is null) = (told_law_enforcement_at is null)),
    add check ((told_ncmec_by is null) = (told_ncmec_at is null));
alter table missing_episode_versions
    add column told_law_enforcement_by text,
    add column told_law_enforcement_at timestamptz,
    add column told_ncmec_by text,
    add column told_ncmec_at timestamptz;
