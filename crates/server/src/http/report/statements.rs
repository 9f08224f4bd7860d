//! A group of statements on the wire: an object with a member for each item of the group.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use homeward_domain::report::{ContentOrigin, OfGroup, ReportGroup, ReportItem, Said};
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_store::report::{Group, Saying, Stated};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{ObjectBuilder, Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use crate::problem::{Fault, Problem};
use crate::wire::codes::{ContentOriginCode, ContentStandingCode, ContentStatusCode};
use crate::wire::{self, Code, Narrative, Reason};

/// What a person says of one item.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewStatement {
    status: ContentStatusCode,
    /// With `provided`, and only with it.
    value: Option<Narrative>,
    /// Required with `withheld_with_reason`; with `not_known_after_asking`, whom they asked.
    reason: Option<Reason>,
    /// `none` where left out. Words from such records go nowhere without a recorded basis.
    origin: Option<ContentOriginCode>,
}

/// How one item stands.
#[derive(Serialize, ToSchema)]
pub(super) struct StatementView {
    /// `open` until somebody states it. Nothing waits for that.
    pub(super) status: ContentStandingCode,
    /// What asks for it.
    pub(super) citation: &'static str,
    /// Absent where nothing was provided, and for whoever may not read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) origin: Option<ContentOriginCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) recorded_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) recorded_by: Option<Uuid>,
}

/// Items to state. Only those of the group are known.
pub(super) struct Stating<A>(BTreeMap<ReportItem, NewStatement>, PhantomData<A>);

/// Every item of the group, as it stands.
pub(super) struct GroupView<A>(Vec<(ReportItem, StatementView)>, PhantomData<A>);

impl NewStatement {
    fn saying(self, item: ReportItem) -> Result<Saying, Fault> {
        let said = Said::new(self.status.0, wire::text(self.value), wire::text(self.reason));
        let origin = self.origin.map_or(ContentOrigin::None, |it| it.0);
        said.map(|said| Saying { said, origin }).map_err(|fault| Fault::of(item.code(), fault.to_string()))
    }
}

impl StatementView {
    pub(super) fn of(item: ReportItem, stated: Option<&Stated>) -> Self {
        let said = stated.and_then(|it| it.said.as_ref());
        Self {
            status: Code(stated.map_or(homeward_domain::report::ContentStanding::Open, |it| it.status.into())),
            citation: item.citation(),
            value: said.and_then(Said::value).map(str::to_owned),
            reason: said.and_then(Said::reason).map(str::to_owned),
            origin: stated.map(|it| Code(it.origin)),
            recorded_at: stated.map(|it| it.recorded_at),
            recorded_by: stated.map(|it| it.recorded_by.uuid()),
        }
    }
}

impl<A: OfGroup> Stating<A> {
    /// What is said, or every fault in it.
    pub(super) fn sayings(self) -> Result<BTreeMap<ReportItem, Saying>, Problem> {
        let (mut sayings, mut faults) = (BTreeMap::new(), Vec::new());
        for (item, new) in self.0 {
            match new.saying(item) {
                Ok(saying) => drop(sayings.insert(item, saying)),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(sayings) } else { Err(Problem::Impossible(faults)) }
    }
}

impl<A: OfGroup> GroupView<A> {
    pub(super) fn of(group: &Group) -> Self {
        let view = |item| (item, StatementView::of(item, group.stated.get(&item)));
        Self(items(A::GROUP).map(view).collect(), PhantomData)
    }
}

/// The items of a group, in the order of the vocabulary.
pub(super) fn items(group: ReportGroup) -> impl Iterator<Item = ReportItem> {
    ReportItem::ALL.iter().copied().filter(move |it| it.group() == group)
}

impl<'de, A: OfGroup> Deserialize<'de> for Stating<A> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut stated = BTreeMap::new();
        for (name, new) in BTreeMap::<String, NewStatement>::deserialize(deserializer)? {
            let item = items(A::GROUP).find(|it| it.code() == name);
            // In the words of serde, which name the member that is not known.
            let item = item.ok_or_else(|| serde::de::Error::custom(format!("unknown field `{name}`")))?;
            stated.insert(item, new);
        }
        Ok(Self(stated, PhantomData))
    }
}

impl<A> Serialize for GroupView<A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (item, view) in &self.0 {
            map.serialize_entry(item.code(), view)?;
        }
        map.end()
    }
}

fn name(group: ReportGroup, kind: &str) -> Cow<'static, str> {
    Cow::Owned(match group {
        ReportGroup::Description => format!("{kind}Description"),
        ReportGroup::Endangerment => format!("{kind}Endangerment"),
        ReportGroup::Contacts => format!("{kind}Contacts"),
        ReportGroup::Event => format!("{kind}Particulars"),
    })
}

/// An object whose members are all of this schema.
fn object(group: ReportGroup, member: &str) -> ObjectBuilder {
    let empty = ObjectBuilder::new().additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)));
    items(group).fold(empty, |object, item| object.property(item.code(), Ref::from_schema_name(member)))
}

impl<A: OfGroup> PartialSchema for Stating<A> {
    fn schema() -> RefOr<Schema> {
        object(A::GROUP, &NewStatement::name()).into()
    }
}

impl<A: OfGroup> ToSchema for Stating<A> {
    fn name() -> Cow<'static, str> {
        name(A::GROUP, "New")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((NewStatement::name().into_owned(), NewStatement::schema()));
        NewStatement::schemas(schemas);
    }
}

impl<A: OfGroup> PartialSchema for GroupView<A> {
    fn schema() -> RefOr<Schema> {
        items(A::GROUP).fold(object(A::GROUP, &StatementView::name()), |it, item| it.required(item.code())).into()
    }
}

impl<A: OfGroup> ToSchema for GroupView<A> {
    fn name() -> Cow<'static, str> {
        name(A::GROUP, "Stated")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((StatementView::name().into_owned(), StatementView::schema()));
        StatementView::schemas(schemas);
    }
}
