//! Pure rules of accounts.

use entity::kinds::{Role, Sphere};

/// The one sphere that all these roles are for; none for roles of several, or none at all.
#[must_use]
pub(super) fn sphere(roles: &[Role]) -> Option<Sphere> {
    let first = roles.first()?.sphere();
    roles.iter().all(|role| role.sphere() == first).then_some(first)
}

/// A user name to begin with: the initials of the name and the digits of the number on the roster (`zjg0001`); without
/// digits the number itself. Numbers are unique, so namesakes do not meet; whoever makes the account may change it.
#[must_use]
pub(super) fn username(initials: &str, number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let tail = if digits.is_empty() { number.to_lowercase() } else { digits };
    format!("{initials}{tail}").chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_works_in_two_spheres() {
        use Role::{Administrator, Auditor, Clerk, GridHead, Leader};
        assert_eq!(sphere(&[Leader, GridHead, Clerk]), Some(Sphere::Business));
        assert_eq!(sphere(&[Administrator, Administrator]), Some(Sphere::Administration));
        assert_eq!(sphere(&[Auditor]), Some(Sphere::Audit));
        for one in Role::ALL {
            for other in [Administrator, Auditor] {
                assert_eq!(sphere(&[*one, other]).is_some(), *one == other);
            }
        }
        assert_eq!(sphere(&[]), None);
    }

    #[test]
    fn user_names_are_made_of_initials_and_number() {
        assert_eq!(username("zjg", "M0001"), "zjg0001");
        assert_eq!(username("zjg", "A-b"), "zjga-b");
        assert_eq!(username("", "7"), "7");
        assert_eq!(username(&"z".repeat(70), "1").len(), 64);
    }
}
