//! The roster as a workbook: which columns it has, what may stand in them, and what the rows come to. Nothing is
//! read from the database here: what the township has is handed in.

mod column;

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::ids::{GridId, MemberId, PartyOrgId};
use entity::kinds::{GridKind, MemberCategory, PostKind};

use super::sheet::{Cell, Row, Sheet};
use crate::grid::rules::Term;
use crate::grid::{Fault, KnownPost, NewPost};
use crate::member::rules as people;
use crate::member::{KnownMember, NewMember};
use column::columns;
pub use column::{Column, is_header, numbers};

/// What the township has.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Id, code, name.
    pub orgs: Vec<(PartyOrgId, String, String)>,
    /// Id, code, name, kind.
    pub grids: Vec<(GridId, String, String, GridKind)>,
    /// Those whose numbers are in the file, at least.
    pub members: Vec<KnownMember>,
    /// Held now or later.
    pub posts: Vec<KnownPost>,
    /// The day from which new posts are held.
    pub today: NaiveDate,
}

/// What the file comes to.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Rows below the header.
    pub rows: usize,
    /// By row. With a single one there is nothing to write.
    pub faults: Vec<Fault>,
    /// People to enter.
    pub create: Vec<NewMember>,
    /// People as they are to be.
    pub update: Vec<KnownMember>,
    /// Posts to fill.
    pub appoint: Vec<NewPost>,
    /// Grids that rows name, whether or not somebody is to be appointed there.
    pub grids: Vec<GridId>,
    /// Rows that change a person or a post.
    pub updated: usize,
    /// Rows that change nothing.
    pub unchanged: usize,
}

/// Something found by its code, or by its name when only one has it.
struct Directory<T> {
    by_code: HashMap<String, T>,
    /// None for a name that several have.
    by_name: HashMap<String, Option<T>>,
}

enum Lookup<T> {
    Found(T),
    Ambiguous,
    Unknown,
}

impl<T: Copy> Directory<T> {
    fn new<'a>(entries: impl Iterator<Item = (&'a str, &'a str, T)>) -> Self {
        let mut directory = Self { by_code: HashMap::new(), by_name: HashMap::new() };
        for (code, name, value) in entries {
            directory.by_code.insert(code.to_owned(), value);
            directory
                .by_name
                .entry(name.to_owned())
                .and_modify(|only| *only = None)
                .or_insert(Some(value));
        }
        directory
    }

    fn find(&self, text: &str) -> Lookup<T> {
        let found = self.by_code.get(text).or_else(|| self.by_code.get(&people::half_width(text)));
        match (found, self.by_name.get(text)) {
            (Some(value), _) | (None, Some(Some(value))) => Lookup::Found(*value),
            (None, Some(None)) => Lookup::Ambiguous,
            (None, None) => Lookup::Unknown,
        }
    }
}

/// A post that a row asks for.
#[derive(Clone, Copy)]
struct Wanted {
    grid: GridId,
    kind: PostKind,
}

/// Compares the rows with each other and with what the township has.
pub fn plan(sheet: &Sheet, known: &Known) -> Plan {
    let columns = columns(&sheet.header);
    let mut plan = Plan { rows: sheet.rows.len(), ..Plan::default() };
    for column in Column::ALL {
        if column.required() && !columns.contains_key(&column) {
            let message = format!("缺少“{}”列", column.bare());
            plan.faults.push(Fault::new(sheet.header.number, column.title(), "", message));
        }
    }
    if plan.faults.is_empty() && sheet.rows.is_empty() {
        plan.faults.push(Fault::new(
            sheet.header.number,
            Column::Number.title(),
            "",
            "表头下面没有数据",
        ));
    }
    if !plan.faults.is_empty() {
        return plan;
    }

    let mut planner = Planner {
        columns,
        orgs: Directory::new(
            known.orgs.iter().map(|(id, code, name)| (code.as_str(), name.as_str(), *id)),
        ),
        grids: Directory::new(
            known
                .grids
                .iter()
                .map(|(id, code, name, kind)| (code.as_str(), name.as_str(), (*id, *kind))),
        ),
        grid_names: known.grids.iter().map(|(id, _, name, _)| (*id, name.as_str())).collect(),
        members: known.members.iter().map(|member| (member.number.as_str(), member)).collect(),
        posts: HashMap::new(),
        held: HashSet::new(),
        today: known.today,
        seen: HashMap::new(),
        given: HashMap::new(),
        plan,
    };
    let term = Term { since: known.today, until: None };
    for post in &known.posts {
        if (Term { since: post.since, until: post.until }).overlaps(term) {
            planner.held.insert((post.grid_id, post.kind, post.member_id));
            if crate::grid::rules::single(post.kind) {
                planner.posts.entry((post.grid_id, post.kind)).or_default().push(post);
            }
        }
    }
    for row in &sheet.rows {
        planner.row(row);
    }
    let mut plan = planner.plan;
    if !plan.faults.is_empty() {
        plan.create.clear();
        plan.update.clear();
        plan.appoint.clear();
        plan.updated = 0;
        plan.unchanged = 0;
    }
    plan
}

struct Planner<'a> {
    columns: HashMap<Column, (u32, String)>,
    orgs: Directory<PartyOrgId>,
    grids: Directory<(GridId, GridKind)>,
    grid_names: HashMap<GridId, &'a str>,
    members: HashMap<&'a str, &'a KnownMember>,
    /// Posts that one person holds, on some day from today.
    posts: HashMap<(GridId, PostKind), Vec<&'a KnownPost>>,
    /// Who holds what, on some day from today.
    held: HashSet<(GridId, PostKind, MemberId)>,
    today: NaiveDate,
    /// Row by number.
    seen: HashMap<String, u32>,
    /// Row and name by post, for posts that one person holds.
    given: HashMap<(GridId, PostKind), (u32, String)>,
    plan: Plan,
}

impl Planner<'_> {
    fn text(&self, row: &Row, column: Column) -> String {
        self.columns.get(&column).map(|(at, _)| row.text(*at)).unwrap_or_default()
    }

    fn fault(&mut self, row: &Row, column: Column, message: impl Into<String>) {
        let value = self.text(row, column);
        let title = self.columns.get(&column).map_or(column.title(), |(_, title)| title.as_str());
        self.plan.faults.push(Fault::new(row.number, title, &value, message));
    }

    fn row(&mut self, row: &Row) {
        let before = self.plan.faults.len();
        for column in Column::ALL {
            let at = self.columns.get(&column).map(|(at, _)| *at);
            let fault = at.and_then(|at| row.cells.get(&at)).and_then(Cell::fault);
            if let Some(fault) = fault {
                self.fault(row, column, fault.zh());
            }
        }
        let number = self.number(row);
        let name = people::name(&self.text(row, Column::Name), people::NAME_MAX);
        if name.is_none() {
            let empty = self.text(row, Column::Name).is_empty();
            self.fault(
                row,
                Column::Name,
                if empty { "姓名不能为空" } else { "姓名应为 1 至 50 个字" },
            );
        }
        let category = self.category(row);
        let phone = self.phone(row);
        let org = self.org(row);
        let wanted = self.post(row);
        if self.plan.faults.len() > before {
            return;
        }
        let (Some(number), Some(name), Some(category)) = (number, name, category) else {
            return;
        };

        let known = self.members.get(number.as_str()).copied();
        let id = known.map_or_else(MemberId::new, |member| member.id);
        let appointed = match wanted {
            None => false,
            Some(wanted) => {
                self.plan.grids.push(wanted.grid);
                match self.appointment(row, wanted, id, &name) {
                    Ok(appointed) => appointed,
                    Err(message) => return self.fault(row, Column::Post, message),
                }
            }
        };
        match known {
            None => self.plan.create.push(NewMember {
                id,
                number,
                name,
                category,
                phone,
                party_org_id: org,
            }),
            Some(old) => {
                let new = KnownMember {
                    id,
                    number,
                    name,
                    category,
                    phone: phone.or_else(|| old.phone.clone()),
                    party_org_id: org.or(old.party_org_id),
                };
                if new == *old && !appointed {
                    self.plan.unchanged += 1;
                } else {
                    self.plan.updated += 1;
                }
                if new != *old {
                    self.plan.update.push(new);
                }
            }
        }
    }

    fn number(&mut self, row: &Row) -> Option<String> {
        let number = people::half_width(&self.text(row, Column::Number));
        if number.is_empty() {
            self.fault(row, Column::Number, "编号不能为空");
            return None;
        }
        if !people::is_code(&number, people::NUMBER_MAX) {
            self.fault(row, Column::Number, "编号只能用字母、数字、“-”和“_”，最多 32 个字符");
            return None;
        }
        if let Some(first) = self.seen.get(&number) {
            let message = format!("编号与第 {first} 行重复");
            self.fault(row, Column::Number, message);
            return None;
        }
        self.seen.insert(number.clone(), row.number);
        Some(number)
    }

    fn category(&mut self, row: &Row) -> Option<MemberCategory> {
        let text = self.text(row, Column::Category);
        let category = people::category(&text);
        if category.is_none() {
            let words: Vec<&str> = MemberCategory::ALL.iter().map(|kind| kind.zh()).collect();
            let message = if text.is_empty() {
                format!("类别不能为空，应为{}之一", words.join("、"))
            } else {
                format!("没有“{text}”这一类别，应为{}之一", words.join("、"))
            };
            self.fault(row, Column::Category, message);
        }
        category
    }

    fn phone(&mut self, row: &Row) -> Option<String> {
        let text = self.text(row, Column::Phone);
        if text.is_empty() {
            return None;
        }
        let phone = people::phone(&text);
        if phone.is_none() {
            self.fault(row, Column::Phone, "手机号应为 11 位数字，以 1 开头");
        }
        phone
    }

    fn org(&mut self, row: &Row) -> Option<PartyOrgId> {
        let text = self.text(row, Column::PartyOrg);
        if text.is_empty() {
            return None;
        }
        match self.orgs.find(&text) {
            Lookup::Found(id) => return Some(id),
            Lookup::Ambiguous => {
                self.fault(row, Column::PartyOrg, format!("有多个党组织名为“{text}”，请填编码"));
            }
            Lookup::Unknown => {
                self.fault(row, Column::PartyOrg, format!("没有编码或名称为“{text}”的党组织"));
            }
        }
        None
    }

    fn post(&mut self, row: &Row) -> Option<Wanted> {
        let (grid_text, post_text) = (self.text(row, Column::Grid), self.text(row, Column::Post));
        if grid_text.is_empty() && post_text.is_empty() {
            return None;
        }
        let grid = if grid_text.is_empty() {
            self.fault(row, Column::Grid, "填了岗位，还要填网格编码");
            None
        } else {
            match self.grids.find(&grid_text) {
                Lookup::Found(found) => Some(found),
                Lookup::Ambiguous => {
                    self.fault(row, Column::Grid, format!("有多个网格名为“{grid_text}”，请填编码"));
                    None
                }
                Lookup::Unknown => {
                    self.fault(row, Column::Grid, format!("没有编码或名称为“{grid_text}”的网格"));
                    None
                }
            }
        };
        let kind = if post_text.is_empty() {
            self.fault(row, Column::Post, "填了网格编码，还要填岗位");
            None
        } else {
            let kind = PostKind::from_zh(&post_text);
            if kind.is_none() {
                let words: Vec<&str> = PostKind::ALL.iter().map(|kind| kind.zh()).collect();
                let message = format!("没有“{post_text}”这一岗位，应为{}之一", words.join("、"));
                self.fault(row, Column::Post, message);
            }
            kind
        };
        let ((grid, grid_kind), kind) = grid.zip(kind)?;
        if !crate::grid::rules::suits(kind, grid_kind) {
            self.fault(row, Column::Post, crate::grid::rules::suiting_message(kind));
            return None;
        }
        Some(Wanted { grid, kind })
    }

    /// Notes the appointment; false when the person holds the post already. The reason when somebody else does.
    fn appointment(
        &mut self,
        row: &Row,
        wanted: Wanted,
        member: MemberId,
        name: &str,
    ) -> Result<bool, String> {
        let key = (wanted.grid, wanted.kind);
        let holds = self.held.contains(&(wanted.grid, wanted.kind, member));
        if crate::grid::rules::single(wanted.kind) {
            let grid = self.grid_names.get(&wanted.grid).copied().unwrap_or_default();
            let other = self.posts.get(&key).into_iter().flatten().find(|p| p.member_id != member);
            if let Some(post) = other {
                return Err(format!(
                    "“{grid}”的{}现由{}担任，请先结束其任职",
                    wanted.kind.zh(),
                    post.member_name
                ));
            }
            if let Some((first, holder)) = self.given.get(&key) {
                return Err(format!("“{grid}”的{}在第 {first} 行已写{holder}", wanted.kind.zh()));
            }
            self.given.insert(key, (row.number, name.to_owned()));
        }
        if !holds {
            self.plan.appoint.push(NewPost {
                grid_id: wanted.grid,
                member_id: member,
                kind: wanted.kind,
                since: self.today,
            });
        }
        Ok(!holds)
    }
}

#[cfg(test)]
mod tests;
