//! What crosses HTTP about people and party organisations.

use chrono::NaiveDate;
use entity::ids::{GridId, GridPostId, MemberId, PartyOrgId};
use entity::kinds::{MemberCategory, PartyOrgKind, PostKind};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rules;
use crate::door::{Moment, left_out};
use crate::http::{FieldCode, Sort, Versioned, given};

fn code(value: &str, max: usize) -> garde::Result {
    if rules::is_code(value, max) {
        Ok(())
    } else {
        Err(FieldCode::Format.because(
            "只能用字母、数字、“-”和“_”，最多 32 个字符",
            "must be letters, digits, - and _, at most 32 characters",
        ))
    }
}

fn member_number(value: &str, (): &()) -> garde::Result {
    code(value, rules::NUMBER_MAX)
}

fn org_code(value: &str, (): &()) -> garde::Result {
    code(value, rules::CODE_MAX)
}

fn clean(value: &str, max: usize) -> garde::Result {
    if rules::name(value, max).is_some() {
        Ok(())
    } else {
        let code = if value.trim().is_empty() { FieldCode::TooShort } else { FieldCode::TooLong };
        let zh = format!("应为 1 至 {max} 个字");
        Err(code.because(zh, format!("must have 1 to {max} characters")))
    }
}

fn person_name(value: &str, (): &()) -> garde::Result {
    clean(value, rules::NAME_MAX)
}

fn org_name(value: &str, (): &()) -> garde::Result {
    clean(value, rules::ORG_NAME_MAX)
}

fn mobile(value: &str, (): &()) -> garde::Result {
    if rules::phone(value).is_some() {
        Ok(())
    } else {
        Err(FieldCode::Format
            .because("手机号应为 11 位数字", "must be a mainland mobile number of 11 digits"))
    }
}

/// A person, named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberRef {
    /// Id of the person.
    pub id: MemberId,
    /// Name of the person.
    #[schema(example = "张三")]
    pub name: String,
}

/// A party organisation, named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartyOrgRef {
    /// Id of the organisation.
    pub id: PartyOrgId,
    /// Name of the organisation.
    #[schema(example = "水库村党总支")]
    pub name: String,
}

/// A post that a person holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberPost {
    /// Id of the held post.
    pub id: GridPostId,
    /// In which grid.
    pub grid_id: GridId,
    /// Name of the grid.
    #[schema(example = "水库村党建总网格")]
    pub grid_name: String,
    /// What the post is.
    pub kind: PostKind,
    /// First day of the term.
    pub since: NaiveDate,
}

/// A person on the township's roster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Member {
    /// Id of the person.
    pub id: MemberId,
    /// Unique in the township.
    #[schema(example = "M0001")]
    pub number: String,
    /// Name of the person.
    #[schema(example = "张三")]
    pub name: String,
    /// What the person is to the township.
    pub category: MemberCategory,
    /// Mobile number; the middle digits are hidden from those who do not manage people.
    #[schema(required = true, example = "138****5678")]
    pub phone: Option<String>,
    /// The organisation the person belongs to; null for none.
    #[schema(required = true)]
    pub party_org: Option<PartyOrgRef>,
    /// Posts held today.
    pub posts: Vec<MemberPost>,
    /// Counts changes; the ETag.
    #[schema(example = 1)]
    pub version: i32,
}

impl Versioned for Member {
    fn version(&self) -> i32 {
        self.version
    }
}

crate::page!(MemberPage, Member, as_of);

crate::sort_keys! {
    /// What the roster may be ordered by.
    RosterKey {
        Number = "number",
        Name = "name",
        Category = "category",
        PartyOrg = "party_org",
    }
}

/// Which people to list. All conditions must hold.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListMembers {
    /// Beginning of the name, of its pinyin initials or of the number, or the last four digits of the phone.
    #[garde(length(chars, max = 50))]
    #[param(example = "zs", max_length = 50)]
    pub q: Option<String>,
    /// A party organisation with everything beneath it.
    #[garde(skip)]
    #[param(value_type = Option<String>, format = Uuid)]
    pub party_org_id: Option<PartyOrgId>,
    /// Holders of a post in this grid or in any grid beneath it.
    #[garde(skip)]
    #[param(value_type = Option<String>, format = Uuid)]
    pub grid_id: Option<GridId>,
    /// Category.
    #[garde(skip)]
    pub category: Option<MemberCategory>,
    /// Only what has changed since this moment: `as_of` of the reading before.
    #[garde(skip)]
    #[param(value_type = Option<chrono::DateTime<chrono::FixedOffset>>, example = "2026-11-23T09:00:00+08:00")]
    pub changed_since: Option<Moment>,
    /// Rows on the page.
    #[garde(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    #[serde(serialize_with = "left_out")]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[garde(length(max = 500))]
    #[param(max_length = 500)]
    #[serde(serialize_with = "left_out")]
    pub cursor: Option<String>,
    /// The order: by `number`, which is the usual one, `name` (by the initials of its pinyin), `category` or `party_org`; a `-` turns it round.
    #[garde(skip)]
    #[param(inline, value_type = Option<RosterKey>)]
    pub sort: Option<Sort<RosterKey>>,
    /// Count the rows on all pages: `total` beside them.
    #[garde(skip)]
    #[serde(serialize_with = "left_out")]
    pub total: Option<bool>,
}

crate::paged!(ListMembers);

/// A person to enter on the roster.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "number": "M0001", "name": "张三", "category": "party_member", "phone": "13812345678" }))]
pub struct CreateMember {
    /// Unique in the township: letters, digits, `-`, `_`.
    #[garde(custom(member_number))]
    #[schema(min_length = 1, max_length = 32, pattern = "^[A-Za-z0-9_-]+$")]
    pub number: String,
    /// Name of the person.
    #[garde(custom(person_name))]
    #[schema(min_length = 1, max_length = 50)]
    pub name: String,
    /// What the person is to the township.
    #[garde(skip)]
    pub category: MemberCategory,
    /// Mainland mobile number; blanks, hyphens and +86 are taken off.
    #[garde(inner(custom(mobile)))]
    #[serde(default)]
    pub phone: Option<String>,
    /// Party organisation the person belongs to.
    #[garde(skip)]
    #[serde(default)]
    pub party_org_id: Option<PartyOrgId>,
}

/// What to change about a person: a field left out stays, `null` clears.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "category": "volunteer", "phone": null }))]
pub struct UpdateMember {
    /// Name of the person.
    #[garde(inner(custom(person_name)))]
    #[serde(default, deserialize_with = "crate::http::present")]
    #[schema(min_length = 1, max_length = 50, nullable = false)]
    pub name: Option<String>,
    /// What the person is to the township.
    #[garde(skip)]
    #[serde(default, deserialize_with = "crate::http::present")]
    #[schema(nullable = false)]
    pub category: Option<MemberCategory>,
    /// Mobile number, or null for none.
    #[garde(inner(inner(custom(mobile))))]
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub phone: Option<Option<String>>,
    /// Party organisation, or null for none.
    #[garde(skip)]
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<PartyOrgId>)]
    pub party_org_id: Option<Option<PartyOrgId>>,
}

/// A party organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartyOrg {
    /// Id of the organisation.
    pub id: PartyOrgId,
    /// The organisation above; null at the top.
    #[schema(required = true)]
    pub parent_id: Option<PartyOrgId>,
    /// What kind of organisation it is.
    pub kind: PartyOrgKind,
    /// Unique in the township.
    #[schema(example = "DZZ-216")]
    pub code: String,
    /// Name of the organisation.
    #[schema(example = "水库村党总支")]
    pub name: String,
    /// People who belong to it or to an organisation beneath it.
    pub member_count: u32,
    /// Counts changes; the ETag.
    #[schema(example = 1)]
    pub version: i32,
}

impl Versioned for PartyOrg {
    fn version(&self) -> i32 {
        self.version
    }
}

crate::page!(PartyOrgList, PartyOrg);

/// A party organisation to set up.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "kind": "committee", "code": "DZZ-1", "name": "漕泾镇党委" }))]
pub struct CreatePartyOrg {
    /// The organisation above; none at the top.
    #[garde(skip)]
    #[serde(default)]
    pub parent_id: Option<PartyOrgId>,
    /// What kind of organisation it is.
    #[garde(skip)]
    pub kind: PartyOrgKind,
    /// Unique in the township: letters, digits, `-`, `_`.
    #[garde(custom(org_code))]
    #[schema(min_length = 1, max_length = 32, pattern = "^[A-Za-z0-9_-]+$")]
    pub code: String,
    /// Name of the organisation.
    #[garde(custom(org_name))]
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
}

/// What to change about a party organisation: a field left out stays; `parent_id: null` puts it at the top.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "水库村党总支" }))]
pub struct UpdatePartyOrg {
    /// Name of the organisation.
    #[garde(inner(custom(org_name)))]
    #[serde(default, deserialize_with = "crate::http::present")]
    #[schema(min_length = 1, max_length = 100, nullable = false)]
    pub name: Option<String>,
    /// The organisation above, or null for none.
    #[garde(skip)]
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<PartyOrgId>)]
    pub parent_id: Option<Option<PartyOrgId>>,
    /// What kind of organisation it is.
    #[garde(skip)]
    #[serde(default, deserialize_with = "crate::http::present")]
    #[schema(nullable = false)]
    pub kind: Option<PartyOrgKind>,
}
