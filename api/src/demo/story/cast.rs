//! The people of the story, its grids and its organisations.

use super::super::{CODE, people};
use crate::account::dto::CreateAccount;
use crate::door::Secret;
use crate::grid::dto::Appoint;
use crate::http::{ApiError, Result};
use crate::member::dto::{CreateMember, CreatePartyOrg};
use crate::tenancy::Tx;
use crate::{account, grid, member};
use entity::ids::{AccountId, GridId, MemberId, PartyOrgId};
use entity::kinds::{GridKind, MemberCategory, PartyOrgKind, PostKind, Role};
use entity::party_org;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use std::collections::{HashMap, HashSet};

/// The grids of the township.
const GRIDS: &str = include_str!("../data/grids.geojson");

/// The village whose people sign in.
const VILLAGE: &str = "310116112216";

/// Sub grids left without a head, as in every real township.
const VACANT: &[&str] = &["31011611221602", "31011611220103", "31011611200305"];

/// Somebody of the story: the member and the account.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) member: MemberId,
    pub(super) account: AccountId,
    pub(super) name: String,
}

/// Everybody who acts in it.
pub(super) struct Players {
    pub(super) clerk: AccountId,
    pub(super) general_heads: Vec<Person>,
    pub(super) sub_heads: Vec<Person>,
    pub(super) workers: Vec<Person>,
    pub(super) volunteers: Vec<Person>,
    pub(super) accounts: Vec<(String, String)>,
    pub(super) village: GridId,
}

/// Makes the people, or finds those that were made before: in one transaction, so all of them or none.
pub(super) struct Cast<'a> {
    tx: &'a Tx,
    hash: String,
    rng: StdRng,
    taken: HashSet<String>,
    count: u32,
    /// Those made before: the accounts by user name, the organisations by code.
    accounts: HashMap<String, entity::account::Model>,
    orgs: HashMap<String, PartyOrgId>,
}

impl<'a> Cast<'a> {
    /// With those who were made before.
    pub(super) async fn new(tx: &'a Tx, seed: u64, hash: String) -> Result<Self> {
        let accounts = tx.find::<entity::account::Entity>().all().await?;
        let orgs = tx.find::<party_org::Entity>().all().await?;
        Ok(Self {
            tx,
            hash,
            rng: StdRng::seed_from_u64(seed),
            taken: HashSet::new(),
            count: 0,
            accounts: accounts.into_iter().map(|row| (row.username.clone(), row)).collect(),
            orgs: orgs.into_iter().map(|row| (row.code, row.id)).collect(),
        })
    }

    fn is_made(&self) -> bool {
        !self.accounts.is_empty()
    }

    async fn person(
        &mut self,
        category: MemberCategory,
        org: Option<PartyOrgId>,
        roles: &[Role],
        username: Option<&str>,
    ) -> Result<Person> {
        self.count += 1;
        let name = people::name(&mut self.rng, &mut self.taken);
        let username = username.map_or_else(|| format!("cj{:04}", self.count), str::to_owned);
        if let Some(account) = self.accounts.get(&username)
            && let Some(member) = account.member_id
        {
            return Ok(Person { member, account: account.id, name });
        }
        let row = member::create(
            self.tx,
            CreateMember {
                number: format!("CJ{:04}", self.count),
                name: name.clone(),
                category,
                phone: Some(format!("1990000{:04}", self.count)),
                party_org_id: org,
            },
        )
        .await?;
        let account = account::insert(
            self.tx,
            CreateAccount {
                username,
                password: Secret::default(),
                display_name: name.clone(),
                roles: roles.to_vec(),
                member_id: Some(row.id),
            },
            self.hash.clone(),
            false,
        )
        .await?;
        Ok(Person { member: row.id, account, name })
    }

    async fn appoint(&self, person: &Person, grid: GridId, kind: PostKind) -> Result<()> {
        if self.is_made() {
            return Ok(());
        }
        let input = Appoint { grid_id: grid, member_id: person.member, kind, since: None };
        grid::appoint(self.tx, input).await.map(|_| ())
    }

    /// An account without a member: office and outside.
    async fn office(&self, username: &str, display: &str, role: Role) -> Result<AccountId> {
        if let Some(account) = self.accounts.get(username) {
            return Ok(account.id);
        }
        let input = CreateAccount {
            username: username.to_owned(),
            password: Secret::default(),
            display_name: display.to_owned(),
            roles: vec![role],
            member_id: None,
        };
        account::insert(self.tx, input, self.hash.clone(), false).await
    }

    async fn org(
        &self,
        parent: Option<PartyOrgId>,
        kind: PartyOrgKind,
        code: &str,
        name: &str,
    ) -> Result<PartyOrgId> {
        if let Some(id) = self.orgs.get(code) {
            return Ok(*id);
        }
        let input = CreatePartyOrg {
            parent_id: parent,
            kind,
            code: code.to_owned(),
            name: name.to_owned(),
        };
        Ok(member::create_party_org(self.tx, input).await?.id)
    }
}

/// Brings in the grids and everybody who acts, or finds them.
pub(super) async fn cast_players(cast: &mut Cast<'_>) -> Result<Players> {
    if !cast.is_made() {
        let collection = serde_json::from_str(GRIDS).map_err(ApiError::internal)?;
        let plan = grid::import_collection(cast.tx, &collection).await?;
        if !plan.faults.is_empty() {
            return Err(ApiError::internal(format!("{:?}", plan.faults)));
        }
    }
    let tree = grid::tree(cast.tx).await?;
    let committee = cast.org(None, PartyOrgKind::Committee, CODE, "中共漕泾镇委员会").await?;
    let clerk = cast.office("clerk", "党建办", Role::Clerk).await?;
    cast.office("leader", "镇党委督导", Role::Leader).await?;
    cast.office("administrator", "系统管理员", Role::Administrator).await?;
    cast.office("auditor", "审计管理员", Role::Auditor).await?;
    cast.office("integrator", "区级平台对接", Role::Integrator).await?;

    let mut accounts = vec![
        (
            "clerk".to_owned(),
            "党建办 · party office clerk: lists, tasks, activities, people".to_owned(),
        ),
        (
            "leader".to_owned(),
            "督导员 · township leader: sees everything, changes nothing".to_owned(),
        ),
    ];
    let (mut general_heads, mut sub_heads, mut workers, mut volunteers) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut village = None;
    let mut branch = committee;
    // The tree lists parents first, so a sub grid's branch is the one made last.
    for node in &tree {
        let in_village = node.code.starts_with(VILLAGE);
        match node.kind {
            GridKind::General => {
                let short = node.name.trim_end_matches("党建总网格");
                branch = cast
                    .org(
                        Some(committee),
                        PartyOrgKind::GeneralBranch,
                        &node.code,
                        &format!("{short}党总支"),
                    )
                    .await?;
                let username = in_village.then_some("grid_head");
                let head = cast
                    .person(MemberCategory::PartyMember, Some(branch), &[Role::GridHead], username)
                    .await?;
                cast.appoint(&head, node.id, PostKind::GeneralHead).await?;
                if in_village {
                    village = Some(node.id);
                    accounts.push((
                        "grid_head".to_owned(),
                        format!("总网格长 {} · heads {}", head.name, node.name),
                    ));
                    general_heads.insert(0, head);
                } else {
                    general_heads.push(head);
                }
            }
            GridKind::Sub => {
                let short = node.name.trim_end_matches("子网格");
                let group = cast.org(Some(branch), PartyOrgKind::Group, &node.code, short).await?;
                if VACANT.contains(&node.code.as_str()) {
                    continue;
                }
                let first = in_village && !accounts.iter().any(|(name, _)| name == "sub_head");
                let head = cast
                    .person(
                        MemberCategory::PartyMember,
                        Some(group),
                        &[Role::GridHead],
                        first.then_some("sub_head"),
                    )
                    .await?;
                cast.appoint(&head, node.id, PostKind::SubHead).await?;
                if first {
                    accounts.push((
                        "sub_head".to_owned(),
                        format!("子网格长 {} · heads {}", head.name, node.name),
                    ));
                    let worker = cast
                        .person(
                            MemberCategory::GridWorker,
                            Some(group),
                            &[Role::Worker],
                            Some("worker"),
                        )
                        .await?;
                    cast.appoint(&worker, node.id, PostKind::Worker).await?;
                    accounts.push((
                        "worker".to_owned(),
                        format!("网格员 {} · works in {}", worker.name, node.name),
                    ));
                    workers.insert(0, worker);
                    sub_heads.insert(0, head);
                } else {
                    sub_heads.push(head);
                }
            }
            _ => {}
        }
    }
    let generals: Vec<GridId> =
        tree.iter().filter(|node| node.kind == GridKind::General).map(|node| node.id).collect();
    for _ in 0..7 {
        let worker =
            cast.person(MemberCategory::GridWorker, Some(committee), &[Role::Worker], None).await?;
        if let Some(grid) = generals.choose(&mut cast.rng).copied() {
            cast.appoint(&worker, grid, PostKind::Worker).await?;
        }
        workers.push(worker);
    }
    for index in 0..12 {
        let category = if index % 3 == 2 {
            MemberCategory::Volunteer
        } else {
            MemberCategory::InServiceMember
        };
        let username = (index == 0).then_some("member");
        let person = cast.person(category, Some(committee), &[Role::Member], username).await?;
        if index == 0 {
            accounts.push((
                "member".to_owned(),
                format!("在职党员 {} · activities and points", person.name),
            ));
        }
        volunteers.push(person);
    }
    accounts.push(("integrator".to_owned(), "接口对接单位 · reads through the API".to_owned()));
    accounts.push(("administrator".to_owned(), "系统管理员 · accounts only".to_owned()));
    accounts.push(("auditor".to_owned(), "审计管理员 · the audit log only".to_owned()));
    Ok(Players {
        clerk,
        general_heads,
        sub_heads,
        workers,
        volunteers,
        accounts,
        village: village.ok_or_else(|| ApiError::internal("the village is not among the grids"))?,
    })
}
