//! The role that runs adds to the trail, and takes nothing away.

use super::Signed;

#[tokio::test]
async fn ad_05_the_running_role_can_add_to_the_trail_and_change_and_delete_nothing_of_it() {
    let signed = Signed::new().await;
    let owner = signed.app.db.owner().await;
    owner.batch_execute("set role homeward_app").await.unwrap();
    for table in ["audit_entries", "looks", "look_children", "audit_links", "audit_checkpoints"] {
        for statement in [
            format!("update {table} set agency_id = agency_id"),
            format!("delete from {table}"),
            format!("truncate {table}"),
            format!("alter table {table} disable trigger all"),
            format!("drop table {table}"),
        ] {
            let refused = owner.batch_execute(&statement).await.unwrap_err();
            let reason = refused.as_db_error().unwrap().message().to_owned();
            assert!(reason.contains("permission denied") || reason.contains("must be owner"), "{statement}: {reason}");
        }
    }
    let past = owner.batch_execute("set session_replication_role = replica").await;
    assert!(past.is_err(), "the triggers cannot be passed");
}

#[tokio::test]
async fn ad_05_even_the_owner_meets_a_trigger_before_a_change() {
    let signed = Signed::new().await;
    let owner = signed.app.db.owner().await;
    for table in ["audit_entries", "looks", "look_children", "audit_links", "audit_checkpoints"] {
        for statement in [format!("delete from {table}"), format!("truncate {table}")] {
            let refused = owner.batch_execute(&statement).await.unwrap_err();
            assert!(refused.as_db_error().unwrap().message().ends_with("is append-only"), "{statement}");
        }
    }
}
