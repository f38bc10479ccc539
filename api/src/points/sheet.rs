//! The lines of purses, the rules and the leaderboard as tables.

use entity::kinds::{PostingSourceKind, RulePer};

use super::dto::{LeaderboardPlace, PointsEntry, PointsRule};
use crate::sheet::{Cell, Column, Sheet, Told};

pub(super) const SHEETS: &[&dyn Told] = &[&ENTRIES, &RULES, &LEADERBOARD];

pub(super) const ENTRIES: Sheet<PointsEntry> = Sheet {
    operation: "list_points_entries",
    zh: "积分明细",
    en: "Points",
    columns: &[
        Column::new("member", ("姓名", "Name"), 12, |one, _| (&one.member.name).into()),
        Column::new("at", ("时间", "At"), 18, |one, _| one.at.into()),
        Column::new("amount", ("积分", "Points"), 10, |one, _| one.amount.into()),
        Column::new("balance_after", ("余额", "Balance"), 10, |one, _| one.balance_after.into()),
        Column::new("reason", ("事由", "Reason"), 48, |one, _| (&one.reason).into()),
        Column::new("source", ("来源", "Source"), 12, |one, language| {
            Cell::word(PostingSourceKind::VOCABULARY, one.source.kind.as_str(), language)
        }),
    ],
};

pub(super) const RULES: Sheet<PointsRule> = Sheet {
    operation: "list_points_rules",
    zh: "积分规则",
    en: "Rules of points",
    columns: &[
        Column::new("name", ("规则", "Rule"), 20, |one, _| (&one.name).into()),
        Column::new("per", ("计分单位", "Per"), 12, |one, language| {
            Cell::word(RulePer::VOCABULARY, one.per.as_str(), language)
        }),
        Column::new("points", ("积分", "Points"), 8, |one, _| one.points.into()),
        Column::new("cap_per_activity", ("每次上限", "At most"), 10, |one, _| {
            one.cap_per_activity.into()
        }),
        Column::new("effective_from", ("生效日期", "In force from"), 14, |one, _| {
            one.effective_from.into()
        }),
        Column::new("formula", ("计算方法", "Formula"), 48, |one, _| (&one.formula).into()),
    ],
};

pub(super) const LEADERBOARD: Sheet<LeaderboardPlace> = Sheet {
    operation: "get_leaderboard",
    zh: "季度积分榜",
    en: "Leaderboard of the quarter",
    columns: &[
        Column::new("rank", ("名次", "Rank"), 8, |one, _| one.rank.into()),
        Column::new("member", ("姓名", "Name"), 12, |one, _| (&one.member.name).into()),
        Column::new("party_org", ("党组织", "Party organisation"), 32, |one, _| {
            one.party_org.as_ref().map(|org| &org.name).into()
        }),
        Column::new("score", ("本季得分", "Score"), 12, |one, _| one.score.into()),
    ],
};
