-- The running role: it owns nothing and cannot pass row-level security.
do $$ begin
    create role homeward_app nologin;
exception when duplicate_object or unique_violation then
    null;
end $$;
grant usage on schema public to homeward_app;
-- Whoever migrates may also run, so that one address is enough on a small installation.
do $$ begin
    execute format('grant homeward_app to %I', current_user);
exception when invalid_grant_operation or feature_not_supported then
    null;
end $$;

-- The program asks whether the tables are those it was built for.
do $$ begin
    grant select on __diesel_schema_migrations to homeward_app;
exception when undefined_table then
    null;
end $$;

create extension if not exists btree_gist;

-- The agency of the running transaction; null outside of one, and then no row is visible.
create function current_agency() returns uuid language sql stable parallel safe as $$
    select nullif(current_setting('homeward.agency_id', true), '')::uuid
$$;

-- Appended to, never changed.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name;
end $$;
