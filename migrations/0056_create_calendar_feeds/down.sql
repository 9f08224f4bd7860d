drop function calendar_feed_behind(bytea);
drop table calendar_feeds;
