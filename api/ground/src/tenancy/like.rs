//! Patterns of LIKE in which a text stands for itself, whatever is in it.

use sea_orm::sea_query::LikeExpr;

/// What begins with the text.
#[must_use]
pub fn beginning(text: &str) -> LikeExpr {
    LikeExpr::new(format!("{}%", itself(text))).escape('!')
}

/// What has the text in it.
#[must_use]
pub fn within(text: &str) -> LikeExpr {
    LikeExpr::new(format!("%{}%", itself(text))).escape('!')
}

fn itself(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern
}
