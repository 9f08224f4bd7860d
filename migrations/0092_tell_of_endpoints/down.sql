drop table webhook_notices;
drop table webhook_outages;
