//! The activities of the story: some over the month, some for the present day.

use super::cast::Person;
use super::{Story, at, key};
use crate::activity::dto::CreateActivity;
use crate::clock::beijing;
use crate::http::Result;
use crate::presence::dto::ScannedCode;
use crate::tenancy::Tx;
use crate::{activity, presence};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::ids::{ActivityId, CheckInId, MemberId};
use rand::RngExt;
use rand::seq::IndexedRandom;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use std::collections::HashMap;

/// An activity that is to be held.
pub(super) struct Planned {
    id: ActivityId,
    title: &'static str,
    pub(super) starts_at: DateTime<Utc>,
    minutes: i64,
    crowd: Vec<Person>,
}

impl Story {
    /// Ten activities over the month.
    pub(super) async fn plan_month(&self, first: NaiveDate) -> Result<Vec<Planned>> {
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
                    activity::create(&self.office(), key(), input).await?.id
                }
            };
            let crowd = self.crowd(title, 8 + index % 6);
            planned.push(Planned { id, title, starts_at, minutes, crowd });
        }
        Ok(planned)
    }

    /// One activity that is on while somebody tries the product, and two that can be signed up for. Those planned before
    /// a long break are past by now: then there are others.
    pub(super) async fn plan_present(&self) -> Result<()> {
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
                    activity::create(&self.office(), key(), input).await?.id
                }
            };
            // Whoever has a place keeps it.
            for person in self.crowd(title, 4) {
                activity::sign_up(&self.acting(&person), key(), id).await?;
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
    pub(super) async fn hold(&mut self, one: &Planned) -> Result<()> {
        for person in &one.crowd {
            if self.is_due() {
                activity::sign_up(&self.acting(person), key(), one.id).await?;
            }
        }
        let office = self.office();
        let mut chance = self.chance(&format!("presence {}", one.title));
        self.move_to(one.starts_at);
        for person in &one.crowd {
            if !chance.random_bool(0.1) && self.is_due() {
                let code = presence::show(&office, "activity", one.id, "").await?.code;
                let scanned = ScannedCode { code };
                match presence::check_in(&self.acting(person), key(), scanned).await {
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
                let code = presence::show(&office, "activity", one.id, "").await?.code;
                let scanned = ScannedCode { code };
                presence::check_out(&self.acting(person), *check_in, scanned).await?;
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
                tx.find::<Entity>().filter(Column::OccasionId.eq(activity)).all().await
            })
            .await?;
        Ok(rows.into_iter().map(|row| (row.member_id, row.id)).collect())
    }
}
