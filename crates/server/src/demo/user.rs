//! Adding one person to an agency, from the command line.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use chrono::{DateTime, Utc};
use homeward_domain::id::{AgencyId, UserId};
use homeward_domain::policy::{Reach, Role};
use homeward_domain::reading::ReadingBudget;
use homeward_domain::text::{Name, Text};
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_store::agencies::{NewPerson, Setup};
use homeward_store::{StoreError, call};

use crate::auth::password::{Cost, Password, PasswordError, PasswordRule, Passwords};
use crate::cli::Reading;

/// More than any password; a wrong path is not read into memory.
const MAX_BYTES: u64 = 4096;

/// Someone to add, as it was typed.
pub struct NewUser {
    /// By name.
    pub agency: String,
    /// What they sign in with.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they do, by code.
    pub role: String,
    /// Where they work, by code; none for the whole agency.
    pub units: Vec<String>,
    /// They work for the whole agency.
    pub whole_agency: bool,
    /// What they type to sign in.
    pub password: Password,
    /// What a guess at it costs.
    pub cost: Cost,
}

/// Why a person was not added.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password could not be hashed.
    #[error(transparent)]
    Hash(#[from] PasswordError),
    /// The password cannot be one.
    #[error("the password: {0}")]
    Rule(#[from] PasswordRule),
    /// The password could not be read.
    #[error("the password cannot be read")]
    Unreadable(#[from] io::Error),
    /// The password is not text.
    #[error("the password is not UTF-8")]
    NotText,
    /// Everything that is wrong with the rest.
    #[error("{}", .0.join("; "))]
    Refused(Vec<String>),
}

/// A new password from a file, else from standard input. One newline at its end does not belong to it.
pub fn read_password(file: Option<&Path>) -> Result<Password, UserError> {
    match file {
        Some(path) => read_from(File::open(path)?),
        None => read_from(io::stdin().lock()),
    }
}

fn read_from(source: impl Read) -> Result<Password, UserError> {
    let mut bytes = Vec::new();
    source.take(MAX_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8(bytes).map_err(|_| UserError::NotText)?;
    let text = text.strip_suffix('\n').map_or(text.as_str(), |it| it.strip_suffix('\r').unwrap_or(it));
    Ok(Password::choose(text.to_owned(), &[])?)
}

/// Adds a person as the owner of the tables at `url`. Every fault is told at once.
pub async fn create_user(url: &str, new: NewUser, now: DateTime<Utc>) -> Result<UserId, UserError> {
    let mut faults = Vec::new();
    let email = noted(&mut faults, email(&new.email));
    let name = noted(&mut faults, Name::parse(&new.name).map_err(|error| format!("the name {error}")));
    let role = noted(&mut faults, Role::parse(&new.role).map_err(|error| error.to_string()));
    let mut setup = Setup::begin(url, now).await?;
    let agency = setup.find_agency(&new.agency).await?;
    let agency = noted(&mut faults, agency.ok_or_else(|| format!("there is no agency `{}`", new.agency)));
    let reach = match agency {
        Some(agency) => noted(&mut faults, reach(&mut setup, agency, &new).await?),
        None => None,
    };
    let (Some(agency), Some(email), Some(name), Some(role), Some(reach)) = (agency, email, name, role, reach) else {
        return Err(UserError::Refused(faults));
    };
    new.password.judge_new(&[&new.agency, &new.email, &new.name])?;
    let password_hash = Passwords::new(new.cost).hash(&new.password).await?;
    let id = call::new_id(now);
    let person = NewPerson { id, email, name: name.into(), role, reach, password_hash };
    if !setup.add_person(agency, person).await? {
        return Err(UserError::Refused(vec!["somebody signs in with this e-mail already".to_owned()]));
    }
    setup.commit().await?;
    Ok(id)
}

/// Gives someone who was added by an administrator, or who forgot theirs, a password.
pub async fn give_password(
    url: &str,
    (agency, address): (&str, &str),
    (password, cost): (Password, Cost),
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    let refused = |why: String| UserError::Refused(vec![why]);
    let address = email(address).map_err(refused)?;
    password.judge_new(&[agency, &address])?;
    let hash = Passwords::new(cost).hash(&password).await?;
    let mut setup = Setup::begin(url, now).await?;
    let found = setup.find_agency(agency).await?;
    let agency = found.ok_or_else(|| refused(format!("there is no agency `{agency}`")))?;
    if !setup.give_password(agency, &address, &hash).await? {
        return Err(refused(format!("nobody of the agency has `{address}`, or somebody of another signs in with it")));
    }
    Ok(setup.commit().await?)
}

/// How many records the people of a role open as part of their work (LM-06).
pub async fn choose_reading(url: &str, chosen: Reading, now: DateTime<Utc>) -> Result<(), UserError> {
    let Reading { agency, role, an_hour, a_day } = chosen;
    let refused = |why: String| UserError::Refused(vec![why]);
    let role = Role::parse(&role).map_err(|error| refused(error.to_string()))?;
    if a_day < an_hour {
        return Err(refused("a day takes no less than an hour".to_owned()));
    }
    let mut setup = Setup::begin(url, now).await?;
    let found = setup.find_agency(&agency).await?;
    let agency = found.ok_or_else(|| refused(format!("there is no agency `{agency}`")))?;
    setup.set_reading_budget(agency, role, ReadingBudget { an_hour, a_day }).await?;
    Ok(setup.commit().await?)
}

fn noted<T>(faults: &mut Vec<String>, result: Result<T, String>) -> Option<T> {
    result.map_err(|fault| faults.push(fault)).ok()
}

/// In lower case. Whether mail arrives is not asked.
fn email(text: &str) -> Result<String, String> {
    let email =
        Text::<254>::parse(text).map(|it| it.as_str().to_lowercase()).map_err(|it| format!("the e-mail {it}"))?;
    let parts = email.split_once('@').filter(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if parts.is_none() || email.contains(char::is_whitespace) {
        return Err(format!("`{email}` is not an e-mail"));
    }
    Ok(email)
}

async fn reach(setup: &mut Setup, agency: AgencyId, new: &NewUser) -> Result<Result<Reach, String>, StoreError> {
    if new.whole_agency != new.units.is_empty() {
        return Ok(Err("give either units or the whole agency".to_owned()));
    }
    let (mut units, mut unknown) = (Vec::new(), Vec::new());
    for code in &new.units {
        match setup.find_unit(agency, code).await? {
            Some(unit) => units.push(unit),
            None => unknown.push(code.as_str()),
        }
    }
    units.sort_unstable();
    units.dedup();
    Ok(if !unknown.is_empty() {
        Err(format!("there is no unit {}", unknown.join(", ")))
    } else if new.whole_agency {
        Ok(Reach::WholeAgency)
    } else {
        Ok(Reach::Units(units))
    })
}
