//! The month that the demonstration lives through.
//!
//! It can be told again: who acts, when and how follows from the seed alone, and no two acts of a day happen at the same
//! second. So the newest moment at which one of its people did something says how far the story was told, and what lies
//! before it is passed over. Nothing else is remembered.

mod activities;
mod cast;

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use entity::ids::MemberId;
use entity::kinds::{ChecklistKind, Evidence, EvidenceKind, Frequency, PostKind};
use entity::{activity_signup, checklist_version, task_log};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use sha2::{Digest, Sha256};

use super::{CODE, NAME, Options, people};
use crate::calendar::Calendar;
use crate::checklist::dto::{CreateChecklist, ItemInput, PublishChecklist};
use crate::clock::{Clock, beijing, day as day_of, from_beijing};
use crate::http::{ApiError, IdempotencyKey, IfMatch, Result};
use crate::task::dto::{ReturnTask, SubmitTask, TaskBrief, TaskPaging, VerifyTask};
use crate::tenancy::{Find, Scope, Tx};
use crate::{attachment, checklist, jobs, task, township};
use cast::{Cast, Person, Players, cast_players};

/// One in so many of each group leaves the tasks lying.
const SLOW_ONE_IN: usize = 12;

/// The list that its tasks come from.
const LIST: &str = "党建网格岗位责任清单";
/// Days that the list has been in force at the end.
const LIST_DAYS: i64 = 12;

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
            .at_length()
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
        let all = TaskPaging { limit: Some(200), ..TaskPaging::default() };
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
}
