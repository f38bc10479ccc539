//! The month that the demonstration lives through.
//!
//! It can be told again: who acts, when and how follows from the seed alone, and no two acts of a day happen at the same
//! second. So the newest moment at which one of its people did something says how far the story was told, and what lies
//! before it is passed over. Nothing else is remembered.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use entity::ids::{AccountId, ActivityId, CheckInId, GridId, MemberId, PartyOrgId};
use entity::kinds::{
    ChecklistKind, Evidence, EvidenceKind, Frequency, GridKind, MemberCategory, PartyOrgKind,
    PostKind, Role,
};
use entity::{activity_signup, checklist_version, party_org, task_log};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use sha2::{Digest, Sha256};

use super::{CODE, NAME, Options, people};
use crate::account::dto::CreateAccount;
use crate::activity::dto::CreateActivity;
use crate::calendar::Calendar;
use crate::check_in::dto::ScannedCode;
use crate::checklist::dto::{CreateChecklist, ItemInput, PublishChecklist};
use crate::clock::{Clock, beijing, day as day_of, from_beijing};
use crate::door::Secret;
use crate::grid::dto::Appoint;
use crate::http::{ApiError, IdempotencyKey, IfMatch, Result};
use crate::member::dto::{CreateMember, CreatePartyOrg};
use crate::task::dto::{ReturnTask, SubmitTask, TaskBrief, TaskPaging, VerifyTask};
use crate::tenancy::{Find, Scope, Tx};
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

/// The list that its tasks come from.
const LIST: &str = "党建网格岗位责任清单";
/// Days that the list has been in force at the end.
const LIST_DAYS: i64 = 12;

/// Somebody of the story: the member and the account.
#[derive(Debug, Clone)]
struct Person {
    member: MemberId,
    account: AccountId,
    name: String,
}

/// Everybody who acts in it.
struct Players {
    clerk: AccountId,
    general_heads: Vec<Person>,
    sub_heads: Vec<Person>,
    workers: Vec<Person>,
    volunteers: Vec<Person>,
    accounts: Vec<(String, String)>,
    village: GridId,
}

/// An activity that is to be held.
struct Planned {
    id: ActivityId,
    title: &'static str,
    starts_at: DateTime<Utc>,
    minutes: i64,
    crowd: Vec<Person>,
}

pub(super) struct Story {
    scope: Scope,
    clock: Clock,
    seed: u64,
    days: i64,
    /// The moment of its first act.
    began: DateTime<Utc>,
    /// The moment of the newest act that was done before: up to here it is passed over.
    told: DateTime<Utc>,
    /// How far the telling is; the clock shows it when somebody acts.
    moment: DateTime<Utc>,
    /// The real present: the story does not go past it.
    end: DateTime<Utc>,
    players: Players,
    photos: Vec<Vec<u8>>,
}

/// Makes the people, or finds those that were made before: in one transaction, so all of them or none.
struct Cast<'a> {
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
    async fn new(tx: &'a Tx, seed: u64, hash: String) -> Result<Self> {
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

/// The newest of these moments.
async fn newest<E: entity::TenantEntity>(
    find: Find<'_, E>,
    column: E::Column,
) -> Result<Option<DateTime<Utc>>> {
    find.select_only()
        .column(column)
        .filter(column.is_not_null())
        .order_by_desc(column)
        .limit(1)
        .into_tuple::<DateTime<Utc>>()
        .one()
        .await
}

/// When one of the township's people did something last. What the system does by itself, as in the round of a server
/// that runs meanwhile, is none of the story.
async fn newest_act(tx: &Tx) -> Result<Option<DateTime<Utc>>> {
    use entity::{activity, check_in, task_log::Column::AccountId};
    let moments = [
        newest(tx.find::<activity::Entity>(), activity::Column::CreatedAt).await?,
        newest(tx.find::<activity_signup::Entity>(), activity_signup::Column::At).await?,
        newest(tx.find::<check_in::Entity>(), check_in::Column::CheckedInAt).await?,
        newest(tx.find::<check_in::Entity>(), check_in::Column::CheckedOutAt).await?,
        newest(tx.find::<checklist_version::Entity>(), checklist_version::Column::CreatedAt)
            .await?,
        newest(tx.find::<checklist_version::Entity>(), checklist_version::Column::PublishedAt)
            .await?,
        newest(tx.find::<task_log::Entity>().filter(AccountId.is_not_null()), task_log::Column::At)
            .await?,
    ];
    Ok(moments.into_iter().flatten().max())
}

impl Story {
    /// Founds the township, imports its grids and casts its people, on the story's first day; of a township that was
    /// founded at `founded` it does what is missing.
    pub(super) async fn begin(
        scope: Scope,
        founded: Option<DateTime<Utc>>,
        options: &Options,
        hash: String,
    ) -> Result<Self> {
        let end = scope.now();
        let (seed, days) = (options.seed, options.days);
        let began =
            founded.unwrap_or_else(|| at(beijing(end).date_naive() - TimeDelta::days(days), 9, 0));
        let clock = Clock::fixed(began);
        let scope = scope.told_by(clock.clone());
        if founded.is_none() {
            township::service::found_in(&scope, CODE, NAME, true).await?;
        }
        let players = scope
            .write(async move |tx: &Tx| cast_players(&mut Cast::new(tx, seed, hash).await?).await)
            .await?;
        let told = scope.read(async |tx: &Tx| newest_act(tx).await).await?;
        let told = told.map_or(began, |told| told.max(began));
        clock.set(told);
        let photos = [0, 60, 120, 180].into_iter().filter_map(people::photo).collect();
        Ok(Self { scope, clock, seed, days, began, told, moment: began, end, players, photos })
    }

    /// The accounts that are printed, with who they are.
    pub(super) fn accounts(&self) -> &[(String, String)] {
        &self.players.accounts
    }

    fn acting(&self, person: &Person) -> Scope {
        self.scope.acting_as(person.account, Some(person.member))
    }

    fn office(&self) -> Scope {
        self.scope.acting_as(self.players.clerk, None)
    }

    /// Chance for one thing in the story, the same whenever it is told.
    fn chance(&self, of: &str) -> StdRng {
        let print = Sha256::new().chain_update(self.seed.to_be_bytes()).chain_update(of).finalize();
        StdRng::from_seed(print.into())
    }

    /// Lives through the days, from where it was told to.
    pub(super) async fn live(&mut self) -> Result<()> {
        let (first, last) = (beijing(self.began).date_naive(), beijing(self.end).date_naive());
        let activities = self.plan_month(first).await?;
        self.plan_present().await?;
        for day in first.iter_days().take_while(|day| *day <= last) {
            let morning = at(day, 8, 0).max(self.began);
            if morning > self.end {
                break;
            }
            if at(day + TimeDelta::days(1), 8, 0) <= self.told {
                continue;
            }
            self.moment = morning;
            if morning > self.clock.now() {
                self.clock.set(morning);
            }
            jobs::township(&self.scope).await?;
            // Activities first: they begin at their hour, and the clock does not go back.
            for one in &activities {
                if beijing(one.starts_at).date_naive() == day {
                    self.hold(one).await?;
                }
            }
            // The list is younger than the activities: its first weeks are seen whole.
            if (day - first).num_days() == (self.days - LIST_DAYS).max(0) {
                self.publish().await?;
            }
            if Calendar::china().is_working(day) {
                self.work(day).await?;
                self.verify(day).await?;
            }
        }
        Ok(())
    }

    /// Moves the story on, never back.
    fn move_to(&mut self, moment: DateTime<Utc>) {
        self.moment = self.moment.max(moment);
    }

    /// The next act, a second after the one before: whether it is to be done, being neither told already nor past the
    /// present.
    fn is_due(&mut self) -> bool {
        self.moment += TimeDelta::seconds(1);
        let due = self.told < self.moment && self.moment <= self.end;
        if due {
            self.clock.set(self.moment);
        }
        due
    }

    async fn publish(&mut self) -> Result<()> {
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
        let input = CreateChecklist {
            kind: ChecklistKind::Responsibility,
            title: LIST.to_owned(),
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
        };
        if self.is_due() {
            checklist::create(&self.office(), key(), input).await?;
        }
        if self.is_due() {
            let list = self
                .scope
                .read(async |tx: &Tx| {
                    use entity::checklist::{Column, Entity};
                    let found = tx.find::<Entity>().filter(Column::Title.eq(LIST)).one().await?;
                    found.ok_or_else(|| ApiError::internal("the list that was made is gone"))
                })
                .await?;
            let (seen, input) = (IfMatch(list.version), PublishChecklist::default());
            checklist::publish(&self.office(), key(), list.id, seen, input).await?;
        }
        Ok(())
    }

    /// A working day: some of those who owe something hand it in.
    async fn work(&mut self, day: NaiveDate) -> Result<()> {
        let players = &self.players;
        let groups = [&players.general_heads, &players.sub_heads, &players.workers];
        // The first of each group are those who sign in: something is always left for them to do.
        let slow: HashSet<MemberId> = groups
            .into_iter()
            .flat_map(|group| group.iter().step_by(SLOW_ONE_IN))
            .map(|person| person.member)
            .collect();
        let mut owing: Vec<Person> = groups.into_iter().flatten().cloned().collect();
        owing.retain(|person| !slow.contains(&person.member));
        let mut chance = self.chance(&format!("work {day}"));
        owing.shuffle(&mut chance);
        owing.truncate(34);
        let mut minutes: Vec<i64> = owing.iter().map(|_| chance.random_range(0..510)).collect();
        minutes.sort_unstable();
        for (person, minute) in owing.into_iter().zip(minutes) {
            let photo = self.photos.choose(&mut chance).cloned();
            let number = f64::from(chance.random_range(2_u32..12));
            self.move_to(at(day, 9, 0) + TimeDelta::minutes(minute));
            if self.is_due() {
                self.hand_in(&person, day, photo, number).await?;
            }
        }
        Ok(())
    }

    /// Hands in what is due next, if anything is; what is far off can wait.
    async fn hand_in(
        &self,
        person: &Person,
        day: NaiveDate,
        photo: Option<Vec<u8>>,
        number: f64,
    ) -> Result<()> {
        let scope = self.acting(person);
        let soon = soon(day);
        let inbox = task::inbox(&scope, TaskPaging::default()).await?;
        let next = inbox
            .items
            .into_iter()
            .filter(|one| *one.due_at <= soon)
            .min_by(|a, b| (a.due_at, &a.title).cmp(&(b.due_at, &b.title)));
        let Some(next) = next else { return Ok(()) };
        let mut input =
            SubmitTask { text: Some("已按要求完成。".into()), ..SubmitTask::default() };
        let asked = |kind| next.evidence.iter().any(|one| one.kind == kind);
        if let Some(photo) = photo.filter(|_| asked(EvidenceKind::Photo)) {
            // As a phone does: cut short before the task is handed in, the photo is not kept twice.
            let print: [u8; 32] = Sha256::digest(&photo).into();
            let [a, b, c, d, ..] = print;
            let once = format!("{day}-{:08x}", u32::from_be_bytes([a, b, c, d]));
            let key = IdempotencyKey(Some(once));
            let kept = attachment::service::upload(&scope, key, photo).await?;
            input.attachment_ids.push(kept.id);
        }
        if asked(EvidenceKind::Number) {
            input.number = Some(number);
        }
        task::submit(&scope, key(), next.id, input).await?;
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
        let all = TaskPaging { limit: Some(200), cursor: None };
        let mut waiting = task::to_verify(&office, all).await?.items;
        let who = |one: &TaskBrief| one.assignee.member.as_ref().map(|member| member.name.clone());
        waiting.sort_by_cached_key(|one| (one.due_at, one.title.clone(), who(one)));
        // What was looked at before waits no more, so the rest comes right after it.
        self.move_to(self.told);
        for one in waiting {
            if !self.is_due() {
                break;
            }
            let who = who(&one).unwrap_or_default();
            let which = format!("verify {day} {} {} {who}", one.title, one.period);
            if self.chance(&which).random_bool(0.04) {
                let input = ReturnTask { reason: "照片看不清现场，请补拍。".into() };
                task::send_back(&office, key(), one.id, input).await?;
            } else {
                task::verify(&office, key(), one.id, VerifyTask { note: None }).await?;
            }
        }
        Ok(())
    }

    /// Ten activities over the month.
    async fn plan_month(&self, first: NaiveDate) -> Result<Vec<Planned>> {
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
        let mut planned = Vec::new();
        let span = self.days.max(1);
        for (index, (title, place, minutes, capacity)) in KINDS.iter().copied().enumerate() {
            let offset = (i64::try_from(index).unwrap_or(0) * (span - 2) / 10).max(1);
            let starts_at =
                at(first + TimeDelta::days(offset), 9 + u32::try_from(index % 5).unwrap_or(0), 0);
            let id = match self.activities(title).await?.first() {
                Some(known) => known.id,
                None => {
                    let input = CreateActivity {
                        description: Some("请穿着便于活动的衣服，现场提供工具。".into()),
                        grid_id: (index == 0).then_some(self.players.village),
                        ..self.activity(title, place, starts_at, minutes, capacity)
                    };
                    activity::service::create(&self.office(), key(), input).await?.id
                }
            };
            let crowd = self.crowd(title, 8 + index % 6);
            planned.push(Planned { id, title, starts_at, minutes, crowd });
        }
        Ok(planned)
    }

    /// One activity that is on while somebody tries the product, and two that can be signed up for. Those planned before
    /// a long break are past by now: then there are others.
    async fn plan_present(&self) -> Result<()> {
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
            let known =
                self.activities(title).await?.into_iter().find(|known| {
                    known.ends_at > now && (known.starts_at > now) == (starts_at > now)
                });
            let id = match known {
                Some(known) => known.id,
                None => {
                    let input = self.activity(title, place, starts_at, minutes, capacity);
                    activity::service::create(&self.office(), key(), input).await?.id
                }
            };
            // Whoever has a place keeps it.
            for person in self.crowd(title, 4) {
                activity::service::sign_up(&self.acting(&person), key(), id).await?;
            }
        }
        Ok(())
    }

    fn activity(
        &self,
        title: &str,
        place: &str,
        starts_at: DateTime<Utc>,
        minutes: i64,
        capacity: Option<i32>,
    ) -> CreateActivity {
        CreateActivity {
            title: title.to_owned(),
            description: None,
            grid_id: None,
            place: place.to_owned(),
            starts_at: (*beijing(starts_at)).into(),
            ends_at: (*beijing(starts_at + TimeDelta::minutes(minutes))).into(),
            capacity,
            steward_id: self.players.general_heads.first().map(|person| person.member),
        }
    }

    /// The activities of this title that were planned before.
    async fn activities(&self, title: &str) -> Result<Vec<entity::activity::Model>> {
        use entity::activity::{Column, Entity};
        self.scope
            .read(async |tx: &Tx| {
                tx.find::<Entity>()
                    .filter(Column::Title.eq(title))
                    .order_by_asc(Column::StartsAt)
                    .all()
                    .await
            })
            .await
    }

    fn crowd(&self, title: &str, size: usize) -> Vec<Person> {
        let players = &self.players;
        let everybody: Vec<&Person> =
            players.volunteers.iter().chain(&players.sub_heads).chain(&players.workers).collect();
        let mut chance = self.chance(&format!("crowd {title}"));
        everybody.sample(&mut chance, size).map(|person| (*person).clone()).collect()
    }

    /// An activity: people sign up, come, scan the steward's code, stay for a while and scan again.
    async fn hold(&mut self, one: &Planned) -> Result<()> {
        for person in &one.crowd {
            if self.is_due() {
                activity::service::sign_up(&self.acting(person), key(), one.id).await?;
            }
        }
        let office = self.office();
        let mut chance = self.chance(&format!("presence {}", one.title));
        self.move_to(one.starts_at);
        for person in &one.crowd {
            if !chance.random_bool(0.1) && self.is_due() {
                let code = check_in::service::show(&office, one.id, "").await?.code;
                let scanned = ScannedCode { code };
                match check_in::service::check_in(&self.acting(person), key(), scanned).await {
                    // Who waits for a place may come in vain.
                    Err(error) if error.code() == crate::activity::codes::ACTIVITY_FULL => {}
                    arrival => drop(arrival?),
                }
            }
        }
        self.move_to(one.starts_at + TimeDelta::minutes(one.minutes - chance.random_range(0..25)));
        let present = self.present(one.id).await?;
        for person in &one.crowd {
            if let Some(check_in) = present.get(&person.member)
                && self.is_due()
            {
                let code = check_in::service::show(&office, one.id, "").await?.code;
                let scanned = ScannedCode { code };
                check_in::service::check_out(&self.acting(person), *check_in, scanned).await?;
            }
        }
        Ok(())
    }

    /// Who has checked in.
    async fn present(&self, activity: ActivityId) -> Result<HashMap<MemberId, CheckInId>> {
        use entity::check_in::{Column, Entity};
        let rows = self
            .scope
            .read(async |tx: &Tx| {
                tx.find::<Entity>().filter(Column::ActivityId.eq(activity)).all().await
            })
            .await?;
        Ok(rows.into_iter().map(|row| (row.member_id, row.id)).collect())
    }
}

async fn cast_players(cast: &mut Cast<'_>) -> Result<Players> {
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
    accounts.push(("integrator".to_owned(), "集成方 · reads through the API".to_owned()));
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
