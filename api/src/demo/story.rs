//! The month that the demonstration lives through.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use entity::ids::{AccountId, ActivityId, GridId, MemberId, PartyOrgId};
use entity::kinds::{
    ChecklistKind, Evidence, Frequency, GridKind, MemberCategory, PartyOrgKind, PostKind, Role,
};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};

use super::{CODE, NAME, Options, people};
use crate::account::dto::CreateAccount;
use crate::activity::dto::CreateActivity;
use crate::calendar::Calendar;
use crate::check_in::dto::ScannedCode;
use crate::checklist::dto::{CreateChecklist, ItemInput, PublishChecklist};
use crate::clock::{Clock, beijing, day as day_of, from_beijing};
use crate::grid::dto::Appoint;
use crate::http::{ApiError, IdempotencyKey, IfMatch, Result, Versioned};
use crate::member::dto::{CreateMember, CreatePartyOrg};
use crate::task::dto::{ReturnTask, SubmitTask, TaskPaging, VerifyTask};
use crate::tenancy::{Scope, Tx};
use crate::{
    account, activity, attachment, check_in, checklist, grid, jobs, member, task, township,
};

const GRIDS: &str = include_str!("data/grids.geojson");
/// The village whose people sign in.
const VILLAGE: &str = "310116112216";
/// Sub grids left without a head, as in every real township.
const VACANT: &[&str] = &["31011611221602", "31011611220103", "31011611200305"];
/// One in so many of each group leaves the tasks lying.
const SLOW_ONE_IN: usize = 12;

/// Days that the list has been in force at the end.
const LIST_DAYS: i64 = 12;

/// Somebody of the story: the member and the account.
#[derive(Debug, Clone)]
struct Person {
    member: MemberId,
    account: AccountId,
    name: String,
}

pub(super) struct Story {
    scope: Scope,
    clock: Clock,
    /// The real present: the story does not go past it.
    end: DateTime<Utc>,
    rng: StdRng,
    clerk: AccountId,
    general_heads: Vec<Person>,
    sub_heads: Vec<Person>,
    workers: Vec<Person>,
    volunteers: Vec<Person>,
    accounts: Vec<(String, String)>,
    village: GridId,
    photos: Vec<Vec<u8>>,
}

struct Cast<'a> {
    tx: &'a Tx,
    hash: String,
    rng: StdRng,
    taken: HashSet<String>,
    count: u32,
}

impl Cast<'_> {
    async fn person(
        &mut self,
        category: MemberCategory,
        org: Option<PartyOrgId>,
        roles: &[Role],
        username: Option<&str>,
    ) -> Result<Person> {
        self.count += 1;
        let name = people::name(&mut self.rng, &mut self.taken);
        let row = member::service::create(
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
        let account = account::service::insert(
            self.tx,
            CreateAccount {
                username: username.map_or_else(|| format!("cj{:04}", self.count), str::to_owned),
                password: String::new(),
                display_name: name.clone(),
                roles: roles.to_vec(),
                member_id: Some(row.id),
            },
            self.hash.clone(),
        )
        .await?;
        Ok(Person { member: row.id, account, name })
    }

    async fn appoint(&self, person: &Person, grid: GridId, kind: PostKind) -> Result<()> {
        let input = Appoint { grid_id: grid, member_id: person.member, kind, since: None };
        grid::service::appoint(self.tx, input).await.map(|_| ())
    }

    /// An account without a member: office and outside.
    async fn office(&self, username: &str, display: &str, role: Role) -> Result<AccountId> {
        let input = CreateAccount {
            username: username.to_owned(),
            password: String::new(),
            display_name: display.to_owned(),
            roles: vec![role],
            member_id: None,
        };
        account::service::insert(self.tx, input, self.hash.clone()).await
    }

    async fn org(
        &self,
        parent: Option<PartyOrgId>,
        kind: PartyOrgKind,
        code: &str,
        name: &str,
    ) -> Result<PartyOrgId> {
        let input = CreatePartyOrg {
            parent_id: parent,
            kind,
            code: code.to_owned(),
            name: name.to_owned(),
        };
        Ok(member::service::create_party_org(self.tx, input).await?.id)
    }
}

fn at(day: NaiveDate, hour: u32, minute: u32) -> DateTime<Utc> {
    from_beijing(day.and_time(NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default()))
}

/// The end of the fifth working day after this one: people look after what falls due until then.
fn soon(day: NaiveDate) -> DateTime<Utc> {
    day_of(Calendar::china().nth_working_day(day + TimeDelta::days(1), 5)).1
}

fn key() -> IdempotencyKey {
    IdempotencyKey::default()
}

impl Story {
    /// Founds the township, imports its grids and casts its people, on the story's first day.
    pub(super) async fn begin(scope: Scope, options: &Options, hash: String) -> Result<Self> {
        let end = scope.now();
        let first = beijing(end).date_naive() - TimeDelta::days(options.days);
        let clock = Clock::fixed(at(first, 9, 0));
        let scope = scope.with_clock(clock.clone());
        township::service::found_in(&scope, CODE, NAME, true).await?;
        let collection: serde_json::Value =
            serde_json::from_str(GRIDS).map_err(ApiError::internal)?;
        let seed = options.seed;
        let (story_scope, story_clock) = (scope.clone(), clock);
        scope
            .write(async move |tx: &Tx| {
                let plan = grid::service::import_collection(tx, &collection).await?;
                if !plan.faults.is_empty() {
                    return Err(ApiError::internal(format!("{:?}", plan.faults)));
                }
                let mut cast = Cast {
                    tx,
                    hash,
                    rng: StdRng::seed_from_u64(seed),
                    taken: HashSet::new(),
                    count: 0,
                };
                cast_people(story_scope, story_clock, end, &mut cast).await
            })
            .await
    }

    /// The accounts that are printed, with who they are.
    pub(super) fn people(&self) -> Vec<(String, String)> {
        self.accounts.clone()
    }

    fn acting(&self, person: &Person) -> Scope {
        self.scope.acting_as(person.account, Some(person.member))
    }

    fn office(&self) -> Scope {
        self.scope.acting_as(self.clerk, None)
    }

    /// Lives through the days.
    pub(super) async fn live(mut self, days: i64) -> Result<()> {
        let first = beijing(self.scope.now()).date_naive();
        let activities = self.plan_activities(first, days).await?;
        for offset in 0..=days {
            let day = first + TimeDelta::days(offset);
            if !self.move_to(at(day, 8, 0)) {
                break;
            }
            jobs::township(&self.scope).await?;
            // Activities first: they begin at their hour, and the clock does not go back.
            for (id, starts_at, minutes, crowd) in &activities {
                if beijing(*starts_at).date_naive() == day {
                    self.hold(*id, *starts_at, *minutes, crowd).await?;
                }
            }
            // The list is younger than the activities: its first weeks are seen whole.
            if offset == (days - LIST_DAYS).max(0) {
                self.publish().await?;
            }
            if Calendar::china().is_working(day) {
                self.work(day).await?;
                self.verify(day).await?;
            }
        }
        Ok(())
    }

    /// Moves the clock on, never back and never past the present; says whether it could.
    fn move_to(&self, moment: DateTime<Utc>) -> bool {
        if moment > self.end {
            return false;
        }
        if moment > self.clock.now() {
            self.clock.set(moment);
        }
        true
    }

    async fn publish(&self) -> Result<()> {
        let item = |what: &str, role, frequency, evidence, limit, points| ItemInput {
            what: what.to_owned(),
            role,
            frequency,
            evidence,
            limit_working_days: limit,
            points,
        };
        use Evidence as E;
        use Frequency as F;
        use PostKind as P;
        let list = checklist::service::create(
            &self.office(),
            key(),
            CreateChecklist {
                kind: ChecklistKind::Responsibility,
                title: "党建网格岗位责任清单".to_owned(),
                items: vec![
                    item(
                        "主持召开网格月度例会，明确当月重点事项",
                        P::GeneralHead,
                        F::Monthly,
                        E::Text,
                        8,
                        2,
                    ),
                    item(
                        "走访党员群众不少于 5 户，记录意见建议",
                        P::GeneralHead,
                        F::Monthly,
                        E::Text,
                        15,
                        2,
                    ),
                    item(
                        "每季度向村（居）党组织述职一次",
                        P::GeneralHead,
                        F::Quarterly,
                        E::Text,
                        40,
                        3,
                    ),
                    item("巡查本网格环境卫生和安全隐患一次", P::SubHead, F::Weekly, E::Photo, 4, 1),
                    item("组织党小组学习一次", P::SubHead, F::Monthly, E::Photo, 18, 2),
                    item("开展接待日，接待党员群众", P::SubHead, F::Monthly, E::Number, 12, 1),
                    item("更新网格公示栏", P::Worker, F::Monthly, E::Photo, 10, 1),
                    item("协助网格长收集社情民意", P::Worker, F::Weekly, E::Text, 5, 1),
                ],
            },
        )
        .await?;
        checklist::service::publish(
            &self.office(),
            key(),
            list.id,
            IfMatch(list.version()),
            PublishChecklist::default(),
        )
        .await?;
        Ok(())
    }

    /// A working day: some of those who owe something hand it in.
    async fn work(&mut self, day: NaiveDate) -> Result<()> {
        let mut owing: Vec<Person> = self
            .general_heads
            .iter()
            .chain(&self.sub_heads)
            .chain(&self.workers)
            .cloned()
            .collect();
        // The first of each group are those who sign in: something is always left for them to do.
        let slow: HashSet<MemberId> = [&self.general_heads, &self.sub_heads, &self.workers]
            .into_iter()
            .flat_map(|group| group.iter().step_by(SLOW_ONE_IN))
            .map(|person| person.member)
            .collect();
        owing.retain(|person| !slow.contains(&person.member));
        owing.shuffle(&mut self.rng);
        owing.truncate(34);
        let mut minutes: Vec<i64> = owing.iter().map(|_| self.rng.random_range(0..510)).collect();
        minutes.sort_unstable();
        for (person, minute) in owing.into_iter().zip(minutes) {
            if !self.move_to(at(day, 9, 0) + TimeDelta::minutes(minute)) {
                return Ok(());
            }
            let scope = self.acting(&person);
            let inbox = task::service::inbox(&scope, TaskPaging::default()).await?;
            // The one due next: what is far off can wait.
            let soon = soon(day);
            let Some(first) = inbox.items.iter().find(|one| *one.due_at <= soon) else { continue };
            let mut input = SubmitTask {
                text: Some("已按要求完成。".to_owned()),
                number: None,
                attachment_ids: Vec::new(),
                place: None,
                done_at: None,
            };
            match first.evidence {
                Evidence::Photo => {
                    if let Some(photo) = self.photos.choose(&mut self.rng) {
                        let kept =
                            attachment::service::upload(&scope, key(), photo.clone()).await?;
                        input.attachment_ids.push(kept.id);
                    }
                }
                Evidence::Number => {
                    input.number = Some(f64::from(self.rng.random_range(2_u32..12)))
                }
                Evidence::Text | Evidence::None => {}
            }
            task::service::submit(&scope, key(), first.id, input).await?;
        }
        Ok(())
    }

    /// The office looks at what came in; that of today and of the working day before is left for whoever signs in, over
    /// however many holidays.
    async fn verify(&mut self, day: NaiveDate) -> Result<()> {
        let next = Calendar::china().nth_working_day(day + TimeDelta::days(1), 1);
        if next >= beijing(self.end).date_naive() {
            return Ok(());
        }
        let office = self.office();
        let waiting = task::service::to_verify(&office, TaskPaging::default()).await?;
        for one in waiting.items {
            if self.rng.random_bool(0.04) {
                let input =
                    ReturnTask { reason: "照片看不清现场，请补拍。".to_owned() };
                task::service::send_back(&office, key(), one.id, input).await?;
            } else {
                task::service::verify(&office, key(), one.id, VerifyTask { note: None }).await?;
            }
        }
        Ok(())
    }

    /// A dozen activities over the month, one about now, two to come.
    async fn plan_activities(
        &mut self,
        first: NaiveDate,
        days: i64,
    ) -> Result<Vec<(ActivityId, DateTime<Utc>, i64, Vec<Person>)>> {
        const KINDS: &[(&str, &str, i64, Option<i32>)] = &[
            ("水库村河道清理", "水库村党群服务站", 120, Some(30)),
            ("上门看望独居老人", "花园居民区活动室", 90, Some(12)),
            ("垃圾分类宣传", "绿地居民区门口", 60, None),
            ("义务理发进村", "护塘村党群服务站", 150, Some(10)),
            ("交通路口文明劝导", "亭卫公路路口", 60, None),
            ("村口绿化补种", "阮巷村村口", 120, Some(20)),
            ("反诈知识入户宣传", "建龙居民区", 90, None),
            ("老年人手机使用辅导", "金光村党群服务站", 90, Some(15)),
            ("海渔村护岸巡查", "海渔村岸线", 180, Some(25)),
            ("图书角整理", "东海村党群服务站", 60, Some(8)),
        ];
        let office = self.office();
        let steward = self.general_heads.first().cloned();
        let mut planned = Vec::new();
        let span = days.max(1);
        for (index, (title, place, minutes, capacity)) in KINDS.iter().enumerate() {
            let offset = (i64::try_from(index).unwrap_or(0) * (span - 2) / 10).max(1);
            let starts_at =
                at(first + TimeDelta::days(offset), 9 + u32::try_from(index % 5).unwrap_or(0), 0);
            let made = activity::service::create(
                &office,
                key(),
                CreateActivity {
                    title: (*title).to_owned(),
                    description: Some("请穿着便于活动的衣服，现场提供工具。".to_owned()),
                    grid_id: (index == 0).then_some(self.village),
                    place: (*place).to_owned(),
                    starts_at: *beijing(starts_at),
                    ends_at: *beijing(starts_at + TimeDelta::minutes(*minutes)),
                    capacity: *capacity,
                    steward_id: steward.as_ref().map(|person| person.member),
                },
            )
            .await?;
            let crowd = self.crowd(8 + index % 6);
            planned.push((made.id, starts_at, *minutes, crowd));
        }
        // One that is on while somebody tries the product, and two that can be signed up for.
        let now = self.end;
        let today = beijing(now).date_naive();
        for (title, place, starts_at, minutes, capacity) in [
            (
                "党员志愿服务集中行动",
                "漕泾镇党群服务中心",
                now - TimeDelta::minutes(20),
                240,
                Some(40),
            ),
            (
                "冬季助老安全检查",
                "水库村党群服务站",
                at(today + TimeDelta::days(3), 9, 0),
                120,
                Some(20),
            ),
            (
                "社区共建座谈",
                "漕泾镇社区党群服务中心",
                at(today + TimeDelta::days(7), 14, 0),
                90,
                Some(3),
            ),
        ] {
            let made = activity::service::create(
                &office,
                key(),
                CreateActivity {
                    title: title.to_owned(),
                    description: None,
                    grid_id: None,
                    place: place.to_owned(),
                    starts_at: *beijing(starts_at),
                    ends_at: *beijing(starts_at + TimeDelta::minutes(minutes)),
                    capacity,
                    steward_id: steward.as_ref().map(|person| person.member),
                },
            )
            .await?;
            for person in self.crowd(4) {
                activity::service::sign_up(&self.acting(&person), key(), made.id).await?;
            }
        }
        Ok(planned)
    }

    fn crowd(&mut self, size: usize) -> Vec<Person> {
        let everybody: Vec<&Person> =
            self.volunteers.iter().chain(&self.sub_heads).chain(&self.workers).collect();
        everybody.sample(&mut self.rng, size).map(|person| (*person).clone()).collect()
    }

    /// An activity: people sign up, come, scan the steward's code, stay for a while and scan again.
    async fn hold(
        &mut self,
        id: ActivityId,
        starts_at: DateTime<Utc>,
        minutes: i64,
        crowd: &[Person],
    ) -> Result<()> {
        for person in crowd {
            activity::service::sign_up(&self.acting(person), key(), id).await?;
        }
        if !self.move_to(starts_at) {
            return Ok(());
        }
        let office = self.office();
        let mut present = Vec::new();
        for person in crowd {
            if self.rng.random_bool(0.1) {
                continue;
            }
            let code = check_in::service::show(&office, id, "").await?.code;
            let arrival =
                check_in::service::check_in(&self.acting(person), key(), ScannedCode { code })
                    .await;
            if let Ok(arrival) = arrival {
                present.push((person.clone(), arrival.check_in.id));
            }
        }
        let leave = starts_at + TimeDelta::minutes(minutes - self.rng.random_range(0..25));
        if !self.move_to(leave) {
            return Ok(());
        }
        for (person, check_in) in present {
            let code = check_in::service::show(&office, id, "").await?.code;
            check_in::service::check_out(&self.acting(&person), check_in, ScannedCode { code })
                .await?;
        }
        Ok(())
    }
}

async fn cast_people(
    scope: Scope,
    clock: Clock,
    end: DateTime<Utc>,
    cast: &mut Cast<'_>,
) -> Result<Story> {
    let tree = grid::service::tree(cast.tx).await?;
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
    accounts.push(("integrator".to_owned(), "集成方 · reads through the API".to_owned()));
    accounts.push(("administrator".to_owned(), "系统管理员 · accounts only".to_owned()));
    accounts.push(("auditor".to_owned(), "审计管理员 · the audit log only".to_owned()));
    Ok(Story {
        scope,
        clock,
        end,
        rng: StdRng::seed_from_u64(cast.rng.random()),
        clerk,
        general_heads,
        sub_heads,
        workers,
        volunteers,
        accounts,
        photos: [0, 60, 120, 180].into_iter().filter_map(people::photo).collect(),
        village: village.ok_or_else(|| ApiError::internal("the village is not among the grids"))?,
    })
}
