//! Two synthetic agencies to try everything on, and how one person is added to an agency.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use chrono::{DateTime, NaiveDate, Utc};
use homeward_domain::child::UnderTwentySix;
use homeward_domain::id::{AgencyId, ChildId, Id};
use homeward_domain::policy::{Reach, Role};
use homeward_domain::reading::ReadingBudget;
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_domain::zone::Zone;
use homeward_store::StoreError;
use homeward_store::agencies::{NewChild, NewPerson, Setup};
use homeward_store::call::{Agency, Rules};
use homeward_store::seal::Keyring;
use uuid::Uuid;

use crate::auth::password::{Cost, Password, PasswordError, PasswordRule, Passwords};
use crate::auth::token::{NoRandomness, Secret};
use crate::problem::Problem;

mod back;
mod cases;
mod hand;
mod missing;
mod picture;
mod user;

pub use cases::{Stage, load_cases};
pub use user::{NewUser, UserError, choose_reading, create_user, give_password, read_password};

/// An agency, what it consists of, and the local part of whoever stands on its last rung.
struct Sample {
    name: &'static str,
    zone: &'static str,
    domain: &'static str,
    units: &'static [(&'static str, &'static str)],
    people: &'static [Someone],
    contact: &'static str,
    children: &'static [(&'static str, &'static str, NaiveDate)],
}

/// The local part of an e-mail, a name, a role, and a unit; none for the whole agency.
struct Someone(&'static str, &'static str, Role, Option<&'static str>);

/// Synthetic children live in the first unit, with the caseworker.
const SAMPLES: [Sample; 2] = [
    Sample {
        name: "Demo State",
        zone: "America/Chicago",
        domain: "demo.homeward.test",
        units: &[
            ("north-county", "North County"),
            ("south-county", "South County"),
            ("east-county", "East County"),
            ("west-county", "West County"),
            ("metro", "Metro"),
        ],
        people: &[
            Someone("caseworker", "Demo Caseworker", Role::Caseworker, Some("north-county")),
            Someone("supervisor", "Demo Supervisor", Role::Supervisor, Some("north-county")),
            Someone("auditor", "Demo Auditor", Role::Auditor, None),
            Someone("on-call", "Demo On-Call", Role::OnCall, None),
            Someone("administrator", "Demo Administrator", Role::Administrator, None),
            Someone("privacy", "Demo Privacy Officer", Role::PrivacyOfficer, None),
            Someone("director", "Demo Director", Role::Supervisor, None),
        ],
        contact: "director",
        children: &[("Sample", "One", born(2010, 3, 14)), ("Sample", "Two", born(2012, 9, 2))],
    },
    Sample {
        name: "Other State",
        zone: "America/New_York",
        domain: "other.homeward.test",
        units: &[("central", "Central")],
        people: &[
            Someone("caseworker", "Other Caseworker", Role::Caseworker, Some("central")),
            Someone("supervisor", "Other Supervisor", Role::Supervisor, Some("central")),
        ],
        contact: "supervisor",
        children: &[("Sample", "Three", born(2011, 6, 21))],
    },
];

/// So many characters of [`ALPHABET`] are 100 bits.
const PASSWORD_CHARS: usize = 20;

/// 32 characters that nobody takes for another.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Why the demo was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The given password cannot be one.
    #[error("the password of the demo people {0}")]
    Rule(#[from] PasswordRule),
    /// It could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// None could be made up.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// A case could not be told to its end.
    #[error(transparent)]
    Told(#[from] Problem),
    /// The name of an agency or a sign-in of the demo belongs to somebody else.
    #[error("{0} is there already, and not from the demo")]
    Taken(String),
}

/// What was loaded, or had been.
pub struct Demo {
    /// Everyone who can sign in.
    pub sign_ins: Vec<DemoSignIn>,
    /// What they type.
    pub password: DemoPassword,
    /// Children to try it on, those of the demo caseworker first.
    pub children: Vec<DemoChild>,
}

/// Someone who can sign in.
#[derive(Clone, Debug)]
pub struct DemoSignIn {
    /// With this e-mail.
    pub email: String,
    /// In this role.
    pub role: Role,
    /// At this agency.
    pub agency: &'static str,
    /// In this unit; none for the whole agency.
    pub unit: Option<&'static str>,
}

/// A synthetic child.
#[derive(Clone, Debug)]
pub struct DemoChild {
    /// The same on every machine.
    pub id: ChildId,
    /// Synthetic.
    pub name: String,
    /// Whose.
    pub agency: &'static str,
}

/// The one password of all demo people.
pub enum DemoPassword {
    /// Made up just now, and shown this once.
    MadeUp(String),
    /// Given by whoever loads the demo. Not shown.
    Given,
    /// Set when the demo was loaded before, and kept.
    SetBefore,
}

/// The password and its hash. One salt will do for all: the password is the same anyway.
struct Chosen {
    password: DemoPassword,
    hash: String,
}

/// Loads both agencies as the owner of the tables at `url`. What is there already stays as it is.
pub async fn load(
    url: &str,
    keyring: &Keyring,
    password: Option<String>,
    now: DateTime<Utc>,
) -> Result<Demo, DemoError> {
    let mut setup = Setup::begin(url, now).await?;
    let chosen = choose(&mut setup, password).await?;
    let (mut sign_ins, mut children) = (Vec::new(), Vec::new());
    for sample in &SAMPLES {
        let agency = sample.add(&mut setup).await?;
        for person in sample.people {
            sample.add_person(&mut setup, agency, person, &chosen).await?;
            sign_ins.push(sample.sign_in(person));
        }
        setup.add_contact(agency, id(sample.domain, sample.contact)).await?;
        children.extend(sample.add_children(&mut setup, keyring, agency).await?);
    }
    setup.commit().await?;
    Ok(Demo { sign_ins, password: chosen.password, children })
}

async fn choose(setup: &mut Setup, given: Option<String>) -> Result<Chosen, DemoError> {
    let first = SAMPLES.iter().flat_map(|it| it.people.iter().map(|person| it.email(person))).next();
    let before = setup.find_password_hash(&first.unwrap_or_default()).await?;
    let (password, text) = match (given, before) {
        (Some(given), _) => (DemoPassword::Given, given),
        (None, Some(hash)) => return Ok(Chosen { password: DemoPassword::SetBefore, hash }),
        (None, None) => {
            let text = make_up()?;
            (DemoPassword::MadeUp(text.clone()), text)
        }
    };
    let hash = Passwords::new(Cost::STRONG).hash(&Password::parse(text)?).await?;
    Ok(Chosen { password, hash })
}

fn make_up() -> Result<String, NoRandomness> {
    let secret = Secret::random()?;
    let letters = secret.bytes().iter().filter_map(|it| ALPHABET.get(usize::from(*it) % ALPHABET.len()));
    Ok(letters.take(PASSWORD_CHARS).map(|it| char::from(*it)).collect())
}

/// The same on every machine and in every run.
fn id<T>(domain: &str, name: &str) -> Id<T> {
    Id::from_uuid(Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("https://{domain}/{name}").as_bytes()))
}

const fn born(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}

/// The demo is there to be tried, by programs too.
const TRIED: ReadingBudget = ReadingBudget { an_hour: 1_000_000, a_day: 1_000_000 };

impl Sample {
    /// The agency and its units.
    async fn add(&self, setup: &mut Setup) -> Result<AgencyId, DemoError> {
        let agency = Agency {
            id: id(self.domain, "agency"),
            name: self.name.to_owned(),
            zone: Zone::parse(self.zone).map_err(|_| StoreError::Corrupt("agencies.time_zone"))?,
            rules: Rules::federal(),
            under_twenty_six: UnderTwentySix::NotElected,
        };
        setup.add_agency(&agency).await?;
        if setup.find_agency(self.name).await?.is_some_and(|it| it != agency.id) {
            return Err(DemoError::Taken(self.name.to_owned()));
        }
        for (code, name) in self.units {
            setup.add_unit(agency.id, id(self.domain, code), code, name).await?;
        }
        for role in Role::ALL {
            setup.set_reading_budget(agency.id, *role, TRIED).await?;
        }
        Ok(agency.id)
    }

    async fn add_person(
        &self,
        setup: &mut Setup,
        agency: AgencyId,
        person: &Someone,
        chosen: &Chosen,
    ) -> Result<(), DemoError> {
        let Someone(local, name, role, unit) = person;
        let email = self.email(person);
        let new = NewPerson {
            id: id(self.domain, local),
            email: email.clone(),
            name: (*name).to_owned(),
            role: *role,
            reach: unit.map_or(Reach::WholeAgency, |code| Reach::Units(vec![id(self.domain, code)])),
            password_hash: chosen.hash.clone(),
        };
        let user = new.id;
        let keeps = matches!(chosen.password, DemoPassword::SetBefore);
        if setup.add_person(agency, new).await? || keeps || setup.set_password(agency, user, &chosen.hash).await? {
            return Ok(());
        }
        Err(DemoError::Taken(email))
    }

    async fn add_children(
        &self,
        setup: &mut Setup,
        keyring: &Keyring,
        agency: AgencyId,
    ) -> Result<Vec<DemoChild>, DemoError> {
        let mut children = Vec::new();
        let home = self.units.first().map(|(code, _)| *code).unwrap_or_default();
        for (given, family, date_of_birth) in self.children {
            let name = format!("{given} {family}");
            let child = id(self.domain, &name);
            let new = NewChild {
                id: child,
                agency_person_id: format!("DEMO-{}", family.to_uppercase()),
                given_name: (*given).to_owned(),
                family_name: (*family).to_owned(),
                date_of_birth: *date_of_birth,
                unit: id(self.domain, home),
                worker: id(self.domain, "caseworker"),
            };
            setup.add_child(keyring, agency, new).await?;
            children.push(DemoChild { id: child, name, agency: self.name });
        }
        Ok(children)
    }

    fn email(&self, person: &Someone) -> String {
        format!("{}@{}", person.0, self.domain)
    }

    fn sign_in(&self, person: &Someone) -> DemoSignIn {
        DemoSignIn { email: self.email(person), role: person.2, agency: self.name, unit: person.3 }
    }
}

impl Demo {
    /// What to paste into a terminal to sign in and open an episode, with the server at `listen`.
    pub fn try_it(&self, listen: SocketAddr) -> String {
        let host = if listen.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { listen.ip() };
        let (Some(who), Some(child)) = (self.sign_ins.first(), self.children.first()) else { return String::new() };
        include_str!("demo/try_it.txt")
            .replace("{base}", &format!("http://{}", SocketAddr::new(host, listen.port())))
            .replace("{email}", &who.email)
            .replace("{password}", self.password.in_a_shell())
            .replace("{child}", &child.id.to_string())
    }
}

impl DemoPassword {
    /// Inside single quotes. One that was given is not repeated.
    fn in_a_shell(&self) -> &str {
        match self {
            Self::MadeUp(text) => text,
            Self::Given => r#"'"$HOMEWARD_DEMO_PASSWORD"'"#,
            Self::SetBefore => "THE-PASSWORD-PRINTED-BEFORE",
        }
    }
}

impl fmt::Display for Demo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Synthetic agencies. Sign in as:")?;
        for it in &self.sign_ins {
            let reach = it.unit.unwrap_or("whole agency");
            writeln!(f, "  {:<34} {:<16} {}, {reach}", it.email, it.role.code(), it.agency)?;
        }
        let password = match &self.password {
            DemoPassword::MadeUp(text) => format!("{text} (shown this once)"),
            DemoPassword::Given => "as in HOMEWARD_DEMO_PASSWORD".to_owned(),
            DemoPassword::SetBefore => "set before and kept; HOMEWARD_DEMO_PASSWORD sets another".to_owned(),
        };
        writeln!(f, "Password of all: {password}")?;
        write!(f, "Synthetic children:")?;
        self.children.iter().try_for_each(|it| write!(f, "\n  {}  {}, {}", it.id, it.name, it.agency))
    }
}
