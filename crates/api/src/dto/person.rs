//! People of the company on the wire. Of anybody else nothing but the id is shown, not even that there is somebody.

use std::collections::HashMap;

use scanhelm_core::company::User;
use scanhelm_core::ids::UserId;
use scanhelm_core::permission::{Actor, Role as CoreRole};
use scanhelm_core::{Error, Result};
use scanhelm_hub::OwnerFilter;
use scanhelm_hub::findings::OwnerChoice;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use super::words::{self, Role};

/// The members that an answer names, by id.
pub(crate) type Members = HashMap<UserId, User>;

/// A member of the company.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Member {
    id: Uuid,
    email: String,
    name: String,
    role: Role,
}

impl From<(User, CoreRole)> for Member {
    fn from((user, role): (User, CoreRole)) -> Self {
        Self { id: user.id.0, email: user.email, name: user.name, role: role.into() }
    }
}

/// Somebody who is, or was, a member of the company.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Person {
    id: Uuid,
    /// `null` for one who has left.
    name: Option<String>,
    /// `null` for one who has left.
    email: Option<String>,
    /// No longer a member.
    gone: bool,
}

impl Person {
    pub(crate) fn of(id: UserId, members: &Members) -> Self {
        let member = members.get(&id);
        Self {
            id: id.0,
            name: member.map(|user| user.name.clone()),
            email: member.map(|user| user.email.clone()),
            gone: member.is_none(),
        }
    }
}

/// Who did something, with the name of the person where that is known.
pub(crate) fn author(actor: Actor, person: Option<UserId>, members: &Members) -> (String, Option<Person>) {
    (words::actor(actor), person.map(|id| Person::of(id, members)))
}

/// An owner to be: the id of a member, or `me`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OwnerWord {
    Me,
    User(Uuid),
}

impl<'de> Deserialize<'de> for OwnerWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "me" => Ok(Self::Me),
            id => Uuid::try_parse(id)
                .map(Self::User)
                .map_err(|_| serde::de::Error::custom("not an owner, expected the id of a member, or `me`")),
        }
    }
}

impl PartialSchema for OwnerWord {
    fn schema() -> RefOr<Schema> {
        let description = "The id of a member of the company, or `me`.";
        ObjectBuilder::new().schema_type(Type::String).description(Some(description)).build().into()
    }
}

impl ToSchema for OwnerWord {
    fn name() -> std::borrow::Cow<'static, str> {
        "OwnerWord".into()
    }
}

/// A field that is absent, `null` for nobody, or somebody.
pub(crate) fn choice(owner: Option<Option<OwnerWord>>) -> Option<OwnerChoice> {
    owner.map(|owner| match owner {
        None => OwnerChoice::Nobody,
        Some(OwnerWord::Me) => OwnerChoice::Caller,
        Some(OwnerWord::User(id)) => OwnerChoice::User(UserId(id)),
    })
}

/// Whose findings are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OwnerQuery {
    Me,
    Nobody,
    Gone,
    User(UserId),
}

impl std::str::FromStr for OwnerQuery {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, &'static str> {
        match text {
            "me" => Ok(Self::Me),
            "none" => Ok(Self::Nobody),
            "gone" => Ok(Self::Gone),
            id => Uuid::try_parse(id).map(|id| Self::User(UserId(id))).map_err(|_| "Use an id, me, none or gone."),
        }
    }
}

impl OwnerQuery {
    /// `person` is who asks.
    pub(crate) fn filter(self, person: Option<UserId>) -> Result<OwnerFilter> {
        match (self, person) {
            (Self::Nobody, _) => Ok(OwnerFilter::Nobody),
            (Self::Gone, _) => Ok(OwnerFilter::Gone),
            (Self::User(id), _) | (Self::Me, Some(id)) => Ok(OwnerFilter::User(id)),
            (Self::Me, None) => {
                let detail = "It is not known which person stands behind this API key. Name the owner by id.";
                Err(Error::field("owner", "unknown", detail))
            }
        }
    }
}
