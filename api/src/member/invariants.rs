//! What always holds of people and their organisations.

use std::collections::HashMap;

use entity::ids::{MemberId, PartyOrgId};
use entity::kinds::PartyOrgKind;
use entity::{member, party_org};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{rules, tree};
use crate::http::Result;
use crate::invariant::{CHUNK, Invariant, Span};
use crate::tenancy::Tx;

/// What is promised of people.
pub(super) const INVARIANTS: &[Invariant] = &[
    Invariant {
        id: "MB1",
        zh: "党组织不隶属于下级，也不隶属于自身",
        en: "No organisation belongs to one of a lower level, or to itself",
        broken: |tx, _| Box::pin(misplaced(tx)),
    },
    Invariant {
        id: "MB2",
        zh: "检索用的姓名首字母、手机尾号与本人信息一致，手机号为十一位",
        en: "The keys by which people are found are those of their name and phone, which has eleven digits",
        broken: |tx, span| Box::pin(mislaid(tx, span)),
    },
];

/// The whole tree is read, whatever is new: a township has some hundred organisations.
async fn misplaced(tx: &Tx) -> Result<Vec<String>> {
    let rows: Vec<(PartyOrgId, Option<PartyOrgId>, PartyOrgKind)> = tx
        .find::<party_org::Entity>()
        .select_only()
        .columns([party_org::Column::Id, party_org::Column::ParentId, party_org::Column::Kind])
        .order_by_asc(party_org::Column::Id)
        .into_tuple()
        .all()
        .await?;
    let parents: Vec<(PartyOrgId, Option<PartyOrgId>)> =
        rows.iter().map(|(id, parent, _)| (*id, *parent)).collect();
    let kinds: HashMap<PartyOrgId, PartyOrgKind> =
        rows.iter().map(|(id, _, kind)| (*id, *kind)).collect();
    let circle = tree::cyclic(&parents);
    let mut wrong = Vec::new();
    for (id, parent, kind) in rows {
        let above = parent.and_then(|parent| kinds.get(&parent).copied());
        if circle.contains(&id) {
            wrong.push(format!("party_org {id} is beneath itself"));
        } else if above.is_some_and(|above| !rules::may_belong(kind, above)) {
            wrong.push(format!("party_org {id}, {kind}, belongs to one of a lower level"));
        }
    }
    Ok(wrong)
}

/// Id, name, initials, phone, its end.
type Person = (MemberId, String, String, Option<String>, Option<String>);

/// The night asks those alone who have come lately: nothing in the row tells that somebody was renamed, and to read everybody is too much
/// for a night. Who was renamed is asked by `gezhi verify`, and in the tests.
async fn mislaid(tx: &Tx, span: Span) -> Result<Vec<String>> {
    use member::Column::{Id, Name, NameInitials, Phone, PhoneTail};
    let mut wrong = Vec::new();
    let mut after: Option<MemberId> = None;
    loop {
        let people: Vec<Person> = tx
            .find::<member::Entity>()
            .select_only()
            .columns([Id, Name, NameInitials, Phone, PhoneTail])
            .filter(span.of(Id))
            .filter(Condition::all().add_option(after.map(|id| Id.gt(id))))
            .order_by_asc(Id)
            .limit(CHUNK)
            .into_tuple()
            .all()
            .await?;
        let Some((last, ..)) = people.last() else { return Ok(wrong) };
        after = Some(*last);
        for (id, name, initials, phone, tail) in people {
            if rules::initials(&name) != initials {
                wrong.push(format!("member {id} is not found by the initials of the name"));
            }
            let kept = phone.as_deref();
            if kept.and_then(rules::phone).as_deref() != kept || kept.and_then(rules::tail) != tail
            {
                wrong.push(format!("member {id} has a phone that is not kept as phones are"));
            }
        }
    }
}
