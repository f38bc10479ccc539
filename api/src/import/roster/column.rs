//! The columns of the roster: what they are called, and what may stand in them.

use super::super::sheet::{Row, Sheet};
use crate::member::rules as people;
use entity::kinds::{MemberCategory, PostKind};
use std::collections::{HashMap, HashSet};

/// A column of the roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// The person's number.
    Number,
    /// The person's name.
    Name,
    /// The person's category.
    Category,
    /// The mobile number.
    Phone,
    /// The party organisation, by code or name.
    PartyOrg,
    /// The grid of a post, by code or name.
    Grid,
    /// The post in that grid.
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

    /// The header without its star.
    pub(super) fn bare(self) -> &'static str {
        self.title().trim_end_matches('*')
    }

    /// Whether no row goes without.
    pub(super) fn required(self) -> bool {
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
pub(super) fn columns(header: &Row) -> HashMap<Column, (u32, String)> {
    let mut found = HashMap::new();
    for (position, cell) in &header.cells {
        let title = cell.text();
        if let Some(column) = Column::of_header(&title) {
            found.entry(column).or_insert((*position, title));
        }
    }
    found
}
