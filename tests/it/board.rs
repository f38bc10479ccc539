//! The home page, for the tests that go through the whole product; what it says is told in `task` and `days`.

use crate::rooms::Open::To;
use crate::rooms::{Room, op};

/// What the room's tests bring.
pub(crate) const ROOM: Room = Room { rights: &[op("get_home", To("lcg"))], ..Room::of("board") };
