alter table sessions drop column sign_in, drop column identity_id;
drop table identities;
drop table issuers;
