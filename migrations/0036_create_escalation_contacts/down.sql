drop table escalation_contacts;
