-- A duty keeps the citation it was planned with, so that it reads the same when its rule is gone.
alter table duties add column rule_citation text, add column rule_jurisdiction text, add column planned_at timestamptz;
update duties d set rule_citation = r.citation, rule_jurisdiction = r.jurisdiction, planned_at = e.created_at
from missing_episodes e, (values
    ('us-initial-report-law-enforcement', '42 U.S.C. 671(a)(35)(B)', 'US'),
    ('us-initial-report-ncmec', '42 U.S.C. 671(a)(35)(B)', 'US'),
    ('us-recovery-notice-law-enforcement', '42 U.S.C. 671(a)(35)(B)', 'US'),
    ('us-recovery-notice-ncmec', '42 U.S.C. 671(a)(35)(B)', 'US'),
    ('us-regular-communication-law-enforcement', '42 U.S.C. 671(a)(35)(B)', 'US'),
    ('us-regular-communication-ncmec', '42 U.S.C. 671(a)(35)(B)', 'US'),
    ('us-ncic-confirmation', '34 U.S.C. 41308(3)', 'US'),
    ('us-record-update', '34 U.S.C. 41308(4)(A)', 'US'),
    ('us-return-interview', '42 U.S.C. 671(a)(35)(A)(ii)', 'US'),
    ('us-screening', '42 U.S.C. 671(a)(35)(A)(iii)', 'US'),
    ('us-birthday-review', '34 U.S.C. 41308(2)', 'US'),
    ('ks-initial-report-law-enforcement', 'Kansas PPS Policy and Procedure Manual 5245', 'KS'),
    ('ks-initial-report-ncmec', 'Kansas PPS Policy and Procedure Manual 5245', 'KS')
) r (code, citation, jurisdiction)
where d.rule_code = r.code and e.agency_id = d.agency_id and e.id = d.episode_id;
set constraints all immediate;
alter table duties
    alter column rule_citation set not null,
    alter column rule_jurisdiction set not null,
    -- Since when the present limit holds.
    alter column planned_at set not null;

-- The limits that a duty had before: a report as of last month uses last month's rules.
create table duty_limits (
    agency_id         uuid not null,
    duty_id           uuid not null,
    planned_at        timestamptz not null,
    replaced_at       timestamptz not null,
    rule_code         text not null,
    rule_citation     text not null,
    rule_jurisdiction text not null,
    starts_at         timestamptz not null,
    due_at            timestamptz,
    target_at         timestamptz not null,
    primary key (agency_id, duty_id, replaced_at),
    foreign key (agency_id, duty_id) references duties
);
grant select, insert on duty_limits to homeward_app;
create trigger duty_limits_stand before update or delete on duty_limits
    for each row execute function refuse_change();

alter table duty_limits enable row level security;
create policy agency_wall on duty_limits using (agency_id = current_agency()) with check (agency_id = current_agency());

alter table completions drop constraint completions_task_check;
alter table completions add constraint completions_task_check check (task in (
    'return_interview', 'screening', 'birthday_review', 'search_effort', 'staffing', 'supervisory_review',
    'amber_alert_decision', 'medical_examination'));
