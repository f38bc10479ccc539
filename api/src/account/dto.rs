//! What crosses HTTP about accounts.

use entity::ids::{AccountId, GridId, MemberId};
use entity::kinds::{PostKind, Role};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::clock::Time;
use crate::door::{Moment, Secret, left_out};
use crate::http::{FieldCode, Sort, Versioned, given};
use crate::page;

/// A shipped role.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoleView {
    /// Its name in the contract.
    pub role: Role,
    /// What officials call it.
    #[schema(example = "网格长")]
    pub name: String,
    /// What it may do.
    #[schema(example = json!(["grid.read", "task.submit"]))]
    pub permissions: Vec<String>,
}

/// The shipped roles.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoleList {
    /// All of them.
    pub items: Vec<RoleView>,
}

crate::sort_keys! {
    /// What accounts may be ordered by.
    AccountKey {
        Username = "username",
        DisplayName = "display_name",
        CreatedAt = "created_at",
    }
}

/// Which accounts.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAccounts {
    /// Beginning of the user name.
    #[garde(length(chars, max = 64))]
    #[param(max_length = 64, example = "zhang")]
    pub q: Option<String>,
    /// Only what has changed since this moment: `as_of` of the reading before.
    #[garde(skip)]
    #[param(value_type = Option<chrono::DateTime<chrono::FixedOffset>>, example = "2026-11-23T09:00:00+08:00")]
    pub changed_since: Option<Moment>,
    /// Rows on a page, 1 to 200; 50 when absent.
    #[garde(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, example = 50)]
    #[serde(serialize_with = "left_out")]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[garde(length(max = 512))]
    #[param(max_length = 512)]
    #[serde(serialize_with = "left_out")]
    pub cursor: Option<String>,
    /// The order: by `username`, which is the usual one, `display_name` or `created_at`; a `-` turns it round.
    #[garde(skip)]
    #[param(inline, value_type = Option<AccountKey>)]
    pub sort: Option<Sort<AccountKey>>,
    /// Count the rows on all pages: `total` beside them.
    #[garde(skip)]
    #[serde(serialize_with = "left_out")]
    pub total: Option<bool>,
}

crate::paged!(ListAccounts);

/// An account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// User name, lower case.
    #[schema(example = "zhangsan")]
    pub username: String,
    /// Name on the screen.
    #[schema(example = "张三")]
    pub display_name: String,
    /// Its roles.
    pub roles: Vec<Role>,
    /// The member it is linked to.
    #[schema(required = true)]
    pub member: Option<AccountMember>,
    /// Whether it cannot sign in.
    pub disabled: bool,
    /// When it was made.
    pub created_at: Time,
    /// Version for `If-Match`.
    #[schema(example = 1)]
    pub version: i32,
}

impl Versioned for Account {
    fn version(&self) -> i32 {
        self.version
    }
}

/// The member of an [`Account`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AccountMember {
    /// Its id.
    pub id: MemberId,
    /// Name.
    pub name: String,
}

page!(AccountPage, Account, as_of);

/// Which people may be given an account.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListCandidates {
    /// Beginning of the name, of its initials or of the number, or the last four digits of the telephone number.
    #[garde(length(chars, max = 50))]
    #[param(max_length = 50, example = "zjg")]
    pub q: Option<String>,
}

/// A person of the roster without an account.
#[derive(Debug, Serialize, ToSchema)]
pub struct Candidate {
    /// The person.
    pub id: MemberId,
    /// Number on the roster.
    #[schema(example = "M0001")]
    pub number: String,
    /// Name.
    #[schema(example = "张建国")]
    pub name: String,
    /// A user name to begin with: the initials of the name and the digits of the number.
    #[schema(example = "zjg0001")]
    pub username: String,
}

/// People without an account.
#[derive(Debug, Serialize, ToSchema)]
pub struct CandidateList {
    /// The first 20 by number.
    pub items: Vec<Candidate>,
}

/// A user name: 2 to 64 of letters, digits, `.`, `_`, `-`; capitals do not matter.
fn plain(value: &str, (): &()) -> garde::Result {
    let fits = value.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if fits {
        Ok(())
    } else {
        Err(FieldCode::Format
            .because("只能使用文字、字母、数字和 . _ -", "may hold letters, digits and . _ - only"))
    }
}

/// A new account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateAccount {
    /// 2 to 64 letters, digits, `.`, `_`, `-`; kept in lower case.
    #[garde(length(chars, min = 2, max = 64), custom(plain))]
    #[schema(
        min_length = 2,
        max_length = 64,
        pattern = r"^[\p{L}\p{N}._-]+$",
        example = "zhangsan"
    )]
    pub username: String,
    /// At least ten characters.
    #[garde(length(chars, min = 12, max = 256))]
    #[schema(value_type = String, min_length = 12, max_length = 256, example = "correct horse battery staple")]
    #[serde(serialize_with = "left_out")]
    pub password: Secret,
    /// Name on the screen.
    #[garde(length(chars, min = 1, max = 50))]
    #[schema(min_length = 1, max_length = 50, example = "张三")]
    pub display_name: String,
    /// Its roles, at least one.
    #[garde(length(min = 1, max = 7))]
    #[schema(min_items = 1, max_items = 7)]
    pub roles: Vec<Role>,
    /// The member it is linked to.
    #[garde(skip)]
    #[serde(default)]
    pub member_id: Option<MemberId>,
}

/// Changes to an account; what is absent stays as it is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpdateAccount {
    /// Name on the screen.
    #[garde(length(chars, min = 1, max = 50))]
    #[schema(min_length = 1, max_length = 50)]
    pub display_name: Option<String>,
    /// Its roles, at least one.
    #[garde(length(min = 1, max = 7))]
    #[schema(min_items = 1, max_items = 7)]
    pub roles: Option<Vec<Role>>,
    /// The member it is linked to; null for none.
    #[serde(default, deserialize_with = "given")]
    #[garde(skip)]
    #[schema(value_type = Option<MemberId>)]
    pub member_id: Option<Option<MemberId>>,
    /// Whether it cannot sign in.
    #[garde(skip)]
    pub disabled: Option<bool>,
    /// A new password, at least twelve characters.
    #[garde(length(chars, min = 12, max = 256))]
    #[schema(value_type = Option<String>, min_length = 12, max_length = 256)]
    #[serde(default, serialize_with = "left_out")]
    pub password: Option<Secret>,
}

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// The account.
    pub account: MeAccount,
    /// Its township.
    pub township: MeTownship,
    /// Its roles.
    pub roles: Vec<Role>,
    /// What it may do, by name.
    #[schema(example = json!(["grid.read", "task.submit"]))]
    pub permissions: Vec<String>,
    /// The member it is linked to.
    #[schema(required = true)]
    pub member: Option<AccountMember>,
    /// The grid posts the member holds today.
    pub posts: Vec<MePost>,
}

/// The account of [`Me`].
#[derive(Debug, Serialize, ToSchema)]
pub struct MeAccount {
    /// Its id.
    pub id: AccountId,
    /// User name.
    pub username: String,
    /// Name on the screen.
    pub display_name: String,
    /// Somebody else chose the password: until it is changed (`PUT /me/password`) every other operation answers 403
    /// `password_change_required`.
    pub must_change_password: bool,
}

/// The township of [`Me`].
#[derive(Debug, Serialize, ToSchema)]
pub struct MeTownship {
    /// Nine-digit code.
    #[schema(example = "310116112")]
    pub code: String,
    /// Name.
    #[schema(example = "漕泾镇")]
    pub name: String,
}

/// A post of [`Me`].
#[derive(Debug, Serialize, ToSchema)]
pub struct MePost {
    /// The grid.
    pub grid_id: GridId,
    /// Its name.
    pub grid_name: String,
    /// The post.
    pub kind: PostKind,
}

/// An administrator who comes back by the operator's one-time token.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RestoreAdministrator {
    /// Nine-digit code of the township.
    #[garde(length(chars, min = 9, max = 9))]
    #[schema(min_length = 9, max_length = 9, pattern = "^[0-9]{9}$", example = "310116112")]
    pub township_code: String,
    /// The token that `gezhi admin restore-administrator` printed; good for a day, once.
    #[garde(length(chars, min = 1, max = 128))]
    #[schema(value_type = String, min_length = 1, max_length = 128)]
    pub token: Secret,
    /// User name of the administrator: one that is there gets the password below, another is made.
    #[garde(length(chars, min = 2, max = 64), custom(plain))]
    #[schema(
        min_length = 2,
        max_length = 64,
        pattern = r"^[\p{L}\p{N}._-]+$",
        example = "administrator"
    )]
    pub username: String,
    /// The new password, at least twelve characters.
    #[garde(length(chars, min = 12, max = 256))]
    #[schema(value_type = String, min_length = 12, max_length = 256)]
    pub password: Secret,
    /// Name on the screen, where an account is made.
    #[garde(length(chars, min = 1, max = 50))]
    #[schema(min_length = 1, max_length = 50, example = "系统管理员")]
    pub display_name: String,
}

/// The administrator who can sign in again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Restored {
    /// Name of the township.
    #[schema(example = "漕泾镇")]
    pub township: String,
    /// User name to sign in with.
    #[schema(example = "administrator")]
    pub username: String,
}
