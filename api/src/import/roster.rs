//! The roster as a workbook: which columns it has, what may stand in them, and what the rows come to. Nothing is
//! read from the database here: what the township has is handed in.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::ids::{GridId, MemberId, PartyOrgId};
use entity::kinds::{GridKind, MemberCategory, PostKind};

use super::sheet::{Cell, Row, Sheet};
use crate::grid::rules::Term;
use crate::grid::{Fault, KnownPost, NewPost};
use crate::member::rules as people;
use crate::member::{KnownMember, NewMember};

/// A column of the roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    Number,
    Name,
    Category,
    Phone,
    PartyOrg,
    Grid,
    Post,
}

impl Column {
    /// In the order of the template.
    pub const ALL: [Self; 7] = [
        Self::Number,
        Self::Name,
        Self::Category,
        Self::Phone,
        Self::PartyOrg,
        Self::Grid,
        Self::Post,
    ];

    /// The header in the template; `*` means that no row goes without.
    pub fn title(self) -> &'static str {
        match self {
            Self::Number => "编号*",
            Self::Name => "姓名*",
            Self::Category => "类别*",
            Self::Phone => "手机",
            Self::PartyOrg => "党组织编码",
            Self::Grid => "网格编码",
            Self::Post => "岗位",
        }
    }

    fn bare(self) -> &'static str {
        self.title().trim_end_matches('*')
    }

    fn required(self) -> bool {
        matches!(self, Self::Number | Self::Name | Self::Category)
    }

    /// The column a header means, as people write headers: with blanks, stars, units in brackets.
    pub fn of_header(text: &str) -> Option<Self> {
        let plain: String = people::half_width(text)
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '*' | ':'))
            .collect();
        let plain = plain.split('(').next().unwrap_or_default();
        Some(match plain {
            "编号" | "人员编号" | "工号" => Self::Number,
            "姓名" | "名字" => Self::Name,
            "类别" | "人员类别" => Self::Category,
            "手机" | "手机号" | "手机号码" | "联系电话" | "电话" => Self::Phone,
            "党组织编码" | "党组织" | "所属党组织" | "所在党组织" | "党组织名称" => {
                Self::PartyOrg
            }
            "网格编码" | "网格" | "所属网格" | "所在网格" | "网格名称" => {
                Self::Grid
            }
            "岗位" | "网格岗位" => Self::Post,
            _ => return None,
        })
    }

    /// How to fill it in.
    pub fn explanation(self) -> String {
        let list = |words: Vec<&str>| words.join("、");
        match self {
            Self::Number => "人员在本镇街的唯一编号：字母、数字、“-”“_”，最多 32 个字符。编号已存在的，按本行更新。".to_owned(),
            Self::Name => "1 至 50 个字。".to_owned(),
            Self::Category => format!(
                "填其中之一：{}。",
                list(MemberCategory::ALL.iter().map(|kind| kind.zh()).collect())
            ),
            Self::Phone => "11 位手机号。留空的，已有的号码不变。".to_owned(),
            Self::PartyOrg => "党组织的编码；名称在本镇街唯一时也可填名称。留空的，已有的党组织不变。".to_owned(),
            Self::Grid => "网格的编码；名称在本镇街唯一时也可填名称。与“岗位”同时填写。".to_owned(),
            Self::Post => format!(
                "填其中之一：{}。与“网格编码”同时填写；已在任的不重复任命，没有写到的岗位不变。",
                list(PostKind::ALL.iter().map(|kind| kind.zh()).collect())
            ),
        }
    }

    /// An example for the explanations.
    pub fn example(self) -> &'static str {
        match self {
            Self::Number => "M0001",
            Self::Name => "张三",
            Self::Category => "党员",
            Self::Phone => "13812345678",
            Self::PartyOrg => "DZZ-216",
            Self::Grid => "310116112216",
            Self::Post => "网格员",
        }
    }
}

/// Whether a row is the header: it names at least number and name.
pub fn is_header(row: &Row) -> bool {
    let found: HashSet<Column> =
        row.cells.values().filter_map(|cell| Column::of_header(&cell.text())).collect();
    found.contains(&Column::Number) && found.contains(&Column::Name)
}

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
    pub create: Vec<NewMember>,
    /// People as they are to be.
    pub update: Vec<KnownMember>,
    pub appoint: Vec<NewPost>,
    /// Grids that rows name, whether or not somebody is to be appointed there.
    pub grids: Vec<GridId>,
    /// Rows that change a person or a post.
    pub updated: usize,
    /// Rows that change nothing.
    pub unchanged: usize,
}

/// The numbers in the file, for asking who is known.
pub fn numbers(sheet: &Sheet) -> Vec<String> {
    let columns = columns(&sheet.header);
    let Some(column) = columns.get(&Column::Number).map(|(column, _)| *column) else {
        return Vec::new();
    };
    let mut seen = HashSet::new();
    sheet
        .rows
        .iter()
        .map(|row| people::half_width(&row.text(column)))
        .filter(|number| people::is_code(number, people::NUMBER_MAX))
        .filter(|number| seen.insert(number.clone()))
        .collect()
}

/// Where each column stands and what its header says; of two with the same meaning the first counts.
fn columns(header: &Row) -> HashMap<Column, (u32, String)> {
    let mut found = HashMap::new();
    for (position, cell) in &header.cells {
        let title = cell.text();
        if let Some(column) = Column::of_header(&title) {
            found.entry(column).or_insert((*position, title));
        }
    }
    found
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
mod tests {
    use std::collections::BTreeMap;

    use super::super::sheet::Cell;
    use super::*;
    use proptest::prelude::*;

    fn line(number: u32, cells: &[&str]) -> Row {
        let cells = (0_u32..)
            .zip(cells)
            .filter(|(_, text)| !text.is_empty())
            .map(|(column, text)| (column, Cell::Text((*text).to_owned())))
            .collect::<BTreeMap<_, _>>();
        Row { number, cells }
    }

    fn sheet(rows: &[&[&str]]) -> Sheet {
        let titles: Vec<&str> = Column::ALL.iter().map(|column| column.title()).collect();
        Sheet {
            header: line(1, &titles),
            rows: (2_u32..).zip(rows).map(|(number, row)| line(number, row)).collect(),
        }
    }

    fn township() -> Known {
        let org = |code: &str, name: &str| (PartyOrgId::new(), code.to_owned(), name.to_owned());
        let grid =
            |code: &str, name: &str, kind| (GridId::new(), code.to_owned(), name.to_owned(), kind);
        Known {
            orgs: vec![org("D1", "镇党委"), org("D2", "第一支部"), org("D3", "第一支部")],
            grids: vec![
                grid("G1", "水库村", GridKind::General),
                grid("S1", "第1子网格", GridKind::Sub),
                grid("S2", "第2子网格", GridKind::Sub),
            ],
            ..Known::default()
        }
    }

    fn faults(rows: &[&[&str]]) -> Vec<(u32, String)> {
        let plan = plan(&sheet(rows), &township());
        assert!(plan.faults.is_empty() || (plan.create.is_empty() && plan.appoint.is_empty()));
        plan.faults.into_iter().map(|fault| (fault.row, fault.column)).collect()
    }

    #[test]
    fn headers_as_people_write_them() {
        for (text, column) in [
            (" 编 号 * ", Some(Column::Number)),
            ("姓名＊", Some(Column::Name)),
            ("手机（必填）", Some(Column::Phone)),
            ("所属党组织", Some(Column::PartyOrg)),
            ("导入问题", None),
            ("备注", None),
        ] {
            assert_eq!(Column::of_header(text), column, "{text}");
        }
        for column in Column::ALL {
            assert_eq!(Column::of_header(column.title()), Some(column));
        }
    }

    #[test]
    fn every_fault_has_its_row_and_column() {
        let title = |column: Column| column.title().to_owned();
        let found = faults(&[
            &["M1", "张三", "党员", "13812345678", "D1", "G1", "总网格长"],
            &["", "李四", "党员"],
            &["M1", "王五", "党员"],
            &["M 4", "", "干部", "123"],
            &["M5", "赵六", "群众", "", "第一支部", "S9", "村长"],
            &["M6", "钱七", "群众", "", "D9", "S1"],
            &["M7", "孙八", "群众", "", "", "", "网格员"],
            &["M8", "周九", "群众", "", "", "S1", "总网格长"],
            &["M9", "吴十", "群众", "", "", "G1", "总网格长"],
        ]);
        let expected = [
            (3, Column::Number),
            (4, Column::Number),
            (5, Column::Number),
            (5, Column::Name),
            (5, Column::Category),
            (5, Column::Phone),
            (6, Column::PartyOrg),
            (6, Column::Grid),
            (6, Column::Post),
            (7, Column::PartyOrg),
            (7, Column::Post),
            (8, Column::Grid),
            (9, Column::Post),
            (10, Column::Post),
        ];
        assert_eq!(found, expected.map(|(row, column)| (row, title(column))));
    }

    #[test]
    fn names_serve_where_they_are_unique() {
        let plan = plan(
            &sheet(&[&["M1", "张三", "党员", "", "镇党委", "水库村", "总网格长"]]),
            &township(),
        );
        assert!(plan.faults.is_empty(), "{:?}", plan.faults);
        assert_eq!((plan.create.len(), plan.appoint.len()), (1, 1));
    }

    #[test]
    fn empty_cells_leave_what_is_known() {
        let mut there = township();
        let old = KnownMember {
            id: MemberId::new(),
            number: "M1".to_owned(),
            name: "张三".to_owned(),
            category: MemberCategory::PartyMember,
            phone: Some("13812345678".to_owned()),
            party_org_id: there.orgs.first().map(|(id, ..)| *id),
        };
        there.members.push(old.clone());
        let same = plan(&sheet(&[&["M1", "张三", "党员"]]), &there);
        assert_eq!((same.unchanged, same.updated, same.update.len()), (1, 0, 0));
        let renamed = plan(&sheet(&[&["M1", "张叁", "党员"]]), &there);
        let expected = KnownMember { name: "张叁".to_owned(), ..old };
        assert_eq!((renamed.updated, renamed.update), (1, vec![expected]));
    }

    #[test]
    fn a_missing_column_is_told_once() {
        let mut broken = sheet(&[&["M1", "张三", "党员"], &["M2", "李四", "党员"]]);
        broken.header.cells.remove(&2);
        let found = plan(&broken, &township()).faults;
        assert!(
            matches!(found.as_slice(), [fault] if fault.row == 1 && fault.column == "类别*"),
            "{found:?}"
        );
    }

    proptest! {
        #[test]
        fn a_second_reading_changes_nothing(rows in prop::collection::vec(
                ("[A-C][0-9]", "[张王李赵]{1,3}", prop::sample::select(MemberCategory::ALL),
                    prop::sample::select(&["", "G1", "S1", "S2"][..]), prop::sample::select(PostKind::ALL)), 1..12)) {
            let mut there = township();
            let lines: Vec<Vec<String>> = rows.iter().map(|(number, name, category, grid, post)| vec![
                number.clone(), name.clone(), category.zh().to_owned(), String::new(), String::new(),
                (*grid).to_owned(), if grid.is_empty() { String::new() } else { post.zh().to_owned() }]).collect();
            let lines: Vec<Vec<&str>> = lines.iter().map(|line| line.iter().map(String::as_str).collect()).collect();
            let lines: Vec<&[&str]> = lines.iter().map(Vec::as_slice).collect();
            let file = sheet(&lines);
            let first = plan(&file, &there);
            prop_assert_eq!(first.rows, rows.len());
            if first.faults.is_empty() {
                prop_assert_eq!(first.create.len(), rows.len());
                there.members = first.create.iter().map(|new| KnownMember {
                    id: new.id, number: new.number.clone(), name: new.name.clone(), category: new.category,
                    phone: new.phone.clone(), party_org_id: new.party_org_id }).collect();
                there.posts = first.appoint.iter().map(|post| KnownPost {
                    grid_id: post.grid_id, member_id: post.member_id, member_name: String::new(), kind: post.kind,
                    since: post.since, until: None }).collect();
                let second = plan(&file, &there);
                prop_assert!(second.faults.is_empty(), "{:?}", second.faults);
                prop_assert_eq!(second.unchanged, rows.len());
                prop_assert!(second.create.is_empty() && second.update.is_empty() && second.appoint.is_empty());
                // No post that one person holds went to two.
                let mut single = HashSet::new();
                for post in first.appoint.iter().filter(|post| crate::grid::rules::single(post.kind)) {
                    prop_assert!(single.insert((post.grid_id, post.kind)));
                }
            } else {
                prop_assert!(first.create.is_empty() && first.appoint.is_empty());
            }
        }
    }
}
