//! Lists on the wire: `{"data": […], "page": {"next": …}}`, with signed cursors.

use chrono::DateTime;
use homeward_store::page::{After, Page, Window};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::token::Keys;
use crate::problem::Problem;

const DEFAULT_LIMIT: u8 = 25;
const MAX_LIMIT: u8 = 200;

/// Where the next page begins.
#[derive(Serialize, ToSchema)]
pub struct PageView {
    /// Opaque; null where this is the last page.
    pub next: Option<String>,
}

/// A page or a whole short list. `T` is the view of one row.
#[derive(Serialize, ToSchema)]
pub struct List<T> {
    /// The rows.
    pub data: Vec<T>,
    /// Where the next page begins.
    pub page: PageView,
}

impl<T> List<T> {
    /// A list that is shown whole.
    pub fn whole(data: Vec<T>) -> Self {
        Self { data, page: PageView { next: None } }
    }

    /// One page.
    pub fn page(keys: &Keys, page: Page<T>) -> Self {
        Self { data: page.rows, page: PageView { next: page.next.map(|it| encode(keys, &it)) } }
    }
}

/// The window that `limit` and `cursor` ask for.
pub fn window(keys: &Keys, limit: Option<u8>, cursor: Option<&str>) -> Result<Window, Problem> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::InvalidQuery(format!("limit: must be 1 to {MAX_LIMIT}")));
    }
    let after = cursor.map(|it| decode(keys, it)).transpose()?;
    Ok(Window { limit: limit.into(), after })
}

fn encode(keys: &Keys, after: &After) -> String {
    let mut bytes = after.at.timestamp_micros().to_be_bytes().to_vec();
    bytes.extend_from_slice(after.id.as_bytes());
    keys.sign_cursor(&bytes)
}

fn decode(keys: &Keys, cursor: &str) -> Result<After, Problem> {
    let bytes = keys.verify_cursor(cursor).ok_or(Problem::InvalidCursor)?;
    let (at, id) = bytes.split_first_chunk::<8>().ok_or(Problem::InvalidCursor)?;
    let at = DateTime::from_timestamp_micros(i64::from_be_bytes(*at)).ok_or(Problem::InvalidCursor)?;
    let id = Uuid::from_slice(id).map_err(|_| Problem::InvalidCursor)?;
    Ok(After { at, id })
}
