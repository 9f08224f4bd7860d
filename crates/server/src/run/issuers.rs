//! Which providers an agency trusts, from the command line.

use std::sync::Arc;

use homeward_store::Store;
use homeward_store::agencies::Setup;

use super::{Database, Failure, ensure_current, print};
use crate::cli::IssuerCommand;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::issuers;
use crate::provider::{Fetcher, Providers};

/// What asks issuers for their keys.
fn fetcher(config: &Config) -> Fetcher {
    Fetcher::new(config.issuer_allow.clone()).trusting(config.issuer_ca.clone())
}

/// Who else says who somebody is, with their keys looked after.
pub(super) fn providers(config: &Config, store: &Store, clock: &Arc<dyn Clock>) -> Arc<Providers> {
    let providers = Arc::new(Providers::new(store.clone(), fetcher(config)));
    tokio::spawn(providers.clone().watch(clock.clone()));
    providers
}

pub(super) async fn manage_issuer(command: IssuerCommand, config: &Config, database: &Database) -> Result<(), Failure> {
    ensure_current(database).await?;
    let url = &database.owner_url;
    match command {
        IssuerCommand::Set(trust) => {
            let (issuer, jwks_url) = (trust.issuer.clone(), trust.jwks_url.clone());
            let fetcher = fetcher(config);
            let id = issuers::set(url, *trust, &fetcher, SystemClock.now()).await?;
            print(&format!("{id} is trusted; whoever it signed in before signs in again"));
            print(&match fetcher.keys(&issuer, jwks_url.as_deref()).await {
                Ok(keys) => format!("it has {} keys now", keys.len()),
                Err(error) => format!("its keys cannot be read yet: {error}"),
            });
        }
        IssuerCommand::List => {
            let mut setup = Setup::begin(url, SystemClock.now()).await?;
            setup.issuers().await?.iter().for_each(|it| print(&issuers::told(it)));
        }
        IssuerCommand::Remove { agency, issuer, audience } => {
            issuers::remove(url, &agency, (&issuer, &audience), SystemClock.now()).await?;
            print("it is trusted no more");
        }
    }
    Ok(())
}
