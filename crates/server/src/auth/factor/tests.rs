use std::collections::BTreeSet;

use super::*;

/// The secret of RFC 6238, appendix B.
const SECRET: &[u8] = b"12345678901234567890";

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).expect("an instant")
}

#[test]
fn mf_02_a_code_counts_for_its_step_and_one_before_and_after() {
    // RFC 6238, appendix B, cut to six digits.
    for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
        let step = seconds / 30;
        for now in [seconds, (step - 1) * 30, (step + 1) * 30 + 29] {
            assert_eq!(super::step(SECRET, code, at(now)), Some(step), "{code} at {now}");
        }
        for now in [(step + 2) * 30, (step - 1) * 30 - 1] {
            assert_eq!(super::step(SECRET, code, at(now)), None, "{code} at {now}");
        }
    }
}

#[test]
fn mf_04_codes_to_recover_with_are_ten_of_80_bits_and_read_however_they_are_typed() {
    let codes = recovery_codes().expect("random bytes");
    let distinct: BTreeSet<&String> = codes.iter().map(|it| &it.0).collect();
    assert_eq!((codes.len(), distinct.len()), (10, 10));
    for (shown, stored) in &codes {
        assert_eq!(shown.chars().filter(|it| *it != '-').count() * 5, 80);
        for typed in [shown.clone(), shown.to_uppercase(), shown.replace('-', " "), shown.replace('-', "")] {
            let FactorCode::Recovery(read) = FactorCode::parse(&typed) else { panic!("{typed}") };
            assert_eq!(read.0, stored.0);
        }
    }
    assert!(matches!(FactorCode::parse("123 456"), FactorCode::Counted(code) if code == "123456"));
}

#[test]
fn what_an_app_scans_names_the_person_and_the_product() {
    let enrolment = enrolment("ada@example.test").expect("an enrolment");
    assert_eq!(enrolment.secret.len(), 20);
    assert!(enrolment.url.starts_with("otpauth://totp/"), "{}", enrolment.url);
    assert!(enrolment.url.contains(&enrolment.base32) && enrolment.url.contains("Homeward"));
}
