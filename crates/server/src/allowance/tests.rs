use super::*;
use crate::openapi;

#[test]
fn lm_03_what_is_never_held_back_is_there_to_be_posted_to() {
    let paths = openapi::document().paths.paths;
    for path in REPORTING {
        assert!(paths.get(path).is_some_and(|it| it.post.is_some()), "{path}");
    }
}

#[test]
fn lm_03_what_reports_is_enough_for_200_a_minute_with_blocks_on_ten_replicas() {
    let on_others = 10 * (REPORTS / BLOCKS);
    assert!(200 <= REPORTS - on_others, "{on_others}");
}
