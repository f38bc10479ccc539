//! Accounts as they are shown, and who is signed in.

use std::collections::HashMap;

use entity::ids::{AccountId, MemberId};
use entity::kinds::Role;
use entity::{account, account_role, member};
use sea_orm::{ColumnTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait};

use super::dto::{
    Account, AccountKey, AccountMember, AccountPage, Candidate, CandidateList, ListAccounts,
    ListCandidates, Me, MeAccount, MePost, MeTownship, RoleList, RoleView,
};
use super::rules;
use crate::auth::{self, Permission};
use crate::clock::beijing;
use crate::grid::posts_of;
use crate::http::{ApiError, Code, Result, Sort};
use crate::member::{names, search};
use crate::tenancy::{Rows, Scope, Sorting, Tx, like};

/// People offered at once for a new account.
const CANDIDATES: u64 = 20;

/// The names of what these roles may do, in the order of the features.
fn permissions_of(scope: &Scope, roles: &[Role]) -> Vec<String> {
    let all = scope.all::<Permission>().iter();
    all.filter(|one| one.is_held_by(roles)).map(|one| one.name().to_owned()).collect()
}

/// The shipped roles.
#[must_use]
pub(super) fn roles(scope: &Scope) -> RoleList {
    RoleList {
        items: Role::ALL
            .iter()
            .map(|role| RoleView {
                role: *role,
                name: role.zh().to_owned(),
                permissions: permissions_of(scope, &[*role]),
            })
            .collect(),
    }
}

fn sorting(sort: Sort<AccountKey>) -> Sorting<account::Model> {
    use account::Column::{CreatedAt, DisplayName, Username};
    let sorting = Sorting::<account::Model>::which(sort.falling);
    let sorting = match sort.key {
        AccountKey::Username => sorting,
        AccountKey::DisplayName => sorting.by(DisplayName, |row| row.display_name.clone().into()),
        AccountKey::CreatedAt => sorting.by(CreatedAt, |row| row.created_at.into()),
    };
    sorting.by(Username, |row| row.username.clone().into())
}

/// One page of accounts; three statements, and one for their number.
///
/// # Errors
/// `invalid_cursor` when the cursor belongs to another list.
pub(super) async fn list(scope: &Scope, input: ListAccounts) -> Result<AccountPage> {
    let reading = scope.reading("accounts", &input, &input)?;
    scope
        .read(async |tx| {
            let mut find = tx.find::<account::Entity>();
            let q = input.q.as_deref().map(auth::username).filter(|q| !q.is_empty());
            if let Some(q) = q {
                find = find.filter(account::Column::Username.like(like::beginning(&q)));
            }
            if let Some(since) = input.changed_since {
                find = find.filter(account::Column::ChangedAt.gte(since.utc()));
            }
            let sorting = sorting(input.sort.unwrap_or_default());
            let Rows { items, next_cursor, total } = reading.rows(find, &sorting).await?;
            let items = views(tx, items).await?;
            Ok(AccountPage { items, next_cursor, total, as_of: reading.as_of() })
        })
        .await
}

/// One account.
///
/// # Errors
/// `not_found` when the township has none such.
pub(super) async fn get(scope: &Scope, id: AccountId) -> Result<Account> {
    scope.read(async |tx| one(tx, id).await).await
}

/// One account, in this transaction; 404 when the township has none such.
pub(super) async fn one(tx: &Tx, id: AccountId) -> Result<Account> {
    let row = tx.get::<account::Entity>(id).await?;
    views(tx, vec![row]).await?.pop().ok_or_else(|| ApiError::new(Code::NOT_FOUND))
}

/// Roles and members of a page in two statements.
async fn views(tx: &Tx, rows: Vec<account::Model>) -> Result<Vec<Account>> {
    let ids: Vec<AccountId> = rows.iter().map(|row| row.id).collect();
    let members: Vec<MemberId> = rows.iter().filter_map(|row| row.member_id).collect();
    let mut roles: HashMap<AccountId, Vec<Role>> = HashMap::new();
    for row in tx
        .find::<account_role::Entity>()
        .filter(account_role::Column::AccountId.is_in(ids))
        .all()
        .await?
    {
        roles.entry(row.account_id).or_default().push(row.role);
    }
    let names = names(tx, &members).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let mut roles = roles.remove(&row.id).unwrap_or_default();
            roles.sort_unstable();
            let member = row
                .member_id
                .and_then(|id| names.get(&id).map(|name| AccountMember { id, name: name.clone() }));
            Account {
                id: row.id,
                username: row.username,
                display_name: row.display_name,
                roles,
                member,
                disabled: row.disabled,
                created_at: beijing(row.created_at),
                version: row.version,
            }
        })
        .collect())
}

/// People whom no account is linked to, by number, at most twenty; one statement.
///
/// # Errors
/// Those of the database.
pub(super) async fn candidates(scope: &Scope, input: ListCandidates) -> Result<CandidateList> {
    use member::Column;
    scope
        .read_single(async |tx| {
            let found = tx
                .find::<member::Entity>()
                .join(JoinType::LeftJoin, account::Relation::Member.def().rev())
                .filter(account::Column::Id.is_null())
                .filter(search(input.q.as_deref().unwrap_or_default()))
                .order_by_asc(Column::Number)
                .limit(CANDIDATES)
                .all()
                .await?;
            let items = found
                .into_iter()
                .map(|row| Candidate {
                    username: rules::username(&row.name_initials, &row.number),
                    id: row.id,
                    number: row.number,
                    name: row.name,
                })
                .collect();
            Ok(CandidateList { items })
        })
        .await
}

/// Who is signed in, with the posts held today.
///
/// # Errors
/// `unauthenticated` without a principal.
pub(super) async fn me(scope: &Scope) -> Result<Me> {
    let principal = scope.principal().ok_or_else(|| ApiError::new(Code::UNAUTHENTICATED))?;
    let roles = principal.roles.clone();
    let permissions = permissions_of(scope, &roles);
    let id = principal.account;
    scope
        .read(async |tx| {
            let township = tx.township().await?;
            let account = tx.get::<account::Entity>(id).await?;
            let (member, posts) = match account.member_id {
                Some(id) => (tx.try_get::<member::Entity>(id).await?, posts_of(tx, id).await?),
                None => (None, Vec::new()),
            };
            Ok(Me {
                account: MeAccount {
                    id: account.id,
                    username: account.username,
                    display_name: account.display_name,
                    must_change_password: account.must_change_password,
                },
                township: MeTownship { code: township.code, name: township.name },
                roles,
                permissions,
                member: member.map(|member| AccountMember { id: member.id, name: member.name }),
                posts: posts
                    .into_iter()
                    .map(|post| MePost {
                        grid_id: post.grid_id,
                        grid_name: post.grid_name,
                        kind: post.kind,
                    })
                    .collect(),
            })
        })
        .await
}
