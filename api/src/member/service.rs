//! Use cases of people and party organisations.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::ids::{GridId, GridPostId, MemberId, PartyOrgId};
use entity::kinds::{MemberCategory, PartyOrgKind, PostKind};
use entity::{grid, grid_post, member, party_org};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, FromQueryResult, IntoActiveModel, JoinType, QueryFilter, QueryOrder,
    QuerySelect, RelationTrait, TryIntoModel,
};

use super::dto::{
    CreateMember, CreatePartyOrg, ListMembers, Member, MemberPage, MemberPost, PartyOrg,
    PartyOrgList, PartyOrgRef, UpdateMember, UpdatePartyOrg,
};
use super::perm;
use super::rules::{self, Search};
use super::{acts, tree};
use crate::audit::{Record, record};
use crate::http::{ApiError, Code, FieldCode, IdempotencyKey, IfMatch, Page, Result};
use crate::tenancy::{Scope, Tx, bulk, like};

/// Rows asked for by id in one statement.
const CHUNK: usize = 1000;

// ---- people ------------------------------------------------------------------------------------

#[derive(FromQueryResult)]
struct Row {
    id: MemberId,
    number: String,
    name: String,
    category: MemberCategory,
    phone: Option<String>,
    party_org_id: Option<PartyOrgId>,
    party_org_name: Option<String>,
    version: i32,
}

impl Row {
    fn into_dto(self, posts: Vec<MemberPost>, open: bool) -> Member {
        let party_org =
            self.party_org_id.zip(self.party_org_name).map(|(id, name)| PartyOrgRef { id, name });
        let phone = self.phone.map(|phone| if open { phone } else { rules::masked(&phone) });
        Member {
            id: self.id,
            number: self.number,
            name: self.name,
            category: self.category,
            phone,
            party_org,
            posts,
            version: self.version,
        }
    }
}

/// A page of people by number; two statements, plus one for each tree that the filter names.
pub async fn list(scope: &Scope, query: ListMembers) -> Result<MemberPage> {
    let page = Page::of(scope.seal("members", &query)?, query.limit);
    let after: Option<String> = page.after(query.cursor.as_deref())?;
    scope
        .read(async |tx: &Tx| {
            let mut condition = Condition::all();
            if let Some(after) = after {
                condition = condition.add(member::Column::Number.gt(after));
            }
            if let Some(text) = &query.q {
                condition = condition.add(search(text));
            }
            if let Some(category) = query.category {
                condition = condition.add(member::Column::Category.eq(category));
            }
            if let Some(org) = query.party_org_id {
                let orgs = org_subtree(tx, org).await?;
                condition = condition.add(member::Column::PartyOrgId.is_in(orgs));
            }
            if let Some(grid) = query.grid_id {
                condition = condition.add(holds_post_beneath(tx, grid).await?);
            }
            let rows = rows(tx, condition, Some(page.fetch())).await?;
            let (rows, next_cursor) = page.cut(rows, |row| row.number.clone())?;
            Ok(MemberPage { items: with_posts(tx, rows).await?, next_cursor })
        })
        .await
}

/// The people that a search line finds: by the beginning of the number, of the name, or of its initials, or by the last
/// four digits of the telephone number.
#[must_use]
pub fn search(text: &str) -> Condition {
    let prefix = |column: member::Column, text: &str| column.like(like::beginning(text));
    match rules::search(text) {
        Search::All => Condition::all(),
        Search::Digits { number, tail } => Condition::any()
            .add(prefix(member::Column::Number, &number))
            .add_option(tail.map(|tail| member::Column::PhoneTail.eq(tail))),
        Search::Letters { initials, text } => Condition::any()
            .add(prefix(member::Column::NameInitials, &initials))
            .add(prefix(member::Column::Number, &text))
            .add(prefix(member::Column::Name, &text)),
        Search::Name(text) => Condition::any()
            .add(prefix(member::Column::Name, &text))
            .add(prefix(member::Column::Number, &text)),
    }
}

async fn rows(tx: &Tx, condition: Condition, limit: Option<u64>) -> Result<Vec<Row>> {
    tx.find::<member::Entity>()
        .join(JoinType::LeftJoin, member::Relation::PartyOrg.def())
        .select_only()
        .columns([
            member::Column::Id,
            member::Column::Number,
            member::Column::Name,
            member::Column::Category,
            member::Column::Phone,
            member::Column::PartyOrgId,
            member::Column::Version,
        ])
        .column_as(party_org::Column::Name, "party_org_name")
        .filter(condition)
        .order_by_asc(member::Column::Number)
        .limit(limit)
        .into_model::<Row>()
        .all()
        .await
}

#[derive(FromQueryResult)]
struct PostRow {
    id: GridPostId,
    member_id: MemberId,
    grid_id: GridId,
    grid_name: String,
    kind: PostKind,
    since: NaiveDate,
}

/// The posts held today by these people.
async fn with_posts(tx: &Tx, rows: Vec<Row>) -> Result<Vec<Member>> {
    let open = tx.has(perm::MEMBER_MANAGE);
    let mut posts: HashMap<MemberId, Vec<MemberPost>> = HashMap::new();
    if !rows.is_empty() {
        let found = tx
            .find::<grid_post::Entity>()
            .join(JoinType::InnerJoin, grid_post::Relation::Grid.def())
            .select_only()
            .columns([
                grid_post::Column::Id,
                grid_post::Column::MemberId,
                grid_post::Column::GridId,
                grid_post::Column::Kind,
                grid_post::Column::Since,
            ])
            .column_as(grid::Column::Name, "grid_name")
            .filter(grid_post::Column::MemberId.is_in(rows.iter().map(|row| row.id)))
            .filter(held_on(tx.today()))
            .order_by_asc(grid::Column::Code)
            .order_by_asc(grid_post::Column::Kind)
            .into_model::<PostRow>()
            .all()
            .await?;
        for post in found {
            posts.entry(post.member_id).or_default().push(MemberPost {
                id: post.id,
                grid_id: post.grid_id,
                grid_name: post.grid_name,
                kind: post.kind,
                since: post.since,
            });
        }
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            let held = posts.remove(&row.id).unwrap_or_default();
            row.into_dto(held, open)
        })
        .collect())
}

/// Posts held on a day: `until` is the first day on which a post is free again.
pub fn held_on(day: NaiveDate) -> Condition {
    Condition::all().add(grid_post::Column::Since.lte(day)).add(
        Condition::any()
            .add(grid_post::Column::Until.is_null())
            .add(grid_post::Column::Until.gt(day)),
    )
}

/// People who hold a post in the grid or beneath it today. An unknown grid has none.
async fn holds_post_beneath(tx: &Tx, root: GridId) -> Result<SimpleExpr> {
    let parents: Vec<(GridId, Option<GridId>)> = tx
        .find::<grid::Entity>()
        .select_only()
        .columns([grid::Column::Id, grid::Column::ParentId])
        .into_tuple()
        .all()
        .await?;
    let holders = tx
        .find::<grid_post::Entity>()
        .select_only()
        .column(grid_post::Column::MemberId)
        .filter(grid_post::Column::GridId.is_in(tree::subtree(&parents, root)))
        .filter(held_on(tx.today()));
    Ok(member::Column::Id.in_subquery(holders.into_subquery()))
}

/// One person; 404 when the township has none such.
pub async fn get(scope: &Scope, id: MemberId) -> Result<Member> {
    scope.read(async |tx: &Tx| load(tx, id).await).await
}

async fn load(tx: &Tx, id: MemberId) -> Result<Member> {
    let rows = rows(tx, Condition::all().add(member::Column::Id.eq(id)), None).await?;
    let mut found = with_posts(tx, rows).await?;
    found.pop().ok_or_else(|| ApiError::new(Code::NOT_FOUND))
}

/// Enters a person on the roster.
pub async fn create_once(
    scope: &Scope,
    key: IdempotencyKey,
    input: CreateMember,
) -> Result<Member> {
    scope
        .write_once(key, "create_member", &input.clone(), async move |tx: &Tx| {
            let model = create(tx, input).await?;
            let entry = Record::of(acts::CREATE).on("member", model.id);
            record(
                tx,
                entry.with("number", &model.number).renamed("name", None, Some(&model.name)),
            )
            .await?;
            load(tx, model.id).await
        })
        .await
}

/// Enters a person on the roster, in this transaction. 409 on a taken number, 422 on an unknown party organisation.
pub async fn create(tx: &Tx, input: CreateMember) -> Result<member::Model> {
    let name = rules::name(&input.name, rules::NAME_MAX)
        .ok_or_else(|| ApiError::new(Code::VALIDATION_FAILED))?;
    if let Some(org) = input.party_org_id {
        check_org(tx, org).await?;
    }
    let taken = tx
        .find::<member::Entity>()
        .filter(member::Column::Number.eq(&input.number))
        .count()
        .await?;
    if taken > 0 {
        return Err(ApiError::new(Code::ALREADY_EXISTS).detail(
            format!("编号“{}”已有人使用", input.number),
            format!("The number {} is taken", input.number),
        ));
    }
    let phone = input.phone.as_deref().and_then(rules::phone);
    tx.insert(new_row(
        tx,
        NewMember {
            id: MemberId::new(),
            number: input.number,
            name,
            category: input.category,
            phone,
            party_org_id: input.party_org_id,
        },
    ))
    .await
}

async fn check_org(tx: &Tx, org: PartyOrgId) -> Result<()> {
    match tx.try_get::<party_org::Entity>(org).await? {
        Some(_) => Ok(()),
        None => Err(ApiError::wrong(
            "party_org_id",
            FieldCode::NotFound,
            "没有这个党组织",
            "there is no such party organisation",
        )),
    }
}

/// Changes a person; 412 when somebody else did meanwhile.
pub async fn update(
    scope: &Scope,
    id: MemberId,
    seen: IfMatch,
    input: UpdateMember,
) -> Result<Member> {
    scope
        .write(async move |tx: &Tx| {
            let before = tx.get_locked::<member::Entity>(id).await?;
            seen.check(before.version)?;
            if let Some(Some(org)) = input.party_org_id {
                check_org(tx, org).await?;
            }
            let (version, old) = (before.version, before.clone());
            let mut row = before.into_active_model();
            if let Some(name) = input.name.as_deref().and_then(|n| rules::name(n, rules::NAME_MAX))
            {
                row.name_initials = Set(rules::initials(&name));
                row.name = Set(name);
            }
            if let Some(category) = input.category {
                row.category = Set(category);
            }
            if let Some(phone) = input.phone {
                let phone = phone.as_deref().and_then(rules::phone);
                row.phone_tail = Set(phone.as_deref().and_then(rules::tail));
                row.phone = Set(phone);
            }
            if let Some(org) = input.party_org_id {
                row.party_org_id = Set(org);
            }
            if row.clone().try_into_model()? == old {
                return load(tx, id).await;
            }
            row.version = Set(version + 1);
            let after = tx.update(row).await?;
            let entry = Record::of(acts::UPDATE)
                .on("member", id)
                .renamed("name", Some(&old.name), Some(&after.name))
                .changed("category", Some(old.category), Some(after.category))
                .hidden("phone", old.phone.as_deref(), after.phone.as_deref())
                .changed("party_org_id", old.party_org_id, after.party_org_id);
            record(tx, entry).await?;
            load(tx, id).await
        })
        .await
}

/// Names by id, for other features; ids that are not the township's are left out.
pub async fn names(tx: &Tx, ids: &[MemberId]) -> Result<HashMap<MemberId, String>> {
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(MemberId, String)> = tx
            .find::<member::Entity>()
            .select_only()
            .columns([member::Column::Id, member::Column::Name])
            .filter(member::Column::Id.is_in(chunk.iter().copied()))
            .into_tuple()
            .all()
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

// ---- many people at once -----------------------------------------------------------------------

/// A person to enter, already checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMember {
    pub id: MemberId,
    pub number: String,
    pub name: String,
    pub category: MemberCategory,
    /// As [`rules::phone`] keeps it.
    pub phone: Option<String>,
    pub party_org_id: Option<PartyOrgId>,
}

/// A person on the roster, as far as an import compares it.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct KnownMember {
    pub id: MemberId,
    pub number: String,
    pub name: String,
    pub category: MemberCategory,
    pub phone: Option<String>,
    pub party_org_id: Option<PartyOrgId>,
}

fn new_row(tx: &Tx, new: NewMember) -> member::ActiveModel {
    member::ActiveModel {
        id: Set(new.id),
        name_initials: Set(rules::initials(&new.name)),
        phone_tail: Set(new.phone.as_deref().and_then(rules::tail)),
        number: Set(new.number),
        name: Set(new.name),
        category: Set(new.category),
        phone: Set(new.phone),
        party_org_id: Set(new.party_org_id),
        created_at: Set(tx.now()),
        version: Set(1),
        ..Default::default()
    }
}

/// Enters many people; their numbers must be free.
pub async fn create_many(tx: &Tx, new: Vec<NewMember>) -> Result<()> {
    let rows = new.into_iter().map(|new| new_row(tx, new)).collect();
    tx.insert_many(rows).await
}

/// Writes many people as they are now to be, in one statement for every few hundred.
pub async fn update_many(tx: &Tx, changed: &[KnownMember]) -> Result<()> {
    use member::Column;
    for chunk in changed.chunks(bulk::CHUNK) {
        let each = |value: fn(&KnownMember) -> sea_orm::Value| {
            chunk.iter().map(move |m| (m.id.uuid(), value(m)))
        };
        tx.update_many::<member::Entity>()
            .col_expr(
                Column::Name,
                bulk::by_id(Column::Id, Column::Name, each(|m| m.name.clone().into())),
            )
            .col_expr(
                Column::NameInitials,
                bulk::by_id(
                    Column::Id,
                    Column::NameInitials,
                    each(|m| rules::initials(&m.name).into()),
                ),
            )
            .col_expr(
                Column::Category,
                bulk::by_id(Column::Id, Column::Category, each(|m| m.category.as_str().into())),
            )
            .col_expr(
                Column::Phone,
                bulk::by_id(Column::Id, Column::Phone, each(|m| m.phone.clone().into())),
            )
            .col_expr(
                Column::PhoneTail,
                bulk::by_id(
                    Column::Id,
                    Column::PhoneTail,
                    each(|m| m.phone.as_deref().and_then(rules::tail).into()),
                ),
            )
            .col_expr(
                Column::PartyOrgId,
                bulk::by_id(
                    Column::Id,
                    Column::PartyOrgId,
                    each(|m| m.party_org_id.map(PartyOrgId::uuid).into()),
                ),
            )
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(Column::Id.is_in(chunk.iter().map(|m| m.id)))
            .exec()
            .await?;
    }
    Ok(())
}

/// The people with these numbers.
pub async fn by_number(tx: &Tx, numbers: &[String]) -> Result<Vec<KnownMember>> {
    let mut found = Vec::new();
    for chunk in numbers.chunks(CHUNK) {
        let rows = tx
            .find::<member::Entity>()
            .select_only()
            .columns([
                member::Column::Id,
                member::Column::Number,
                member::Column::Name,
                member::Column::Category,
                member::Column::Phone,
                member::Column::PartyOrgId,
            ])
            .filter(member::Column::Number.is_in(chunk.iter().map(String::as_str)))
            .into_model::<KnownMember>()
            .all()
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Locks the people with these numbers against changes by others until the end of this transaction.
pub async fn lock_by_number(tx: &Tx, numbers: &[String]) -> Result<()> {
    // Everybody locks in the same order, so that nobody waits in a circle.
    let mut sorted: Vec<&str> = numbers.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    for chunk in sorted.chunks(CHUNK) {
        let _locked: Vec<MemberId> = tx
            .find::<member::Entity>()
            .select_only()
            .column(member::Column::Id)
            .filter(member::Column::Number.is_in(chunk.iter().copied()))
            .order_by_asc(member::Column::Number)
            .locked()
            .into_tuple()
            .all()
            .await?;
    }
    Ok(())
}

// ---- party organisations -----------------------------------------------------------------------

/// Id, code and name of every party organisation.
pub async fn org_names(tx: &Tx) -> Result<Vec<(PartyOrgId, String, String)>> {
    tx.find::<party_org::Entity>()
        .select_only()
        .columns([party_org::Column::Id, party_org::Column::Code, party_org::Column::Name])
        .into_tuple()
        .all()
        .await
}

async fn org_parents(tx: &Tx) -> Result<Vec<(PartyOrgId, Option<PartyOrgId>)>> {
    tx.find::<party_org::Entity>()
        .select_only()
        .columns([party_org::Column::Id, party_org::Column::ParentId])
        .into_tuple()
        .all()
        .await
}

async fn org_subtree(tx: &Tx, root: PartyOrgId) -> Result<Vec<PartyOrgId>> {
    Ok(tree::subtree(&org_parents(tx).await?, root))
}

/// The whole tree, parents first; two statements.
pub async fn list_orgs(scope: &Scope) -> Result<PartyOrgList> {
    scope.read(async |tx: &Tx| Ok(PartyOrgList { items: orgs(tx).await?, next_cursor: None })).await
}

async fn orgs(tx: &Tx) -> Result<Vec<PartyOrg>> {
    let rows = tx.find::<party_org::Entity>().all().await?;
    let counts: Vec<(Option<PartyOrgId>, i64)> = tx
        .find::<member::Entity>()
        .select_only()
        .column(member::Column::PartyOrgId)
        .column_as(member::Column::Id.count(), "members")
        .filter(member::Column::PartyOrgId.is_not_null())
        .group_by(member::Column::PartyOrgId)
        .into_tuple()
        .all()
        .await?;
    let own: HashMap<PartyOrgId, u32> = counts
        .into_iter()
        .filter_map(|(org, count)| Some((org?, u32::try_from(count).ok()?)))
        .collect();
    let parents: Vec<_> = rows.iter().map(|row| (row.id, row.parent_id)).collect();
    let sorted = tree::in_order(rows, |r| r.id, |r| r.parent_id, |r| r.code.clone());
    Ok(sorted
        .into_iter()
        .map(|row| PartyOrg {
            member_count: tree::subtree(&parents, row.id).iter().filter_map(|id| own.get(id)).sum(),
            id: row.id,
            parent_id: row.parent_id,
            kind: row.kind,
            code: row.code,
            name: row.name,
            version: row.version,
        })
        .collect())
}

/// One party organisation; 404 when the township has none such.
pub async fn get_org(scope: &Scope, id: PartyOrgId) -> Result<PartyOrg> {
    scope.read(async |tx: &Tx| load_org(tx, id).await).await
}

async fn load_org(tx: &Tx, id: PartyOrgId) -> Result<PartyOrg> {
    let row = tx.get::<party_org::Entity>(id).await?;
    let beneath = org_subtree(tx, id).await?;
    let members = tx
        .find::<member::Entity>()
        .filter(member::Column::PartyOrgId.is_in(beneath))
        .count()
        .await?;
    Ok(PartyOrg {
        id: row.id,
        parent_id: row.parent_id,
        kind: row.kind,
        code: row.code,
        name: row.name,
        member_count: u32::try_from(members).unwrap_or(u32::MAX),
        version: row.version,
    })
}

/// Sets up a party organisation.
pub async fn create_org_once(
    scope: &Scope,
    key: IdempotencyKey,
    input: CreatePartyOrg,
) -> Result<PartyOrg> {
    scope
        .write_once(key, "create_party_org", &input.clone(), async move |tx: &Tx| {
            let model = create_party_org(tx, input).await?;
            let entry = Record::of(acts::CREATE_ORG).on("party_org", model.id);
            record(tx, entry.with("code", &model.code).with("name", &model.name)).await?;
            load_org(tx, model.id).await
        })
        .await
}

/// Sets up a party organisation, in this transaction. 409 on a taken code, 422 when it cannot belong where it is put.
pub async fn create_party_org(tx: &Tx, input: CreatePartyOrg) -> Result<party_org::Model> {
    let name = rules::name(&input.name, rules::ORG_NAME_MAX)
        .ok_or_else(|| ApiError::new(Code::VALIDATION_FAILED))?;
    if let Some(parent) = input.parent_id {
        // Locked: its kind is not changed by others meanwhile.
        let parent = tx
            .find::<party_org::Entity>()
            .filter(party_org::Column::Id.eq(parent))
            .locked()
            .one()
            .await?
            .ok_or_else(unknown_parent)?;
        check_level(input.kind, parent.kind)?;
    }
    let taken = tx
        .find::<party_org::Entity>()
        .filter(party_org::Column::Code.eq(&input.code))
        .count()
        .await?;
    if taken > 0 {
        return Err(ApiError::new(Code::ALREADY_EXISTS).detail(
            format!("党组织编码“{}”已存在", input.code),
            format!("The code {} is taken", input.code),
        ));
    }
    tx.insert(party_org::ActiveModel {
        id: Set(PartyOrgId::new()),
        parent_id: Set(input.parent_id),
        kind: Set(input.kind),
        code: Set(input.code),
        name: Set(name),
        created_at: Set(tx.now()),
        version: Set(1),
        ..Default::default()
    })
    .await
}

fn unknown_parent() -> ApiError {
    ApiError::wrong(
        "parent_id",
        FieldCode::NotFound,
        "没有这个上级党组织",
        "there is no such party organisation",
    )
}

fn check_level(kind: PartyOrgKind, parent: PartyOrgKind) -> Result<()> {
    if rules::may_belong(kind, parent) {
        Ok(())
    } else {
        Err(ApiError::invalid(
            "parent_id",
            format!("{}不能隶属于{}", kind.zh(), parent.zh()),
            format!("a {kind} cannot belong to a {parent}"),
        ))
    }
}

/// Changes a party organisation. The whole tree is read, so that neither a circle nor an upside-down level can arise.
pub async fn update_org(
    scope: &Scope,
    id: PartyOrgId,
    seen: IfMatch,
    input: UpdatePartyOrg,
) -> Result<PartyOrg> {
    scope
        .write(async move |tx: &Tx| {
            // A move locks the whole tree: two moves at once could close a circle that neither sees.
            let moves = input.kind.is_some() || input.parent_id.is_some();
            let locked = if moves {
                let _locked: Vec<PartyOrgId> = tx
                    .find::<party_org::Entity>()
                    .select_only()
                    .column(party_org::Column::Id)
                    .order_by_asc(party_org::Column::Id)
                    .locked()
                    .into_tuple()
                    .all()
                    .await?;
                // Read again: what was made while the locks were waited for is not among the rows that were waited for.
                tx.find::<party_org::Entity>().all().await?
            } else {
                vec![tx.get_locked::<party_org::Entity>(id).await?]
            };
            let before = locked
                .iter()
                .find(|org| org.id == id)
                .cloned()
                .ok_or_else(|| ApiError::new(Code::NOT_FOUND))?;
            seen.check(before.version)?;
            let kind = input.kind.unwrap_or(before.kind);
            let parent = input.parent_id.unwrap_or(before.parent_id);
            if moves {
                check_move(&locked, id, kind, parent)?;
            }
            let (version, old) = (before.version, before.clone());
            let mut row = before.into_active_model();
            if let Some(name) =
                input.name.as_deref().and_then(|n| rules::name(n, rules::ORG_NAME_MAX))
            {
                row.name = Set(name);
            }
            row.kind = Set(kind);
            row.parent_id = Set(parent);
            if row.clone().try_into_model()? == old {
                return load_org(tx, id).await;
            }
            row.version = Set(version + 1);
            let after = tx.update(row).await?;
            let entry = Record::of(acts::UPDATE_ORG)
                .on("party_org", id)
                .changed("name", Some(&old.name), Some(&after.name))
                .changed("kind", Some(old.kind), Some(after.kind))
                .changed("parent_id", old.parent_id, after.parent_id);
            record(tx, entry).await?;
            load_org(tx, id).await
        })
        .await
}

/// Whether the organisation can be of this kind, at this place in the tree.
fn check_move(
    all: &[party_org::Model],
    id: PartyOrgId,
    kind: PartyOrgKind,
    parent: Option<PartyOrgId>,
) -> Result<()> {
    if let Some(parent) = parent {
        let above = all.iter().find(|org| org.id == parent).ok_or_else(unknown_parent)?;
        let parents: Vec<_> = all.iter().map(|org| (org.id, org.parent_id)).collect();
        if !tree::may_hang(&parents, id, parent) {
            return Err(ApiError::invalid(
                "parent_id",
                "上级党组织不能是自己或自己的下级",
                "an organisation cannot belong to itself or to one beneath it",
            ));
        }
        check_level(kind, above.kind)?;
    }
    let below = all
        .iter()
        .filter(|org| org.parent_id == Some(id))
        .find(|org| !rules::may_belong(org.kind, kind));
    match below {
        None => Ok(()),
        Some(below) => Err(ApiError::invalid(
            "kind",
            format!("下级党组织“{}”不能隶属于{}", below.name, kind.zh()),
            format!("{} beneath it cannot belong to a {kind}", below.name),
        )),
    }
}
