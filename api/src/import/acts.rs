//! What this room records.

use crate::audit::Act;

/// Grids were imported, or a file was tried.
pub(crate) const GRIDS: Act =
    Act::new("import_grids", "导入网格", "Imported grids", &["import_grids"]);
/// A roster was imported, or a file was tried.
pub(crate) const MEMBERS: Act =
    Act::new("import_members", "导入花名册", "Imported the roster", &["import_members"]);
/// A roster with its faults marked was given out.
pub(crate) const MARKED: Act = Act::new(
    "export_marked_file",
    "下载标注后的花名册",
    "Downloaded a marked roster",
    &["get_import_marked_file"],
);

/// All of them.
pub(crate) const ACTS: &[&Act] = &[&GRIDS, &MEMBERS, &MARKED];
