//! A request that comes with a key of a program.

use actix_web::HttpRequest;
use chrono::{DateTime, Utc};
use homeward_store::StoreError;
use homeward_store::call::{Call, Origin};

use crate::allowance;
use crate::ctx::AppState;
use crate::problem::Problem;

/// A key that is none counts as a stranger's request, one that stands for itself.
pub(super) async fn call(
    app: &AppState,
    request: &HttpRequest,
    (text, origin): (&str, Origin),
    at: DateTime<Utc>,
) -> Result<Call, Problem> {
    let call = match app.keys.read_machine_key(text) {
        Ok(key) => app.store.call_by_key(key, origin, at).await,
        Err(_) => Err(StoreError::SignedOut),
    };
    match call {
        Ok(call) => {
            allowance::admit(app, request, &call).await?;
            Ok(call)
        }
        Err(StoreError::SignedOut) => {
            allowance::admit_stranger(app, request, at).await?;
            Err(Problem::SignInRequired)
        }
        Err(other) => Err(other.into()),
    }
}
