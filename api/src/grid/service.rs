//! Use cases of grids and posts.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use entity::ids::{GridId, GridPostId, MemberId};
use entity::kinds::{GridKind, PostKind};
use entity::{grid, grid_post, member};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, FromQueryResult, IntoActiveModel, JoinType, QueryFilter, QueryOrder,
    QuerySelect, RelationTrait,
};

use serde::Deserialize;

use super::Touched;
use super::collection::{self, Drafts, Entry, Known, Plan};
use super::dto::{
    Appoint, BoundaryCollection, BoundaryFeature, BoundaryGeometry, BoundaryProperties, EndPost,
    Grid, GridList, GridPost, HeldPost, LngLat, UpdateGrid,
};
use super::feature::Feature;
use super::follow::posts_changed;
use super::geometry::Point;
use super::rules::{self, Term};
use super::{acts, codes};
use crate::audit::{Record, record};
use crate::door::Day;
use crate::http::{ApiError, Code, IdempotencyKey, IfMatch, Result};
use crate::member::dto::MemberRef;
use crate::member::held_on;
use crate::member::tree;
use crate::tenancy::{Scope, Tx, bulk};
use crate::work::Budget;

/// Rows asked for by id in one statement.
const CHUNK: usize = 1000;
/// Days that an appointment may lie ahead, or an end.
const AHEAD: u64 = 366;

// ---- what other features ask -------------------------------------------------------------------

/// A post held today.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Holder {
    pub post_id: GridPostId,
    pub kind: PostKind,
    pub since: NaiveDate,
    pub grid_id: GridId,
    pub grid_name: String,
    pub grid_kind: GridKind,
    pub member_id: MemberId,
    pub member_name: String,
}

/// Posts of these kinds held today, by grid code, kind and name; an empty slice means every kind. One statement.
pub async fn holders(tx: &Tx, kinds: &[PostKind]) -> Result<Vec<Holder>> {
    let condition = if kinds.is_empty() {
        Condition::all()
    } else {
        Condition::all().add(grid_post::Column::Kind.is_in(kinds.iter().copied()))
    };
    held(tx, condition).await
}

/// Posts of these kinds that these people hold today, in the same order. One statement.
pub async fn holders_among(
    tx: &Tx,
    kinds: &[PostKind],
    people: &[MemberId],
) -> Result<Vec<Holder>> {
    let condition = Condition::all()
        .add(grid_post::Column::Kind.is_in(kinds.iter().copied()))
        .add(grid_post::Column::MemberId.is_in(people.iter().copied()));
    held(tx, condition).await
}

/// Posts one person holds today. One statement.
pub async fn posts_of(tx: &Tx, member: MemberId) -> Result<Vec<Holder>> {
    held(tx, Condition::all().add(grid_post::Column::MemberId.eq(member))).await
}

async fn held(tx: &Tx, condition: Condition) -> Result<Vec<Holder>> {
    tx.find::<grid_post::Entity>()
        .join(JoinType::InnerJoin, grid_post::Relation::Grid.def())
        .join(JoinType::InnerJoin, grid_post::Relation::Member.def())
        .select_only()
        .column_as(grid_post::Column::Id, "post_id")
        .columns([
            grid_post::Column::Kind,
            grid_post::Column::Since,
            grid_post::Column::GridId,
            grid_post::Column::MemberId,
        ])
        .column_as(grid::Column::Name, "grid_name")
        .column_as(grid::Column::Kind, "grid_kind")
        .column_as(member::Column::Name, "member_name")
        .filter(held_on(tx.today()))
        .filter(condition)
        .order_by_asc(grid::Column::Code)
        .order_by_asc(grid_post::Column::Kind)
        .order_by_asc(member::Column::Name)
        .order_by_asc(grid_post::Column::Id)
        .into_model::<Holder>()
        .all()
        .await
}

/// A head that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vacancy {
    pub grid_id: GridId,
    pub grid_name: String,
    pub kind: PostKind,
}

/// Grids without the head their kind needs, by code. Two statements.
pub async fn vacancies(tx: &Tx) -> Result<Vec<Vacancy>> {
    let grids: Vec<(GridId, String, GridKind)> = tx
        .find::<grid::Entity>()
        .select_only()
        .columns([grid::Column::Id, grid::Column::Name, grid::Column::Kind])
        .order_by_asc(grid::Column::Code)
        .into_tuple()
        .all()
        .await?;
    let heads: Vec<(GridId, PostKind)> = tx
        .find::<grid_post::Entity>()
        .select_only()
        .columns([grid_post::Column::GridId, grid_post::Column::Kind])
        .filter(grid_post::Column::Kind.is_in([PostKind::GeneralHead, PostKind::SubHead]))
        .filter(held_on(tx.today()))
        .into_tuple()
        .all()
        .await?;
    let mut running: HashMap<GridId, Vec<PostKind>> = HashMap::new();
    for (grid, kind) in heads {
        running.entry(grid).or_default().push(kind);
    }
    Ok(grids
        .into_iter()
        .flat_map(|(grid_id, grid_name, kind)| {
            let held = running.get(&grid_id).map_or(&[][..], Vec::as_slice);
            rules::vacant(kind, held).into_iter().map(move |kind| Vacancy {
                grid_id,
                grid_name: grid_name.clone(),
                kind,
            })
        })
        .collect())
}

async fn parents(tx: &Tx) -> Result<Vec<(GridId, Option<GridId>)>> {
    tx.find::<grid::Entity>()
        .select_only()
        .columns([grid::Column::Id, grid::Column::ParentId])
        .into_tuple()
        .all()
        .await
}

/// The grid and everything beneath it, the grid first; 404 when the township has no such grid. One statement.
pub async fn subtree_ids(tx: &Tx, grid: GridId) -> Result<Vec<GridId>> {
    let parents = parents(tx).await?;
    if parents.iter().any(|(id, _)| *id == grid) {
        Ok(tree::subtree(&parents, grid))
    } else {
        Err(ApiError::new(Code::NOT_FOUND))
    }
}

/// Names by id; ids that are not the township's are left out.
pub async fn names(tx: &Tx, ids: &[GridId]) -> Result<HashMap<GridId, String>> {
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(GridId, String)> = tx
            .find::<grid::Entity>()
            .select_only()
            .columns([grid::Column::Id, grid::Column::Name])
            .filter(grid::Column::Id.is_in(chunk.iter().copied()))
            .into_tuple()
            .all()
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// A grid without its boundary.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Node {
    pub id: GridId,
    pub parent_id: Option<GridId>,
    pub code: String,
    pub name: String,
    pub kind: GridKind,
}

/// The whole tree without boundaries, parents first, siblings by code. One statement.
pub async fn tree(tx: &Tx) -> Result<Vec<Node>> {
    let rows = tx
        .find::<grid::Entity>()
        .select_only()
        .columns([
            grid::Column::Id,
            grid::Column::ParentId,
            grid::Column::Code,
            grid::Column::Name,
            grid::Column::Kind,
        ])
        .into_model::<Node>()
        .all()
        .await?;
    Ok(tree::in_order(rows, |n| n.id, |n| n.parent_id, |n| n.code.clone()))
}

// ---- reading -----------------------------------------------------------------------------------

#[derive(FromQueryResult)]
struct Row {
    id: GridId,
    parent_id: Option<GridId>,
    code: String,
    name: String,
    kind: GridKind,
    centre_lng: i32,
    centre_lat: i32,
    area_m2: i64,
    version: i32,
}

async fn load(tx: &Tx, only: Option<GridId>) -> Result<Vec<Grid>> {
    let (mut grids, mut posts) = (Condition::all(), Condition::all());
    if let Some(id) = only {
        grids = grids.add(grid::Column::Id.eq(id));
        posts = posts.add(grid_post::Column::GridId.eq(id));
    }
    let rows = tx
        .find::<grid::Entity>()
        .select_only()
        .columns([
            grid::Column::Id,
            grid::Column::ParentId,
            grid::Column::Code,
            grid::Column::Name,
            grid::Column::Kind,
            grid::Column::CentreLng,
            grid::Column::CentreLat,
            grid::Column::AreaM2,
            grid::Column::Version,
        ])
        .filter(grids)
        .into_model::<Row>()
        .all()
        .await?;
    let mut by_grid: HashMap<GridId, Vec<HeldPost>> = HashMap::new();
    for holder in held(tx, posts).await? {
        by_grid.entry(holder.grid_id).or_default().push(HeldPost {
            id: holder.post_id,
            kind: holder.kind,
            member: MemberRef { id: holder.member_id, name: holder.member_name },
            since: holder.since,
        });
    }
    let sorted = tree::in_order(rows, |r| r.id, |r| r.parent_id, |r| r.code.clone());
    Ok(sorted
        .into_iter()
        .map(|row| {
            let mut posts = by_grid.remove(&row.id).unwrap_or_default();
            // From the highest post down, as the kinds are declared.
            posts.sort_by_key(|post| post.kind);
            let kinds: Vec<PostKind> = posts.iter().map(|post| post.kind).collect();
            let centre = Point { lng: row.centre_lng, lat: row.centre_lat };
            Grid {
                id: row.id,
                parent_id: row.parent_id,
                code: row.code,
                name: row.name,
                kind: row.kind,
                centre: LngLat { lng: centre.lng_degrees(), lat: centre.lat_degrees() },
                area_m2: row.area_m2,
                vacant: rules::vacant(row.kind, &kinds),
                posts,
                version: row.version,
            }
        })
        .collect())
}

/// All grids with the posts held today, parents first. Two statements.
pub async fn list(scope: &Scope) -> Result<GridList> {
    scope
        .read(async |tx: &Tx| Ok(GridList { items: load(tx, None).await?, next_cursor: None }))
        .await
}

/// One grid; 404 when the township has none such.
pub async fn get(scope: &Scope, id: GridId) -> Result<Grid> {
    scope.read(async |tx: &Tx| one(tx, id).await).await
}

async fn one(tx: &Tx, id: GridId) -> Result<Grid> {
    let found = load(tx, Some(id)).await?.pop();
    found.ok_or_else(|| ApiError::new(Code::NOT_FOUND))
}

/// All boundaries, parents first. One statement.
pub async fn boundaries(scope: &Scope) -> Result<BoundaryCollection> {
    let rows = scope.read(async |tx: &Tx| tx.find::<grid::Entity>().all().await).await?;
    let features = tree::in_order(rows, |r| r.id, |r| r.parent_id, |r| r.code.clone())
        .into_iter()
        .map(|row| {
            let geometry: BoundaryGeometry =
                serde_json::from_str(&row.boundary).map_err(ApiError::internal)?;
            Ok(BoundaryFeature {
                r#type: "Feature".to_owned(),
                properties: BoundaryProperties {
                    id: row.id,
                    code: row.code,
                    name: row.name,
                    kind: row.kind,
                    parent_id: row.parent_id,
                },
                geometry,
            })
        })
        .collect::<Result<_>>()?;
    Ok(BoundaryCollection { r#type: "FeatureCollection".to_owned(), features })
}

// ---- changing ----------------------------------------------------------------------------------

/// Changes a grid; 412 when somebody else did meanwhile.
pub async fn update(scope: &Scope, id: GridId, seen: IfMatch, input: UpdateGrid) -> Result<Grid> {
    scope
        .write(async move |tx: &Tx| {
            let before = tx.get_locked::<grid::Entity>(id).await?;
            seen.check(before.version)?;
            let (version, old) = (before.version, before.name.clone());
            let mut row = before.into_active_model();
            let name = input.name.as_deref();
            if let Some(name) = name.and_then(|n| crate::member::rules::name(n, rules::NAME_MAX)) {
                row.name = Set(name);
            }
            row.version = Set(version + 1);
            let after = tx.update(row).await?;
            let entry = Record::of(acts::UPDATE).on("grid", id);
            record(tx, entry.changed("name", Some(old), Some(after.name))).await?;
            one(tx, id).await
        })
        .await
}

/// Appoints a person to a post.
pub async fn appoint_once(scope: &Scope, key: IdempotencyKey, input: Appoint) -> Result<GridPost> {
    scope
        .write_once(key, "appoint", &input.clone(), async move |tx: &Tx| {
            let post = appoint(tx, input).await?;
            let entry = Record::of(acts::APPOINT).on("grid_post", post.id);
            let entry = entry.with("grid_id", post.grid_id).with("kind", post.kind);
            record(tx, entry.with("member_id", post.member.id).with("since", post.since)).await?;
            posts_changed(tx, &Touched::People(vec![post.member.id])).await?;
            Ok(post)
        })
        .await
}

/// Appoints a person to a post, in this transaction. 422 when grid or person is unknown or the grid has no such post,
/// 409 `post_taken` when somebody else holds it on a day of the term, 409 `already_exists` when the person does.
pub async fn appoint(tx: &Tx, input: Appoint) -> Result<GridPost> {
    // Locked, so that two appointments to the same grid follow each other.
    let grid = tx
        .find::<grid::Entity>()
        .filter(grid::Column::Id.eq(input.grid_id))
        .locked()
        .one()
        .await?
        .ok_or_else(|| ApiError::invalid("grid_id", "没有这个网格", "there is no such grid"))?;
    let member = tx
        .try_get::<member::Entity>(input.member_id)
        .await?
        .ok_or_else(|| ApiError::invalid("member_id", "没有这个人员", "there is no such person"))?;
    if !rules::suits(input.kind, grid.kind) {
        return Err(ApiError::invalid(
            "kind",
            rules::suiting_message(input.kind),
            rules::suiting_message_en(input.kind),
        ));
    }
    let today = tx.today();
    let term = Term { since: input.since.map_or(today, Day::date), until: None };
    if term.since > today + Days::new(AHEAD) {
        return Err(ApiError::invalid(
            "since",
            "任职日期不能晚于一年之后",
            "the term cannot begin more than a year ahead",
        ));
    }
    let others = tx
        .find::<grid_post::Entity>()
        .filter(grid_post::Column::GridId.eq(grid.id))
        .filter(grid_post::Column::Kind.eq(input.kind))
        .all()
        .await?;
    let mut overlapping =
        others.iter().filter(|post| Term { since: post.since, until: post.until }.overlaps(term));
    if overlapping.clone().any(|post| post.member_id == member.id) {
        return Err(ApiError::new(Code::ALREADY_EXISTS).detail(
            format!("{}已担任“{}”的{}", member.name, grid.name, input.kind.zh()),
            "This person holds the post already",
        ));
    }
    if rules::single(input.kind)
        && let Some(post) = overlapping.next()
    {
        let holder = crate::member::names(tx, &[post.member_id]).await?;
        let name = holder.get(&post.member_id).map_or("", String::as_str);
        return Err(ApiError::new(codes::POST_TAKEN).detail(
            format!("“{}”的{}现由{name}担任，请先结束其任职", grid.name, input.kind.zh()),
            format!("The post is held by {name}; end that term first"),
        ));
    }
    let post = tx
        .insert(grid_post::ActiveModel {
            id: Set(GridPostId::new()),
            grid_id: Set(grid.id),
            member_id: Set(member.id),
            kind: Set(input.kind),
            since: Set(term.since),
            until: Set(None),
            created_at: Set(tx.now()),
            ..Default::default()
        })
        .await?;
    Ok(post_dto(post, member.name))
}

fn post_dto(post: grid_post::Model, member_name: String) -> GridPost {
    GridPost {
        id: post.id,
        grid_id: post.grid_id,
        member: MemberRef { id: post.member_id, name: member_name },
        kind: post.kind,
        since: post.since,
        until: post.until,
    }
}

/// Ends a post. 409 when it has ended before.
pub async fn end_post(scope: &Scope, id: GridPostId, input: EndPost) -> Result<GridPost> {
    scope
        .write(async move |tx: &Tx| {
            let post = tx.get_locked::<grid_post::Entity>(id).await?;
            let today = tx.today();
            if post.until.is_some_and(|until| until <= today) {
                return Err(ApiError::new(Code::STATE_CONFLICT)
                    .detail("该任职已经结束", "The term has ended already"));
            }
            let until = input.until.map_or_else(|| Ord::max(today, post.since), Day::date);
            if until < post.since {
                return Err(ApiError::invalid(
                    "until",
                    "离任日期不能早于任职日期",
                    "the term cannot end before it begins",
                ));
            }
            if until > today + Days::new(AHEAD) {
                return Err(ApiError::invalid(
                    "until",
                    "离任日期不能晚于一年之后",
                    "the term cannot end more than a year ahead",
                ));
            }
            // Moving an announced end to a later day must not run into the successor.
            if rules::single(post.kind) {
                let successors = tx
                    .find::<grid_post::Entity>()
                    .filter(grid_post::Column::GridId.eq(post.grid_id))
                    .filter(grid_post::Column::Kind.eq(post.kind))
                    .filter(grid_post::Column::Id.ne(post.id))
                    .filter(grid_post::Column::Since.gte(post.since))
                    .filter(grid_post::Column::Since.lt(until))
                    // A term that ended on its first day stands in nobody's way.
                    .filter(
                        Condition::any().add(grid_post::Column::Until.is_null()).add(
                            grid_post::Column::Until
                                .into_expr()
                                .gt(grid_post::Column::Since.into_expr()),
                        ),
                    )
                    .count()
                    .await?;
                if successors > 0 {
                    return Err(ApiError::new(codes::POST_TAKEN));
                }
            }
            let (member_id, before) = (post.member_id, post.until);
            let mut row = post.into_active_model();
            row.until = Set(Some(until));
            let post = tx.update(row).await?;
            let entry = Record::of(acts::END_POST).on("grid_post", post.id);
            let entry = entry.changed("until", before, post.until).with("kind", post.kind);
            record(tx, entry.with("member_id", post.member_id)).await?;
            posts_changed(tx, &Touched::People(vec![post.member_id])).await?;
            let mut names = crate::member::names(tx, &[member_id]).await?;
            Ok(post_dto(post, names.remove(&member_id).unwrap_or_default()))
        })
        .await
}

// ---- many at once ------------------------------------------------------------------------------

/// A post to enter, already checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewPost {
    pub grid_id: GridId,
    pub member_id: MemberId,
    pub kind: PostKind,
    pub since: NaiveDate,
}

/// Enters many posts that were checked against [`posts_in`].
pub async fn appoint_many(tx: &Tx, posts: Vec<NewPost>) -> Result<()> {
    let rows = posts
        .into_iter()
        .map(|post| grid_post::ActiveModel {
            id: Set(GridPostId::new()),
            grid_id: Set(post.grid_id),
            member_id: Set(post.member_id),
            kind: Set(post.kind),
            since: Set(post.since),
            until: Set(None),
            created_at: Set(tx.now()),
            ..Default::default()
        })
        .collect();
    tx.insert_many(rows).await
}

/// A post held now or later.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct KnownPost {
    pub grid_id: GridId,
    pub member_id: MemberId,
    pub member_name: String,
    pub kind: PostKind,
    pub since: NaiveDate,
    pub until: Option<NaiveDate>,
}

/// Posts held now or later in all grids. One statement.
pub async fn posts_from_today(tx: &Tx) -> Result<Vec<KnownPost>> {
    tx.find::<grid_post::Entity>()
        .join(JoinType::InnerJoin, grid_post::Relation::Member.def())
        .select_only()
        .columns([
            grid_post::Column::GridId,
            grid_post::Column::MemberId,
            grid_post::Column::Kind,
            grid_post::Column::Since,
            grid_post::Column::Until,
        ])
        .column_as(member::Column::Name, "member_name")
        .filter(
            Condition::any()
                .add(grid_post::Column::Until.is_null())
                .add(grid_post::Column::Until.gt(tx.today())),
        )
        .into_model::<KnownPost>()
        .all()
        .await
}

/// Locks grids against appointments by others until the end of this transaction.
pub async fn lock(tx: &Tx, mut grids: Vec<GridId>) -> Result<()> {
    // Everybody locks in the same order, so that nobody waits in a circle.
    grids.sort_unstable();
    grids.dedup();
    for chunk in grids.chunks(CHUNK) {
        let _locked: Vec<GridId> = tx
            .find::<grid::Entity>()
            .select_only()
            .column(grid::Column::Id)
            .filter(grid::Column::Id.is_in(chunk.iter().copied()))
            .order_by_asc(grid::Column::Id)
            .locked()
            .into_tuple()
            .all()
            .await?;
    }
    Ok(())
}

/// What the township has, for comparison with a file. Two statements.
async fn known(tx: &Tx) -> Result<Vec<Known>> {
    // Locked before anything is read: what came first is seen, also what was made while the locks were waited for, and what comes
    // later waits.
    let _locked: Vec<GridId> = tx
        .find::<grid::Entity>()
        .select_only()
        .column(grid::Column::Id)
        .order_by_asc(grid::Column::Id)
        .locked()
        .into_tuple()
        .all()
        .await?;
    let rows = tx.find::<grid::Entity>().order_by_asc(grid::Column::Id).all().await?;
    let mut posts: HashMap<GridId, Vec<PostKind>> = HashMap::new();
    for post in posts_from_today(tx).await? {
        posts.entry(post.grid_id).or_default().push(post.kind);
    }
    Ok(rows
        .into_iter()
        .map(|row| Known {
            posts: posts.remove(&row.id).unwrap_or_default(),
            id: row.id,
            parent_id: row.parent_id,
            code: row.code,
            name: row.name,
            kind: row.kind,
            boundary: row.boundary,
        })
        .collect())
}

/// Compares a file with the township's grids and, unless there is a fault or it is only tried out, writes it.
pub async fn import(tx: &Tx, drafts: &Drafts, dry_run: bool) -> Result<Plan> {
    let plan = collection::plan(drafts, &known(tx).await?);
    if !dry_run && plan.faults.is_empty() {
        write(tx, &plan).await?;
    }
    Ok(plan)
}

/// Reads and writes a GeoJSON FeatureCollection, for the demonstration data.
pub async fn import_collection(tx: &Tx, collection: &serde_json::Value) -> Result<Plan> {
    let features = collection
        .get("features")
        .and_then(serde_json::Value::as_array)
        .ok_or_else(|| ApiError::new(Code::FILE_UNREADABLE))?;
    let features = features.iter().map(Feature::deserialize).collect::<Result<Vec<_>, _>>();
    let features = features.map_err(ApiError::internal)?;
    import(tx, &collection::read(&features, &Budget::unbounded())?, false).await
}

async fn write(tx: &Tx, plan: &Plan) -> Result<()> {
    use grid::Column;
    let rows = plan
        .create
        .iter()
        .map(|entry| grid::ActiveModel {
            id: Set(entry.id),
            parent_id: Set(entry.parent_id),
            code: Set(entry.code.clone()),
            name: Set(entry.name.clone()),
            kind: Set(entry.kind),
            boundary: Set(entry.shape.boundary.clone()),
            centre_lng: Set(entry.shape.centre.lng),
            centre_lat: Set(entry.shape.centre.lat),
            area_m2: Set(entry.shape.area_m2),
            created_at: Set(tx.now()),
            version: Set(1),
            ..Default::default()
        })
        .collect();
    tx.insert_many(rows).await?;
    for chunk in plan.update.chunks(bulk::CHUNK) {
        let each = |column: Column, value: fn(&Entry) -> sea_orm::Value| {
            bulk::by_id(Column::Id, column, chunk.iter().map(|e| (e.id.uuid(), value(e))))
        };
        tx.update_many::<grid::Entity>()
            .col_expr(
                Column::ParentId,
                each(Column::ParentId, |e| e.parent_id.map(GridId::uuid).into()),
            )
            .col_expr(Column::Name, each(Column::Name, |e| e.name.clone().into()))
            .col_expr(Column::Kind, each(Column::Kind, |e| e.kind.as_str().into()))
            .col_expr(Column::Boundary, each(Column::Boundary, |e| e.shape.boundary.clone().into()))
            .col_expr(Column::CentreLng, each(Column::CentreLng, |e| e.shape.centre.lng.into()))
            .col_expr(Column::CentreLat, each(Column::CentreLat, |e| e.shape.centre.lat.into()))
            .col_expr(Column::AreaM2, each(Column::AreaM2, |e| e.shape.area_m2.into()))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(Column::Id.is_in(chunk.iter().map(|e| e.id)))
            .exec()
            .await?;
    }
    Ok(())
}
