//! What this room records.

use crate::audit::Act;

/// A checklist was made.
pub(crate) const CREATE: Act =
    Act::new("create_checklist", "新建清单", "Made a checklist", &["create_checklist"]);
/// A checklist's draft was replaced.
pub(crate) const SAVE: Act =
    Act::new("save_draft", "修改清单草稿", "Changed a draft", &["save_draft"]);
/// A checklist was brought into force.
pub(crate) const PUBLISH: Act =
    Act::new("publish_checklist", "发布清单", "Published a checklist", &["publish_checklist"]);

/// All of them.
pub(crate) const ACTS: &[&Act] = &[&CREATE, &SAVE, &PUBLISH];
