//! The errors that operations of this room answer.

use crate::feature::Answers;
use crate::http::Code;

/// What operations answer beyond what follows from their form.
pub const ANSWERS: Answers =
    &[("upload_attachment", &[Code::FILE_UNREADABLE, Code::TOO_MUCH_WORK])];
