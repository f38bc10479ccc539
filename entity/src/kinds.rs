//! The words for kinds and states: the same in the database, in JSON and in the OpenAPI document, each with its Chinese
//! label.

use std::fmt;

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! words {
    ($($(#[doc = $doc:literal])* $name:ident { $($variant:ident = $word:literal $zh:literal,)* })*) => {$(
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
        Administrator = "administrator" "系统管理员",
        Auditor = "auditor" "审计管理员",
        Leader = "leader" "督导员",
        Clerk = "clerk" "党建办",
        GridHead = "grid_head" "网格长",
        Worker = "worker" "网格员",
        Member = "member" "在职党员",
        Integrator = "integrator" "集成方",
    }

    /// What a role is for. Nobody works in two of them (三员分立): who gives the rights does no business with them, and who audits
    /// does neither.
    Sphere {
        Administration = "administration" "系统管理",
        Audit = "audit" "审计",
        Business = "business" "业务",
    }

    /// What has become of a job.
    JobState {
        Waiting = "waiting" "待执行",
        Running = "running" "执行中",
        Done = "done" "已完成",
        Failed = "failed" "失败",
        Cancelled = "cancelled" "已取消",
    }

    /// Rank of a party organisation.
    PartyOrgKind {
        WorkCommittee = "work_committee" "党工委",
        Committee = "committee" "党委",
        GeneralBranch = "general_branch" "党总支",
        Branch = "branch" "党支部",
        Group = "group" "党小组",
        Household = "household" "党员中心户",
    }

    /// What a person on the roster is to the township.
    MemberCategory {
        PartyMember = "party_member" "党员",
        InServiceMember = "in_service_member" "在职党员",
        Volunteer = "volunteer" "志愿者",
        GridWorker = "grid_worker" "网格员",
        Resident = "resident" "群众",
    }

    /// Level of a grid.
    GridKind {
        Township = "township" "大网格",
        General = "general" "总网格",
        Sub = "sub" "子网格",
        Micro = "micro" "微网格",
        Dedicated = "dedicated" "专属网格",
    }

    /// Role of a person in a grid.
    PostKind {
        Supervisor = "supervisor" "督导员",
        GeneralHead = "general_head" "总网格长",
        Instructor = "instructor" "网格指导员",
        SubHead = "sub_head" "子网格长",
        Worker = "worker" "网格员",
    }

    /// What an import brings in.
    ImportKind {
        Members = "members" "人员",
        Grids = "grids" "网格",
    }

    /// Which of the four checklists.
    ChecklistKind {
        Procedure = "procedure" "程序清单",
        Responsibility = "responsibility" "责任清单",
        Institution = "institution" "制度清单",
        Assessment = "assessment" "考核清单",
    }

    /// Life of a checklist version.
    ChecklistState {
        Draft = "draft" "草稿",
        Published = "published" "已发布",
        Superseded = "superseded" "已被替代",
    }

    /// How often a duty falls due.
    Frequency {
        Once = "once" "一次",
        Weekly = "weekly" "每周",
        Monthly = "monthly" "每月",
        Quarterly = "quarterly" "每季度",
    }

    /// What proves that a duty was done.
    Evidence {
        None = "none" "无需佐证",
        Text = "text" "文字",
        Photo = "photo" "照片",
        Number = "number" "数量",
    }

    /// A way to prove that something was done.
    EvidenceKind {
        Text = "text" "文字",
        Photo = "photo" "照片",
        Number = "number" "数量",
    }

    /// Whom a task is given to.
    AssigneeKind {
        Person = "person" "个人",
        Post = "post" "岗位",
        Organisation = "organisation" "组织",
    }

    /// Life of a task. Being late is no state: it follows from the deadline and the moment.
    TaskState {
        Open = "open" "待办",
        Submitted = "submitted" "待核验",
        Returned = "returned" "已退回",
        Verified = "verified" "已核验",
        Cancelled = "cancelled" "已撤销",
    }

    /// What happened to a task.
    TaskLogKind {
        Opened = "opened" "生成",
        Accepted = "accepted" "签收",
        Submitted = "submitted" "提交",
        Verified = "verified" "核验",
        Returned = "returned" "退回",
        Cancelled = "cancelled" "撤销",
    }

    /// Where a person stands with an activity.
    SignupState {
        SignedUp = "signed_up" "已报名",
        Waiting = "waiting" "候补",
        Withdrawn = "withdrawn" "已取消",
    }

    /// What a points rule counts.
    RulePer {
        Hour = "hour" "小时",
        Item = "item" "项",
    }

    /// Who holds a purse.
    HolderKind {
        Member = "member" "人员",
        Issue = "issue" "发放账户",
    }

    /// What the points of a purse count for.
    PurseKind {
        Standing = "standing" "荣誉积分",
    }

    /// What points were posted for.
    PostingSourceKind {
        CheckIn = "check_in" "签到",
        Task = "task" "任务",
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
}
