//! Clients that hang up, and work that is dropped in the middle, leave nothing open behind them (M-08).

use std::net::TcpListener;
use std::time::{Duration, Instant};

use homeward_domain::id::{ChildId, EpisodeId, Id};
use homeward_domain::policy::{ChangeEpisode, OwnReminders};
use homeward_server::ctx::AppState;
use homeward_server::serve::{self, Door};
use homeward_store::call::{Call, Origin};
use homeward_store::{Audited, Store, StoreError, episodes};
use serde_json::json;
use tokio::time::{sleep, timeout};
use tokio_postgres::Client;
use uuid::Uuid;

use super::{Dice, Faults, NOW, count};
use crate::support::{Case, Person, TestApp, at, new_child};

const HANGUPS: usize = 400;
const DROPS: usize = 400;

/// Sessions that sit in a transaction, and locks that anybody holds, in this database.
const LEFT_OPEN: &str = "select (select count(*) from pg_stat_activity where datname = current_database() \
    and pid <> pg_backend_pid() and (state like 'idle in transaction%' or state = 'active')) \
    + (select count(*) from pg_locks l join pg_database d on d.oid = l.database where d.datname = current_database() \
    and pid <> pg_backend_pid())";

/// What is still open after a second of peace, at most: the server ends what a dropped connection had begun.
async fn left_open(owner: &Client) -> i64 {
    let since = Instant::now();
    loop {
        let open = count(owner, LEFT_OPEN).await;
        if open == 0 || Duration::from_secs(1) < since.elapsed() {
            return open;
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// A server whose pool has two connections. Its address and its store.
async fn narrow(app: &TestApp) -> (String, Store) {
    let store = Store::open(&app.db.url, 2, app.keyring.clone()).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve::server(AppState { store: store.clone(), ..app.state.clone() }, Door::plain(listener)).unwrap());
    (address, store)
}

/// Whatever was cut off is whole or not there, and whoever comes next is served and believed.
async fn all_is_well(app: &TestApp, by: &Person) {
    let owner = app.db.owner().await;
    assert_eq!(left_open(&owner).await, 0);
    // No worker runs here, so all that is due waits.
    let found = Faults::find(&owner, app.now()).await;
    assert_eq!(Faults { overdue: 0, ..found }, Faults::default());
    let half = "select count(*) from missing_episodes e where not exists (select from audit_entries a \
        where a.child_id = e.child_id and a.action = 'episode_opened') \
        or 2 <> (select count(*) from duties d where d.episode_id = e.id)";
    assert_eq!(count(&owner, half).await, 0);
    for _ in 0..10 {
        let marker = new_child(by, json!({})).await;
        let there = format!("select count(*) from children where id = '{marker}'");
        assert_eq!(count(&owner, &there).await, 1);
    }
    assert_eq!(left_open(&owner).await, 0);
}

/// Asks for one of several things, and hangs up when the time is over. Says whether it did.
async fn hang_up(by: Person, child: String, kind: u64, patience: Duration) -> bool {
    let episodes = format!("/v1/children/{child}/missing-episodes");
    let body = json!({ "agency_information_received_at": NOW });
    let asked = async {
        match kind {
            0 => drop(by.post_once(&Uuid::new_v4().to_string(), &episodes, body).await),
            1 => drop(new_child(&by, json!({})).await),
            2 => drop(by.get(&format!("/v1/children/{child}"), 200).await),
            _ => drop(by.get("/v1/children", 200).await),
        }
    };
    timeout(patience, asked).await.is_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn db_04_clients_that_hang_up_leave_no_transaction_and_no_lock_behind() {
    let app = TestApp::at(NOW).await;
    let (address, _store) = narrow(&app).await;
    let by = app.caseworker().await.at_replica(&address);
    let (mut dice, mut gone) = (Dice::new(), 0);
    for _ in 0..HANGUPS / 20 {
        let child = new_child(&by, json!({})).await;
        let mut asked = Vec::new();
        for _ in 0..20 {
            let patience = Duration::from_micros(500 + dice.below(40_000));
            asked.push(tokio::spawn(hang_up(by.clone(), child.clone(), dice.below(4), patience)));
        }
        for it in asked {
            gone += usize::from(it.await.unwrap());
        }
    }
    println!("{gone} of {HANGUPS} requests were cut off");
    assert!(HANGUPS / 10 < gone, "{gone}");
    all_is_well(&app, &by).await;
}

/// A call of the caseworker, as a request would make it.
async fn call(owner: &Client) -> Call {
    let latest = "select agency_id, user_id, id from sessions s where user_id = \
        (select user_id from sign_ins where email = 'caseworker@demo.homeward.test') limit 1";
    let row = owner.query_one(latest, &[]).await.unwrap();
    let [agency, user, session]: [Uuid; 3] = [row.get(0), row.get(1), row.get(2)];
    let (agency, user, session) = (Id::from_uuid(agency), Id::from_uuid(user), Id::from_uuid(session));
    Call { agency, user, session, key: None, at: at(NOW), origin: Origin::default() }
}

/// Does one of several things straight at the store, and is dropped when the time is over. Says whether it was.
async fn drop_early(store: Store, call: Call, case: (ChildId, EpisodeId), kind: u64, patience: Duration) -> bool {
    let (child, episode) = case;
    let work = async {
        let done: Result<(), StoreError> = match kind {
            0 => store.lease("dropped", call.at, 50).await.map(drop),
            1 => store.next_rung_at().await.map(drop),
            2 => store.list::<OwnReminders, _, _>(&call, async |_, grant| Ok(seen(grant))).await,
            _ => {
                store
                    .write::<ChangeEpisode, _, _>(&call, child, async |tx, permit| {
                        let before = episodes::lock(tx, permit, episode).await?;
                        drop(episodes::save(tx, permit, before).await?);
                        tx.plan().await?;
                        Ok(Audited::unchanged(()))
                    })
                    .await
            }
        };
        drop(done);
    };
    timeout(patience, work).await.is_err()
}

fn seen(grant: &homeward_domain::policy::Grant<OwnReminders>) -> homeward_store::Seen<()> {
    homeward_store::Seen((), grant.saw(Vec::new()))
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_is_dropped_in_the_middle_leaves_no_transaction_and_no_lock_behind() {
    let app = TestApp::at(NOW).await;
    let Case { worker, child, episode, .. } = app.given_case().await;
    let (address, store) = narrow(&app).await;
    let (call, case) = (call(&app.db.owner().await).await, (child.parse().unwrap(), episode.parse().unwrap()));
    let (mut dice, mut gone) = (Dice::new(), 0);
    for _ in 0..DROPS / 8 {
        let mut begun = Vec::new();
        for _ in 0..8 {
            let patience = Duration::from_micros(dice.below(12_000));
            begun.push(tokio::spawn(drop_early(store.clone(), call.clone(), case, dice.below(4), patience)));
        }
        for it in begun {
            gone += usize::from(it.await.unwrap());
        }
    }
    println!("{gone} of {DROPS} pieces of work were dropped");
    assert!(DROPS / 10 < gone, "{gone}");
    let versions = "select count(*) from missing_episodes where version <> 1";
    assert_eq!(count(&app.db.owner().await, versions).await, 0, "an unexplained change was kept");
    all_is_well(&app, &worker.at_replica(&address)).await;
}

#[tokio::test]
async fn a_transaction_left_open_would_be_found() {
    let app = TestApp::at(NOW).await;
    app.given_case().await;
    let (owner, careless) = (app.db.owner().await, app.db.owner().await);
    assert_eq!(left_open(&owner).await, 0);
    careless.batch_execute("begin").await.unwrap();
    assert_eq!(left_open(&owner).await, 1);
    careless.batch_execute("select from missing_episodes for update").await.unwrap();
    assert!(1 < left_open(&owner).await);
    careless.batch_execute("rollback").await.unwrap();
    assert_eq!(left_open(&owner).await, 0);
}
