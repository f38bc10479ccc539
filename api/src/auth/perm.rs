//! Named permissions and what the shipped roles hold of them.

use entity::kinds::Role;

/// One permission: a bit in a [`PermissionSet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Permission {
    bit: u8,
    name: &'static str,
}

impl Permission {
    /// The name in the contract, as in `grid.read`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PermissionSet(u64);

impl PermissionSet {
    /// Whether it holds a permission.
    #[must_use]
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & (1 << permission.bit) != 0
    }

    /// With one more.
    #[must_use]
    pub const fn with(self, permission: Permission) -> Self {
        Self(self.0 | (1 << permission.bit))
    }

    /// Everything in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The set of these permissions.
    #[must_use]
    pub const fn of(permissions: &[Permission]) -> Self {
        let mut set = Self(0);
        let mut rest = permissions;
        while let [first, tail @ ..] = rest {
            set = set.with(*first);
            rest = tail;
        }
        set
    }

    /// Every permission there is.
    #[must_use]
    pub const fn all() -> Self {
        Self::of(ALL)
    }

    /// Their names, in the order of the registry.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        ALL.iter().filter(|one| self.contains(**one)).map(|one| one.name).collect()
    }
}

/// A permission as a type, for a handler's argument.
pub trait Needs: 'static {
    /// The permission.
    const PERMISSION: Permission;
}

macro_rules! permissions {
    ($($bit:literal $constant:ident $name:ident = $text:literal, $zh:literal;)+) => {
        $(
            #[doc = concat!($zh, " `", $text, "`")]
            pub const $constant: Permission = Permission { bit: $bit, name: $text };
            #[doc = concat!($zh, " `", $text, "`")]
            #[derive(Debug)]
            pub struct $name;
            impl Needs for $name {
                const PERMISSION: Permission = $constant;
            }
        )+
        /// All permissions, in the order of the registry.
        pub const ALL: &[Permission] = &[$($constant,)+];
    };
}

permissions! {
    0 TOWNSHIP_READ TownshipRead = "township.read", "查看本镇街";
    1 ACCOUNT_READ AccountRead = "account.read", "查看账号";
    2 ACCOUNT_MANAGE AccountManage = "account.manage", "管理账号";
    3 CALENDAR_READ CalendarRead = "calendar.read", "查看工作日历";
    4 HOME_READ HomeRead = "home.read", "查看今日";
    5 GRID_READ GridRead = "grid.read", "查看网格";
    6 GRID_MANAGE GridManage = "grid.manage", "管理网格与岗位";
    7 MEMBER_READ MemberRead = "member.read", "查看人员";
    8 MEMBER_MANAGE MemberManage = "member.manage", "管理人员";
    9 CHECKLIST_READ ChecklistRead = "checklist.read", "查看清单";
    10 CHECKLIST_MANAGE ChecklistManage = "checklist.manage", "编制清单";
    11 CHECKLIST_PUBLISH ChecklistPublish = "checklist.publish", "发布清单";
    12 TASK_READ TaskRead = "task.read", "查看本人和所辖网格的任务";
    13 TASK_READ_ALL TaskReadAll = "task.read_all", "查看全部任务";
    14 TASK_SUBMIT TaskSubmit = "task.submit", "提交任务";
    15 TASK_VERIFY TaskVerify = "task.verify", "核验任务";
    24 TASK_VERIFY_ALL TaskVerifyAll = "task.verify_all", "核验全镇街的任务";
    16 ATTACHMENT_READ AttachmentRead = "attachment.read", "查看附件";
    17 ATTACHMENT_CREATE AttachmentCreate = "attachment.create", "上传附件";
    18 ACTIVITY_READ ActivityRead = "activity.read", "查看活动";
    19 ACTIVITY_MANAGE ActivityManage = "activity.manage", "管理活动";
    20 ACTIVITY_SIGN_UP ActivitySignUp = "activity.sign_up", "报名和签到";
    21 ACTIVITY_STEWARD ActivitySteward = "activity.steward", "管理活动签到";
    25 ACTIVITY_READ_PEOPLE ActivityReadPeople = "activity.read_people", "查看活动的报名和签到人员";
    22 POINTS_READ PointsRead = "points.read", "查看本人积分和排行";
    23 POINTS_READ_ALL PointsReadAll = "points.read_all", "查看全部积分";
    26 JOB_MANAGE JobManage = "job.manage", "查看和处置后台作业";
    40 AUDIT_READ AuditRead = "audit.read", "查看操作日志";
}

const LEADER: PermissionSet = PermissionSet::of(&[
    TOWNSHIP_READ,
    CALENDAR_READ,
    HOME_READ,
    GRID_READ,
    MEMBER_READ,
    CHECKLIST_READ,
    TASK_READ,
    TASK_READ_ALL,
    ACTIVITY_READ,
    ACTIVITY_READ_PEOPLE,
    POINTS_READ,
    POINTS_READ_ALL,
    ATTACHMENT_READ,
]);

/// What a shipped role may do.
#[must_use]
pub const fn permissions_of(role: Role) -> PermissionSet {
    match role {
        Role::Administrator => {
            PermissionSet::of(&[TOWNSHIP_READ, ACCOUNT_READ, ACCOUNT_MANAGE, JOB_MANAGE])
        }
        Role::Auditor => PermissionSet::of(&[TOWNSHIP_READ, AUDIT_READ]),
        Role::Leader => LEADER,
        Role::Clerk => LEADER.union(PermissionSet::of(&[
            GRID_MANAGE,
            MEMBER_MANAGE,
            CHECKLIST_MANAGE,
            CHECKLIST_PUBLISH,
            TASK_VERIFY,
            TASK_VERIFY_ALL,
            ACTIVITY_MANAGE,
            ACTIVITY_STEWARD,
            ATTACHMENT_CREATE,
        ])),
        Role::GridHead => PermissionSet::of(&[
            TOWNSHIP_READ,
            CALENDAR_READ,
            HOME_READ,
            GRID_READ,
            MEMBER_READ,
            CHECKLIST_READ,
            TASK_READ,
            TASK_SUBMIT,
            TASK_VERIFY,
            ACTIVITY_READ,
            ACTIVITY_SIGN_UP,
            ACTIVITY_STEWARD,
            POINTS_READ,
            ATTACHMENT_READ,
            ATTACHMENT_CREATE,
        ]),
        Role::Worker => PermissionSet::of(&[
            TOWNSHIP_READ,
            CALENDAR_READ,
            GRID_READ,
            CHECKLIST_READ,
            TASK_READ,
            TASK_SUBMIT,
            ACTIVITY_READ,
            ACTIVITY_SIGN_UP,
            ACTIVITY_STEWARD,
            POINTS_READ,
            ATTACHMENT_READ,
            ATTACHMENT_CREATE,
        ]),
        Role::Member => PermissionSet::of(&[
            TOWNSHIP_READ,
            ACTIVITY_READ,
            ACTIVITY_SIGN_UP,
            ACTIVITY_STEWARD,
            POINTS_READ,
        ]),
        Role::Integrator => PermissionSet::of(&[
            TOWNSHIP_READ,
            CALENDAR_READ,
            GRID_READ,
            MEMBER_READ,
            CHECKLIST_READ,
            TASK_READ,
            TASK_READ_ALL,
            ACTIVITY_READ,
            ACTIVITY_READ_PEOPLE,
            POINTS_READ,
            POINTS_READ_ALL,
            ATTACHMENT_READ,
        ]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_has_a_bit_and_a_name_of_its_own() {
        let mut bits = std::collections::HashSet::new();
        let mut names = std::collections::HashSet::new();
        for permission in ALL {
            assert!(permission.bit < 64);
            assert!(bits.insert(permission.bit), "{} shares its bit", permission.name);
            assert!(names.insert(permission.name), "{} stands twice", permission.name);
        }
    }

    #[test]
    fn the_auditor_reads_the_log_and_nothing_else_and_nobody_else_reads_it() {
        assert_eq!(permissions_of(Role::Auditor).names(), ["township.read", "audit.read"]);
        for role in Role::ALL.iter().copied() {
            assert_eq!(permissions_of(role).contains(AUDIT_READ), role == Role::Auditor, "{role}");
        }
    }

    #[test]
    fn the_administrator_has_no_access_to_the_business() {
        let set = permissions_of(Role::Administrator);
        assert_eq!(set.names(), ["township.read", "account.read", "account.manage", "job.manage"]);
    }

    #[test]
    fn nobody_but_the_administrator_manages_accounts() {
        for role in Role::ALL.iter().copied() {
            assert_eq!(
                permissions_of(role).contains(ACCOUNT_MANAGE),
                role == Role::Administrator,
                "{}",
                role.as_str()
            );
        }
    }
}
