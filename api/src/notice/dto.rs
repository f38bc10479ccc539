//! What crosses HTTP about notices.

use chrono::NaiveDate;
use entity::ids::{AccountId, GridId, NoticeId};
use entity::kinds::{Role, Vocabulary};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rules::Phase;
use crate::clock::Time;
use crate::door::{Day, Lines, Moment, left_out};
use crate::grid::dto::GridRef;
use crate::http::{May, Sort, Versioned, given, not_blank, present};
use crate::member::dto::MemberRef;

/// What a notice is today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticePhase {
    /// 有效
    Current,
    /// 已到期
    Ended,
    /// 已撤回
    Withdrawn,
}

/// What the phases are called.
pub(super) const PHASES: Vocabulary = Vocabulary {
    name: "NoticePhase",
    words: &[
        ("current", "有效", "Current"),
        ("ended", "已到期", "Ended"),
        ("withdrawn", "已撤回", "Withdrawn"),
    ],
};

impl From<Phase> for NoticePhase {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Current => Self::Current,
            Phase::Ended => Self::Ended,
            Phase::Withdrawn => Self::Withdrawn,
        }
    }
}

/// A notice of the township.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Notice {
    /// Its id.
    pub id: NoticeId,
    /// Its title.
    #[schema(example = "关于做好寒潮期间独居老人走访的通知")]
    pub title: String,
    /// Its text.
    #[schema(example = "各网格：\n今晚起气温骤降，请于明日中午前走访辖区内独居老人。")]
    pub text: String,
    /// The roles that it goes to.
    pub roles: Vec<Role>,
    /// Only those of them who hold a post in this grid or beneath it; null for the whole township.
    #[schema(required = true)]
    pub grid: Option<GridRef>,
    /// The last day on which it stands; null until it is withdrawn.
    #[schema(required = true)]
    pub until: Option<NaiveDate>,
    /// What it is today.
    pub phase: NoticePhase,
    /// When it was published.
    pub published_at: Time,
    /// Who published it; null where the system did.
    #[schema(required = true, example = "漕泾镇党建办")]
    pub publisher: Option<String>,
    /// Why it was withdrawn; null unless it was.
    #[schema(required = true)]
    pub withdraw_reason: Option<String>,
    /// Receipts that count.
    pub read: u32,
    /// Whether it goes to the caller.
    pub addressed: bool,
    /// When the caller read it; null before it, and when it is to be read again.
    #[schema(required = true)]
    pub read_at: Option<Time>,
    /// What the caller may do with it now.
    pub may: NoticeMay,
    /// Counts up with every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i32,
}

impl Versioned for Notice {
    fn version(&self) -> i32 {
        self.version
    }
}

/// What the caller may do with a notice now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NoticeMay {
    /// Change it.
    pub update_notice: May,
    /// Withdraw it. Nothing is left to do where it was withdrawn.
    pub withdraw_notice: May,
    /// Put it up again. Nothing is left to do where it was not withdrawn.
    pub restore_notice: May,
    /// Sign for it. Nothing is left to do for who has.
    pub read_notice: May,
    /// See who has read it.
    pub list_notice_readers: May,
}

crate::page!(NoticePage, Notice, as_of);

crate::sort_keys! {
    /// What notices may be ordered by.
    NoticeKey {
        PublishedAt = "published_at",
        Title = "title",
    }
}

/// Which notices to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListNotices {
    /// Only those of one phase.
    #[garde(skip)]
    pub phase: Option<NoticePhase>,
    /// `true`: only those that stand, go to the caller and are unread; `false`: those that do not wait for the caller.
    #[garde(skip)]
    pub unread: Option<bool>,
    /// Only those with this in their titles.
    #[garde(length(chars, max = 100))]
    #[param(max_length = 100)]
    pub q: Option<String>,
    /// Only what has changed since this moment: `as_of` of the reading before.
    #[garde(skip)]
    #[param(value_type = Option<chrono::DateTime<chrono::FixedOffset>>, example = "2026-11-23T09:00:00+08:00")]
    pub changed_since: Option<Moment>,
    /// Rows on a page.
    #[garde(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    #[serde(serialize_with = "left_out")]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[garde(length(chars, max = 200))]
    #[serde(serialize_with = "left_out")]
    pub cursor: Option<String>,
    /// The order: by `published_at`, falling unless asked otherwise, or `title`; a `-` turns it round.
    #[garde(skip)]
    #[param(inline, value_type = Option<NoticeKey>)]
    pub sort: Option<Sort<NoticeKey>>,
    /// Count the rows on all pages: `total` beside them.
    #[garde(skip)]
    #[serde(serialize_with = "left_out")]
    pub total: Option<bool>,
}

crate::paged!(ListNotices);

/// A new notice.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateNotice {
    /// Its title.
    #[garde(length(chars, min = 1, max = 100), custom(not_blank))]
    #[schema(min_length = 1, max_length = 100, example = "关于做好寒潮期间独居老人走访的通知")]
    pub title: String,
    /// Its text.
    #[garde(length(chars, min = 1, max = 5000), custom(not_blank))]
    #[schema(value_type = String, min_length = 1, max_length = 5000, example = "各网格：\n今晚起气温骤降，请于明日中午前走访辖区内独居老人。")]
    pub text: Lines,
    /// The roles that it goes to: such as read notices.
    #[garde(length(min = 1, max = 8))]
    #[schema(min_items = 1, max_items = 8, example = json!(["grid_head", "worker"]))]
    pub roles: Vec<Role>,
    /// Only those of them who hold a post in this grid or beneath it.
    #[serde(default)]
    #[garde(skip)]
    pub grid_id: Option<GridId>,
    /// The last day on which it stands, not in the past; until it is withdrawn when absent.
    #[serde(default)]
    #[garde(skip)]
    #[schema(value_type = Option<chrono::NaiveDate>, example = "2026-12-31")]
    pub until: Option<Day>,
}

/// What to change. What is absent stays; `null` takes the grid or the last day away.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateNotice {
    /// Its title.
    #[serde(default, deserialize_with = "present")]
    #[garde(length(chars, min = 1, max = 100), inner(custom(not_blank)))]
    #[schema(min_length = 1, max_length = 100, nullable = false)]
    pub title: Option<String>,
    /// Its text.
    #[serde(default, deserialize_with = "present")]
    #[garde(length(chars, min = 1, max = 5000), inner(custom(not_blank)))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 5000, nullable = false)]
    pub text: Option<Lines>,
    /// The roles that it goes to.
    #[serde(default, deserialize_with = "present")]
    #[garde(length(min = 1, max = 8))]
    #[schema(min_items = 1, max_items = 8, nullable = false)]
    pub roles: Option<Vec<Role>>,
    /// Only those of them who hold a post in this grid or beneath it; null for the whole township.
    #[serde(default, deserialize_with = "given")]
    #[garde(skip)]
    #[schema(value_type = Option<GridId>)]
    pub grid_id: Option<Option<GridId>>,
    /// The last day on which it stands, not in the past; null until it is withdrawn.
    #[serde(default, deserialize_with = "given")]
    #[garde(skip)]
    #[schema(value_type = Option<chrono::NaiveDate>, example = "2026-12-31")]
    pub until: Option<Option<Day>>,
    /// `true`: whoever has read it is to read it again; their receipts count no more.
    #[serde(default, deserialize_with = "present")]
    #[garde(skip)]
    #[schema(nullable = false, example = false)]
    pub read_again: Option<bool>,
}

/// Why a notice is withdrawn.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawNotice {
    /// The reason, for those it went to.
    #[garde(length(chars, min = 1, max = 200), custom(not_blank))]
    #[schema(value_type = String, min_length = 1, max_length = 200, example = "走访时间有调整，另行通知")]
    pub reason: Lines,
}

/// Somebody whom a notice goes to or went to.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NoticeReader {
    /// Which account.
    pub account_id: AccountId,
    /// The account's user name.
    #[schema(example = "sub_head")]
    pub username: String,
    /// What the account is called.
    #[schema(example = "宋子涵")]
    pub display_name: String,
    /// The account's person; null for an account without one.
    #[schema(required = true)]
    pub member: Option<MemberRef>,
    /// When they read it; null for who has not.
    #[schema(required = true)]
    pub read_at: Option<Time>,
}

crate::page!(
    NoticeReaderPage,
    NoticeReader,
    /// Receipts that count, also of those it goes to no more.
    read: u32,
    /// Accounts that it goes to today and that have not read it.
    unread: u64,
);

crate::sort_keys! {
    /// What the readers of a notice may be ordered by.
    ReaderKey {
        Username = "username",
        DisplayName = "display_name",
        ReadAt = "read_at",
    }
}

/// Which of those whom a notice goes to.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListNoticeReaders {
    /// `true`: who has read it, the latest first; `false` or absent: who has not, by user name.
    #[garde(skip)]
    pub read: Option<bool>,
    /// Rows on a page.
    #[garde(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    #[serde(serialize_with = "left_out")]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[garde(length(chars, max = 200))]
    #[serde(serialize_with = "left_out")]
    pub cursor: Option<String>,
    /// The order: by `username`, `display_name` or, of those who have read it, `read_at`; the usual one is by `-read_at` or by `username`; a `-` turns it round.
    #[garde(skip)]
    #[param(inline, value_type = Option<ReaderKey>)]
    pub sort: Option<Sort<ReaderKey>>,
    /// Count the rows on all pages: `total` beside them.
    #[garde(skip)]
    #[serde(serialize_with = "left_out")]
    pub total: Option<bool>,
}

crate::paged!(ListNoticeReaders);
