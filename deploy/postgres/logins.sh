#!/bin/sh
# Run once, by the image, when the database is made: the login by which the program works. It owns nothing.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$POSTGRES_PASSWORD" -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<'SQL'
create role homeward_app nologin;
create role homeward_run login password :'password' in role homeward_app;
SQL
