drop table refresh_tokens;
drop table sessions;
drop table sign_ins;
