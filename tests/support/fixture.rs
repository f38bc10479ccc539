//! Two townships, furnished alike: grids, people, posts, and an account of every role. Inserted through
//! [`Scope`] with the entities, so that a fault in one feature does not stop the tests of another.

use std::collections::BTreeMap;

use api::member::path;
use api::state::AppState;
use api::tenancy::{Scope, Tx};
use chrono::NaiveDate;
use entity::ids::{AccountId, GridId, GridPostId, MemberId, PartyOrgId, TenantId};
use entity::kinds::{GridKind, MemberCategory, PartyOrgKind, PostKind, Role};
use sea_orm::ActiveValue::Set;

/// Which of the two townships.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Town {
    /// 漕泾镇.
    A,
    /// 张堰镇, its neighbour.
    B,
}

impl Town {
    /// Code and name in the national directory.
    pub const fn directory(self) -> (&'static str, &'static str) {
        match self {
            Self::A => ("310116112", "漕泾镇"),
            Self::B => ("310116103", "张堰镇"),
        }
    }
}

/// The accounts of the fixture, named after what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Who {
    /// Role `administrator`.
    Administrator,
    /// Role `leader`.
    Leader,
    /// Role `clerk`.
    Clerk,
    /// Role `grid_head`, head of a general grid.
    GridHead,
    /// Role `grid_head`, head of a sub grid.
    SubHead,
    /// Role `worker`.
    Worker,
    /// Role `member`.
    Member,
    /// Role `integrator`.
    Integrator,
    /// Role `auditor`.
    Auditor,
}

impl Who {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Administrator,
        Self::Leader,
        Self::Clerk,
        Self::GridHead,
        Self::SubHead,
        Self::Worker,
        Self::Member,
        Self::Integrator,
        Self::Auditor,
    ];

    /// The user name.
    pub const fn username(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Leader => "leader",
            Self::Clerk => "clerk",
            Self::GridHead => "grid_head",
            Self::SubHead => "sub_head",
            Self::Worker => "worker",
            Self::Member => "member",
            Self::Integrator => "integrator",
            Self::Auditor => "auditor",
        }
    }

    /// The role.
    pub const fn role(self) -> Role {
        match self {
            Self::Administrator => Role::Administrator,
            Self::Leader => Role::Leader,
            Self::Clerk => Role::Clerk,
            Self::GridHead | Self::SubHead => Role::GridHead,
            Self::Worker => Role::Worker,
            Self::Member => Role::Member,
            Self::Integrator => Role::Integrator,
            Self::Auditor => Role::Auditor,
        }
    }
}

/// The password of every account of the fixture.
pub const PASSWORD: &str = "correct-horse-battery-42";

/// A township of the fixture and the ids of what is in it.
#[derive(Debug, Clone)]
pub struct Township {
    /// Nine digits.
    pub code: &'static str,
    /// Name.
    pub name: &'static str,
    /// Id.
    pub tenant: TenantId,
    /// Its grids.
    pub grids: Grids,
    /// People on its roster.
    pub members: Members,
    /// Its party organisations.
    pub orgs: Orgs,
    /// Its accounts.
    pub accounts: BTreeMap<Who, Account>,
}

/// Grids: a township grid with two general grids, the first of which has two sub grids.
#[derive(Debug, Clone)]
pub struct Grids {
    /// The whole township.
    pub township: GridId,
    /// A village with a head.
    pub general: GridId,
    /// A village without.
    pub other_general: GridId,
    /// A sub grid of `general` with a head and a worker.
    pub sub: GridId,
    /// A sub grid of `general` without.
    pub other_sub: GridId,
}

/// People.
#[derive(Debug, Clone)]
pub struct Members {
    /// 总网格长 of `general`.
    pub head: MemberId,
    /// 子网格长 of `sub`.
    pub sub_head: MemberId,
    /// 网格员 in `sub`.
    pub worker: MemberId,
    /// 在职党员 without a post.
    pub member: MemberId,
    /// 群众 without post and account.
    pub spare: MemberId,
}

/// Party organisations.
#[derive(Debug, Clone)]
pub struct Orgs {
    /// 党委.
    pub committee: PartyOrgId,
    /// A branch under it.
    pub branch: PartyOrgId,
}

/// An account.
#[derive(Debug, Clone)]
pub struct Account {
    /// Id.
    pub id: AccountId,
    /// User name.
    pub username: &'static str,
}

/// A square of `size` degrees as GeoJSON, its corner `x` and `y` squares away from the origin.
fn square(x: i32, y: i32, size: i32) -> String {
    let west = 121_400_000 + x * size;
    let south = 30_790_000 + y * size;
    let at = |lng: i32, lat: i32| {
        format!(
            "[{}.{:06},{}.{:06}]",
            lng / 1_000_000,
            lng % 1_000_000,
            lat / 1_000_000,
            lat % 1_000_000
        )
    };
    format!(
        r#"{{"type":"Polygon","coordinates":[[{},{},{},{},{}]]}}"#,
        at(west, south),
        at(west + size, south),
        at(west + size, south + size),
        at(west, south + size),
        at(west, south)
    )
}

/// Founds a township and furnishes it.
pub async fn found(state: &AppState, town: Town) -> Township {
    let (code, name) = town.directory();
    let scope = api::township::service::found(state, code, name, false)
        .await
        .unwrap_or_else(|error| panic!("{name} cannot be founded: {error}"));
    let hash = state.passwords().hash(PASSWORD.into()).await.expect("the password is hashed");
    furnish(&scope, code, name, hash).await
}

async fn furnish(scope: &Scope, code: &'static str, name: &'static str, hash: String) -> Township {
    let township = Township {
        code,
        name,
        tenant: scope.tenant(),
        grids: Grids {
            township: GridId::new(),
            general: GridId::new(),
            other_general: GridId::new(),
            sub: GridId::new(),
            other_sub: GridId::new(),
        },
        members: Members {
            head: MemberId::new(),
            sub_head: MemberId::new(),
            worker: MemberId::new(),
            member: MemberId::new(),
            spare: MemberId::new(),
        },
        orgs: Orgs { committee: PartyOrgId::new(), branch: PartyOrgId::new() },
        accounts: Who::ALL
            .into_iter()
            .map(|who| (who, Account { id: AccountId::new(), username: who.username() }))
            .collect(),
    };
    let made = township.clone();
    scope
        .write(async move |tx: &Tx| {
            orgs(tx, &made).await?;
            members(tx, &made).await?;
            grids(tx, &made).await?;
            posts(tx, &made).await?;
            accounts(tx, &made, hash).await
        })
        .await
        .unwrap_or_else(|error| panic!("{name} cannot be furnished: {error}"));
    township
}

async fn orgs(tx: &Tx, town: &Township) -> api::http::Result<()> {
    for (id, parent_id, kind, code, name) in [
        (town.orgs.committee, None, PartyOrgKind::Committee, "01", "镇党委"),
        (town.orgs.branch, Some(town.orgs.committee), PartyOrgKind::Branch, "0101", "水库村党支部"),
    ] {
        tx.insert(entity::party_org::ActiveModel {
            id: Set(id),
            parent_id: Set(parent_id),
            kind: Set(kind),
            code: Set(code.to_owned()),
            name: Set(name.to_owned()),
            created_at: Set(tx.now()),
            version: Set(1),
            ..Default::default()
        })
        .await?;
    }
    Ok(())
}

async fn members(tx: &Tx, town: &Township) -> api::http::Result<()> {
    let people = [
        (
            town.members.head,
            "0001",
            "顾建国",
            "gjg",
            MemberCategory::PartyMember,
            Some("13812345678"),
        ),
        (
            town.members.sub_head,
            "0002",
            "沈秀英",
            "sxy",
            MemberCategory::PartyMember,
            Some("13900001111"),
        ),
        (town.members.worker, "0003", "陆小明", "lxm", MemberCategory::GridWorker, None),
        (
            town.members.member,
            "0004",
            "周敏",
            "zm",
            MemberCategory::InServiceMember,
            Some("13700002222"),
        ),
        (town.members.spare, "0005", "钱大伟", "qdw", MemberCategory::Resident, None),
    ];
    for (id, number, name, initials, category, phone) in people {
        tx.insert(entity::member::ActiveModel {
            id: Set(id),
            number: Set(number.to_owned()),
            name: Set(name.to_owned()),
            name_initials: Set(initials.to_owned()),
            category: Set(category),
            phone: Set(phone.map(str::to_owned)),
            phone_tail: Set(phone.map(|digits| digits.chars().skip(7).collect())),
            party_org_id: Set(Some(town.orgs.branch)),
            created_at: Set(tx.now()),
            version: Set(1),
            ..Default::default()
        })
        .await?;
    }
    Ok(())
}

async fn grids(tx: &Tx, town: &Township) -> api::http::Result<()> {
    let rows = [
        (town.grids.township, None, "", "", GridKind::Township, square(0, 0, 40_000)),
        (
            town.grids.general,
            Some(town.grids.township),
            "001",
            "水库村",
            GridKind::General,
            square(0, 0, 20_000),
        ),
        (
            town.grids.sub,
            Some(town.grids.general),
            "00101",
            "水库村第1子网格",
            GridKind::Sub,
            square(0, 0, 10_000),
        ),
        (
            town.grids.other_sub,
            Some(town.grids.general),
            "00102",
            "水库村第2子网格",
            GridKind::Sub,
            square(1, 0, 10_000),
        ),
        (
            town.grids.other_general,
            Some(town.grids.township),
            "002",
            "沙积村",
            GridKind::General,
            square(1, 1, 20_000),
        ),
    ];
    let mut paths = std::collections::HashMap::new();
    for (id, parent_id, tail, name, kind, boundary) in rows {
        let name = if name.is_empty() { town.name } else { name };
        let path = path::path(
            parent_id.and_then(|parent| paths.get(&parent)).map(String::as_str),
            id.into(),
        );
        paths.insert(id, path.clone());
        tx.insert(entity::grid::ActiveModel {
            id: Set(id),
            parent_id: Set(parent_id),
            path: Set(path),
            code: Set(format!("{}{tail}", town.code)),
            name: Set(name.to_owned()),
            kind: Set(kind),
            boundary: Set(boundary),
            centre_lng: Set(121_410_000),
            centre_lat: Set(30_800_000),
            area_m2: Set(1_000_000),
            created_at: Set(tx.now()),
            version: Set(1),
            ..Default::default()
        })
        .await?;
    }
    Ok(())
}

async fn posts(tx: &Tx, town: &Township) -> api::http::Result<()> {
    let since = NaiveDate::from_ymd_opt(2026, 1, 1).expect("a date");
    for (grid_id, member_id, kind) in [
        (town.grids.general, town.members.head, PostKind::GeneralHead),
        (town.grids.sub, town.members.sub_head, PostKind::SubHead),
        (town.grids.sub, town.members.worker, PostKind::Worker),
    ] {
        tx.insert(entity::grid_post::ActiveModel {
            id: Set(GridPostId::new()),
            grid_id: Set(grid_id),
            member_id: Set(member_id),
            kind: Set(kind),
            since: Set(since),
            until: Set(None),
            created_at: Set(tx.now()),
            ..Default::default()
        })
        .await?;
    }
    Ok(())
}

async fn accounts(tx: &Tx, town: &Township, hash: String) -> api::http::Result<()> {
    for (who, account) in &town.accounts {
        let member_id = match who {
            Who::GridHead => Some(town.members.head),
            Who::SubHead => Some(town.members.sub_head),
            Who::Worker => Some(town.members.worker),
            Who::Member => Some(town.members.member),
            _ => None,
        };
        tx.insert(entity::account::ActiveModel {
            id: Set(account.id),
            username: Set(account.username.to_owned()),
            password_hash: Set(hash.clone()),
            display_name: Set(who.role().zh().to_owned()),
            member_id: Set(member_id),
            disabled: Set(false),
            sphere: Set(who.role().sphere()),
            created_at: Set(tx.now()),
            version: Set(1),
            ..Default::default()
        })
        .await?;
        tx.insert(entity::account_role::ActiveModel {
            account_id: Set(account.id),
            role: Set(who.role()),
            sphere: Set(who.role().sphere()),
            ..Default::default()
        })
        .await?;
    }
    Ok(())
}
