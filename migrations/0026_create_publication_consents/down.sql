drop table publication_consents;
