//! `/calendar`.

use actix_web::get;
use chrono::NaiveDate;

use super::dto::{Day, DayList, ListDays};
use super::perm;
use super::rules::Calendar;
use crate::auth::Permit;
use crate::http::{ApiError, Code, Json, Problems, Query, Result};

/// The most days of one answer.
const MOST_DAYS: i64 = 400;

/// Working days, weekends, holidays and make-up days.
#[utoipa::path(
    tag = "calendar",
    operation_id = "list_days",
    summary = "查询工作日历(含节假日与调休)",
    security(("bearer" = ["calendar.read"])),
    params(ListDays),
    responses((status = 200, description = "按日期排列", body = DayList), Problems)
)]
#[get("/calendar/days")]
pub async fn list_days(
    _permit: Permit<perm::CalendarRead>,
    query: Query<ListDays>,
) -> Result<Json<DayList>> {
    Ok(Json(DayList { items: days(query.from.date(), query.to.date())? }))
}

fn days(from: NaiveDate, to: NaiveDate) -> Result<Vec<Day>> {
    if from > to {
        return Err(ApiError::new(Code::INVALID_PARAMETER)
            .detail("from 不能晚于 to", "from must not be later than to"));
    }
    if (to - from).num_days() >= MOST_DAYS {
        return Err(ApiError::new(Code::INVALID_PARAMETER)
            .detail("一次最多查询 400 天", "At most 400 days at a time"));
    }
    let calendar = Calendar::china();
    Ok(from
        .iter_days()
        .take_while(|date| *date <= to)
        .map(|date| {
            let verdict = calendar.day(date);
            Day {
                date,
                working: verdict.kind.works(),
                kind: verdict.kind,
                name: verdict.name.map(str::to_owned),
                official: verdict.official,
            }
        })
        .collect())
}
