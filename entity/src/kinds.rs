//! The words for kinds and states: the same in the database, in JSON and in the OpenAPI document, each with what it
//! is called in Chinese and in English.

use std::fmt;

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the words of a kind are called on the screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    /// The kind's name in the contract.
    pub name: &'static str,
    /// Each word with what it is called in Chinese and in English.
    pub words: &'static [(&'static str, &'static str, &'static str)],
}

macro_rules! words {
    ($($(#[doc = $doc:literal])* $name:ident { $($variant:ident = $word:literal $zh:literal $en:literal,)* })*) => {$(
        $(#[doc = $doc])*
        #[derive(
            Clone,
            Copy,
            Debug,
            PartialEq,
            Eq,
            PartialOrd,
            Ord,
            Hash,
            EnumIter,
            DeriveActiveEnum,
            Serialize,
            Deserialize,
            ToSchema,
        )]
        #[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $(#[doc = $zh] $variant,)*
        }

        impl $name {
            /// All of them, in the order they are shown in.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// What its words are called.
            pub const VOCABULARY: Vocabulary = Vocabulary {
                name: stringify!($name),
                words: &[$(($word, $zh, $en),)*],
            };

            /// The word, as it stands in the database and in JSON.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// The label on the screens.
            pub const fn zh(self) -> &'static str {
                match self {
                    $(Self::$variant => $zh,)*
                }
            }

            /// The one with this label, as written in a workbook.
            pub fn from_zh(label: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.zh() == label)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )*

    #[cfg(test)]
    mod tests {
        use sea_orm::ActiveEnum;

        use super::*;

        #[test]
        fn database_json_and_code_use_the_same_word() -> Result<(), serde_json::Error> {
            $(
                for word in $name::ALL {
                    assert_eq!(word.to_value(), word.as_str());
                    assert_eq!(serde_json::to_value(word)?, word.as_str());
                    assert_eq!($name::from_zh(word.zh()), Some(*word));
                }
            )*
            Ok(())
        }
    }};
}

words! {
    /// What an account may do in its township.
    Role {
        Administrator = "administrator" "系统管理员" "Administrator",
        Auditor = "auditor" "审计管理员" "Auditor",
        Leader = "leader" "督导员" "Supervisor",
        Clerk = "clerk" "党建办" "Party office",
        GridHead = "grid_head" "网格长" "Grid head",
        Worker = "worker" "网格员" "Grid worker",
        Member = "member" "在职党员" "In-service member",
        Integrator = "integrator" "接口对接单位" "Integrator",
    }

    /// What a role is for. Nobody works in two of them (三员分立): who gives the rights does no business with them, and who audits
    /// does neither.
    Sphere {
        Administration = "administration" "系统管理" "Administration",
        Audit = "audit" "审计" "Audit",
        Business = "business" "业务" "Business",
    }

    /// What has become of a job.
    JobState {
        Waiting = "waiting" "待执行" "Waiting",
        Running = "running" "执行中" "Running",
        Done = "done" "已完成" "Done",
        Failed = "failed" "失败" "Failed",
        Cancelled = "cancelled" "已取消" "Cancelled",
    }

    /// Rank of a party organisation.
    PartyOrgKind {
        WorkCommittee = "work_committee" "党工委" "Party working committee",
        Committee = "committee" "党委" "Party committee",
        GeneralBranch = "general_branch" "党总支" "General branch",
        Branch = "branch" "党支部" "Branch",
        Group = "group" "党小组" "Party group",
        Household = "household" "党员中心户" "Member household",
    }

    /// What a person on the roster is to the township.
    MemberCategory {
        PartyMember = "party_member" "党员" "Party member",
        InServiceMember = "in_service_member" "在职党员" "In-service member",
        Volunteer = "volunteer" "志愿者" "Volunteer",
        GridWorker = "grid_worker" "网格员" "Grid worker",
        Resident = "resident" "群众" "Resident",
    }

    /// Level of a grid.
    GridKind {
        Township = "township" "大网格" "Township grid",
        General = "general" "总网格" "General grid",
        Sub = "sub" "子网格" "Sub-grid",
        Micro = "micro" "微网格" "Micro-grid",
        Dedicated = "dedicated" "专属网格" "Dedicated grid",
    }

    /// Role of a person in a grid.
    PostKind {
        Supervisor = "supervisor" "督导员" "Supervisor",
        GeneralHead = "general_head" "总网格长" "General grid head",
        Instructor = "instructor" "网格指导员" "Grid instructor",
        SubHead = "sub_head" "子网格长" "Sub-grid head",
        Worker = "worker" "网格员" "Grid worker",
    }

    /// What an import brings in.
    ImportKind {
        Members = "members" "人员" "People",
        Grids = "grids" "网格" "Grids",
    }

    /// Which of the four checklists.
    ChecklistKind {
        Procedure = "procedure" "程序清单" "Procedures",
        Responsibility = "responsibility" "责任清单" "Responsibilities",
        Institution = "institution" "制度清单" "Institutions",
        Assessment = "assessment" "考核清单" "Assessment",
    }

    /// Life of a checklist version.
    ChecklistState {
        Draft = "draft" "草稿" "Draft",
        Published = "published" "已发布" "Published",
        Superseded = "superseded" "已被替代" "Superseded",
    }

    /// How often a duty falls due.
    Frequency {
        Once = "once" "一次性" "Once",
        Weekly = "weekly" "每周" "Weekly",
        Monthly = "monthly" "每月" "Monthly",
        Quarterly = "quarterly" "每季度" "Quarterly",
    }

    /// What proves that a duty was done.
    Evidence {
        None = "none" "无需佐证" "No evidence",
        Text = "text" "文字说明" "Text",
        Photo = "photo" "照片" "Photo",
        Number = "number" "数量" "Number",
    }

    /// A way to prove that something was done.
    EvidenceKind {
        Text = "text" "文字说明" "Text",
        Photo = "photo" "照片" "Photo",
        Number = "number" "数量" "Number",
    }

    /// Whom a task is given to.
    AssigneeKind {
        Person = "person" "个人" "Person",
        Post = "post" "岗位" "Post",
        Organisation = "organisation" "组织" "Organisation",
    }

    /// Life of a task. Being late is no state: it follows from the deadline and the moment.
    TaskState {
        Open = "open" "待办" "To do",
        Submitted = "submitted" "待核验" "To verify",
        Returned = "returned" "已退回" "Returned",
        Verified = "verified" "已核验" "Verified",
        Cancelled = "cancelled" "已撤销" "Withdrawn",
    }

    /// What happened to a task.
    TaskLogKind {
        Opened = "opened" "生成" "Opened",
        Accepted = "accepted" "签收" "Accepted",
        Submitted = "submitted" "提交" "Submitted",
        Verified = "verified" "核验通过" "Verified",
        Returned = "returned" "退回" "Returned",
        Cancelled = "cancelled" "撤销" "Withdrawn",
    }

    /// Where a person stands with an activity.
    SignupState {
        SignedUp = "signed_up" "已报名" "Signed up",
        Waiting = "waiting" "候补" "Waiting list",
        Withdrawn = "withdrawn" "已退出" "Withdrawn",
    }

    /// What a points rule counts.
    RulePer {
        Hour = "hour" "每小时" "per hour",
        Item = "item" "每项" "per item",
    }

    /// Who holds a purse.
    HolderKind {
        Member = "member" "人员" "Member",
        Issue = "issue" "发放账户" "Issuing account",
    }

    /// What the points of a purse count for.
    PurseKind {
        Standing = "standing" "荣誉积分" "Honour points",
    }

    /// What points were posted for.
    PostingSourceKind {
        CheckIn = "check_in" "签到" "Check-in",
        Task = "task" "任务" "Task",
    }
}

impl Role {
    /// The sphere it is for.
    #[must_use]
    pub const fn sphere(self) -> Sphere {
        match self {
            Self::Administrator => Sphere::Administration,
            Self::Auditor => Sphere::Audit,
            Self::Leader
            | Self::Clerk
            | Self::GridHead
            | Self::Worker
            | Self::Member
            | Self::Integrator => Sphere::Business,
        }
    }

    /// The words of these roles in one order, each once, as they are recorded.
    #[must_use]
    pub fn words(roles: &[Self]) -> String {
        let mut roles = roles.to_vec();
        roles.sort_unstable();
        roles.dedup();
        roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ")
    }
}
