//! Named permissions. Each room says which there are in it and which of the shipped roles hold them ([`permissions!`]); all of them
//! together stand in the list of features.

use entity::kinds::Role;

/// One permission, and the shipped roles that hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    name: &'static str,
    zh: &'static str,
    en: &'static str,
    roles: &'static [Role],
}

impl Permission {
    /// A permission by its name in the contract, as in `grid.read`, what it is called, and the roles that hold it.
    #[must_use]
    pub const fn new(
        name: &'static str,
        zh: &'static str,
        en: &'static str,
        roles: &'static [Role],
    ) -> Self {
        Self { name, zh, en, roles }
    }

    /// The name in the contract.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// What it is called in Chinese.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        self.zh
    }

    /// What it is called in English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        self.en
    }

    /// Whether one of these roles holds it.
    #[must_use]
    pub fn is_held_by(self, roles: &[Role]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }
}

/// A permission as a type, for a handler's argument.
pub trait Needs: 'static {
    /// The permission.
    const PERMISSION: Permission;
}

/// Declares the permissions of a room: a constant and a type of each, and `ALL`.
#[macro_export]
macro_rules! permissions {
    ($($constant:ident $name:ident = $text:literal, $zh:literal, $en:literal, [$($role:ident),+];)+) => {
        $(
            #[doc = concat!($zh, " `", $text, "`")]
            pub const $constant: $crate::auth::Permission =
                $crate::auth::Permission::new($text, $zh, $en, &[$(::entity::kinds::Role::$role),+]);
            #[doc = concat!($zh, " `", $text, "`")]
            #[derive(Debug)]
            pub struct $name;
            impl $crate::auth::Needs for $name {
                const PERMISSION: $crate::auth::Permission = $constant;
            }
        )+
        /// All of them.
        pub const ALL: &[$crate::auth::Permission] = &[$($constant),+];
    };
}
pub use crate::permissions;
