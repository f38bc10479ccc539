//! What this room records.

use crate::audit::Act;

/// A list was taken away as a file.
pub const EXPORT: Act = Act::new("export_list", "导出列表", "Exported a list", &[]);

/// All of them.
pub const ACTS: &[&Act] = &[&EXPORT];
