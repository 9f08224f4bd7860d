//! Who is there: as the database has them, and the same as the model has them.

use std::time::Duration;

use chrono::NaiveTime;
use homeward_domain::zone::Zone;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use super::dice::Dice;
use super::model::roster::{Address, Person, Roster};
use crate::support::{Endpoint, TestApp};

/// Those who can stand on a rung. The supervisor acts in every history, and is never disabled.
const NAMES: [&str; 8] = ["caseworker", "second", "third", "supervisor", "senior", "on-call", "night", "director"];
pub const CASEWORKERS: [usize; 3] = [0, 1, 2];
pub const SUPERVISOR: usize = 3;

const ADD: &str = "with made as (insert into users (agency_id, id, email, name, role, whole_agency, created_at, version) \
    select agency_id, gen_random_uuid(), $1::text || '@demo.homeward.test', $1::text, $2::text, false, created_at, 1 \
    from users where email = 'caseworker@demo.homeward.test' returning *), \
    placed as (insert into user_units (agency_id, user_id, unit_id) select m.agency_id, m.id, u.id from made m \
    join units u on u.agency_id = m.agency_id and u.code = 'north-county') \
    insert into sign_ins (email, agency_id, user_id, password_hash, used_at) \
    select m.email, m.agency_id, m.id, s.password_hash, s.used_at \
    from made m join sign_ins s on s.email = 'caseworker@demo.homeward.test'";

const ADDRESS: &str = "insert into addresses (agency_id, id, user_id, position, email, added_at) \
    select agency_id, gen_random_uuid(), id, $2::int4, $2::int4::text || '-' || email, created_at from users where id = $1";

const CHOICE: &str = "insert into preferences (agency_id, user_id, version, mail_for_aims, digest_at, recorded_at) \
    select agency_id, id, 1, $2, $3, created_at from users where id = $1";

/// Someone, and where they are reached.
pub struct Someone {
    pub id: Uuid,
    pub name: &'static str,
    pub emails: Vec<String>,
}

/// Adds people to the demo agency, with addresses and choices, and builds the same for the model.
pub async fn gather(owner: &Client, dice: &mut Dice) -> (Vec<Someone>, Roster, Zone) {
    for (name, role) in
        [("second", "caseworker"), ("third", "caseworker"), ("senior", "supervisor"), ("night", "on_call")]
    {
        owner.execute(ADD, &[&name, &role]).await.unwrap();
    }
    let (mut everyone, mut people) = (Vec::new(), Vec::new());
    for name in NAMES {
        let email = format!("{name}@demo.homeward.test");
        let id: Uuid = owner.query_one("select id from users where email = $1", &[&email]).await.unwrap().get(0);
        let mut emails = vec![email.clone()];
        for position in 1..1 + dice.between(0, 3) {
            owner.execute(ADDRESS, &[&id, &i32::try_from(position).unwrap()]).await.unwrap();
            emails.push(format!("{position}-{email}"));
        }
        let addresses = vec![Address::default(); emails.len()];
        let (digest_at, mail_for_aims) = choice(owner, id, dice).await;
        people.push(Person { is_disabled: false, addresses, digest_at, mail_for_aims });
        everyone.push(Someone { id, name, emails });
    }
    let zone = "select a.time_zone from agencies a join users u on u.agency_id = a.id where u.id = $1";
    let zone: String = owner.query_one(zone, &[&everyone[0].id]).await.unwrap().get(0);
    let roster = Roster { people, supervisors: vec![3, 4], on_call: vec![5, 6], contact: Some(7), ..Roster::default() };
    (everyone, roster, Zone::parse(&zone).unwrap())
}

async fn choice(owner: &Client, id: Uuid, dice: &mut Dice) -> (Option<NaiveTime>, Option<bool>) {
    if dice.percent(60) {
        return (None, None);
    }
    let hour = u32::try_from(dice.below(24)).unwrap();
    let (digest_at, mail_for_aims) = (NaiveTime::from_hms_opt(hour, 30, 0).unwrap(), dice.percent(50));
    owner.execute(CHOICE, &[&id, &mail_for_aims, &digest_at]).await.unwrap();
    (Some(digest_at), Some(mail_for_aims))
}

/// Two endpoints of the agency, approved, proven and active. Nothing is sent to them: the history says what they answer.
pub async fn endpoints(app: &TestApp, owner: &Client) -> Vec<Uuid> {
    let endpoint = Endpoint::start();
    endpoint.answer(200, Duration::ZERO);
    let (admin, second) = (app.person("administrator").await, app.second_administrator().await);
    for place in ["one", "two"] {
        let url = format!("{}/{place}", endpoint.url);
        let made = admin.post("/v1/webhooks", json!({ "url": url, "contact_email": "systems@agency.test" }), 201).await;
        let path = format!("/v1/webhooks/{}", made["id"].as_str().unwrap());
        let approval = json!({ "emergency_reason": "the county's system goes live tonight" });
        second.put(&path, &format!("{path}/approval"), approval, 200).await;
        admin.send(reqwest::Method::POST, &format!("{path}/proof"), None, &[]).await.expect_status(200, &path);
    }
    let rows = owner.query("select id from webhooks order by id", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}
