-- What left the agency: which packet, to whom, by whom, when, how and on what basis. It discharges no duty.
create table disclosures (
    agency_id         uuid not null,
    id                uuid not null,
    child_id          uuid not null,
    episode_id        uuid not null,
    packet_id         uuid not null,
    recipient_name    text not null,
    recipient_agency  text not null,
    method            text not null,
    sent_at           timestamptz not null,
    legal_basis       text not null,
    legal_basis_text  text,
    recorded_at       timestamptz not null,
    recorded_by       uuid not null,
    primary key (agency_id, id),
    foreign key (agency_id, packet_id) references packets,
    check (sent_at <= recorded_at),
    check (legal_basis in ('title_iv_e_report', 'court_order', 'consent', 'state_law', 'other')),
    check (legal_basis_text is not null or legal_basis not in ('state_law', 'other'))
);
create index disclosures_of_packet on disclosures (agency_id, packet_id, sent_at, id);
grant select, insert on disclosures to homeward_app;
create trigger disclosures_stand before update or delete on disclosures
    for each row execute function refuse_change();

alter table disclosures enable row level security;
create policy agency_wall on disclosures
    using (agency_id = current_agency()) with check (agency_id = current_agency());

create constraint trigger disclosures_are_audited
    after insert or update or delete on disclosures
    deferrable initially deferred
    for each row execute function require_audit_entry();
