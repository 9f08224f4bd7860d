//! A kept packet beside the records as they are now: which items no longer say the same.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// An item that no longer says the same.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Difference {
    /// The item, or the member of the packet.
    pub item: String,
    /// As the packet says; null where it says nothing.
    #[schema(value_type = Value)]
    pub was: Value,
    /// As the records say now.
    #[schema(value_type = Value)]
    pub now: Value,
}

/// They differ in every packet, and say nothing of the child.
const OF_THE_PACKET: [&str; 6] = ["format", "version", "made_at", "prepared_by", "prepared_by_email", "note"];

/// What is told apart item by item.
const GROUPS: [&str; 2] = ["child", "event"];

/// The items that differ, by name.
pub fn between(was: &Value, now: &Value) -> Vec<Difference> {
    let (was, now) = (flat(was), flat(now));
    let mut names: Vec<&String> = was.keys().chain(now.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let value = |of: &Map<String, Value>, name: &str| of.get(name).cloned().unwrap_or(Value::Null);
    let both = names.into_iter().map(|it| Difference { item: it.clone(), was: value(&was, it), now: value(&now, it) });
    both.filter(|it| it.was != it.now).collect()
}

/// Every item under its own name.
fn flat(packet: &Value) -> Map<String, Value> {
    let mut flat = Map::new();
    for (name, value) in packet.as_object().into_iter().flatten() {
        match value {
            _ if OF_THE_PACKET.contains(&name.as_str()) => {}
            Value::Object(fields) if GROUPS.contains(&name.as_str()) => flat.extend(fields.clone()),
            Value::Array(items) if name == "items" => flat.extend(items.iter().filter_map(stated)),
            _ => {
                flat.insert(name.clone(), value.clone());
            }
        }
    }
    flat
}

fn stated(item: &Value) -> Option<(String, Value)> {
    let name = item.get("item")?.as_str()?.to_owned();
    let value = item.get("value").filter(|it| !it.is_null()).or_else(|| item.get("status"))?;
    Some((name, value.clone()))
}
