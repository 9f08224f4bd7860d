//! Reports as mail servers write them.

use super::*;

const ID: &str = "0198a1b2-3c4d-7000-8000-000000000001";

fn report(status: &str, original: &str) -> Vec<u8> {
    format!(
        "From: MAILER-DAEMON@relay.test\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
         --b\nContent-Type: text/plain\n\nIt could not be delivered.\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relay.test\nArrival-Date: Fri, 1 May 2026\n\n\
         {status}\n\n--b\n{original}\n\n--b--\n"
    )
    .into_bytes()
}

fn headers(id: &str) -> String {
    format!("Content-Type: text/rfc822-headers\n\nFrom: homeward@agency.test\nMessage-ID: <{id}@agency.test>")
}

fn whole(id: &str) -> String {
    format!(
        "Content-Type: message/rfc822\n\nFrom: homeward@agency.test\nMessage-ID: <{id}@agency.test>\n\
         Subject: Action due\n\nAn action is due."
    )
}

#[test]
fn a_failure_names_the_mail_by_its_headers_or_whole() {
    let failed = "Final-Recipient: rfc822; a@b.test\nAction: failed\nStatus: 5.1.1";
    for original in [headers(ID), whole(ID)] {
        let failure = read(&report(failed, &original)).unwrap();
        assert_eq!((failure.mail.to_string().as_str(), failure.status.as_str()), (ID, "5.1.1"));
        assert!(failure.about_address);
    }
}

#[test]
fn fields_are_read_in_any_case_and_with_comments() {
    let failed = "final-recipient: RFC822; a@b.test\naction: Failed\nstatus: 5.2.1 (mailbox disabled)";
    assert_eq!(read(&report(failed, &headers(ID))).unwrap().status, "5.2.1");
}

#[test]
fn what_is_said_about_us_or_the_way_is_no_word_about_the_address() {
    for status in ["5.7.1", "4.4.7"] {
        let failed = format!("Final-Recipient: rfc822; a@b.test\nAction: failed\nStatus: {status}");
        assert!(!read(&report(&failed, &headers(ID))).unwrap().about_address, "{status}");
    }
}

#[test]
fn a_failure_without_a_status_is_one() {
    let failed = "Final-Recipient: rfc822; a@b.test\nAction: failed";
    assert_eq!(read(&report(failed, &headers(ID))).unwrap().status, "5.0.0");
}

#[test]
fn a_server_that_sends_nothing_back_names_the_mail_as_what_it_answers() {
    let text = String::from_utf8(report("Action: failed\nStatus: 5.1.1", "Content-Type: text/plain\n\nGone.")).unwrap();
    let text = format!("In-Reply-To: <{ID}@agency.test>\n{text}");
    assert_eq!(read(text.as_bytes()).unwrap().mail.to_string(), ID);
}

#[test]
fn a_delay_a_success_and_a_letter_are_no_failures() {
    for action in ["delayed", "relayed", "delivered", "expanded"] {
        assert_eq!(read(&report(&format!("Action: {action}\nStatus: 4.0.0"), &headers(ID))), None, "{action}");
    }
    assert_eq!(read(b"Subject: Action: failed\n\nStatus: 5.1.1\n"), None);
    assert_eq!(read(&report("Action: failed\nStatus: 5.1.1", &headers("no-id-of-ours"))), None);
    assert_eq!(read(&[0xff; 300]), None);
}
