//! What another transaction was in the way of is tried again inside the server (CC-05).

use std::time::Duration;

use homeward_store::StoreError;
use tokio::time::sleep;

use crate::problem::Problem;

/// After so many more tries the client is told to come again.
const MORE: u32 = 3;
/// Before the next try; longer each time, so that two do not meet again.
const PAUSE: Duration = Duration::from_millis(20);

/// Tries until nothing is in the way. The database ended the try before, so nothing of it was done.
pub async fn again<T>(attempt: impl AsyncFn() -> Result<T, Problem>) -> Result<T, Problem> {
    for tries in 1..=MORE {
        match attempt().await {
            Err(Problem::Unavailable(StoreError::Conflict(_))) => {
                metrics::counter!("conflicts_total").increment(1);
                sleep(PAUSE * tries * tries).await;
            }
            ended => return ended,
        }
    }
    attempt().await
}
