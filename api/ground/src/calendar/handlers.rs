//! `/calendar`.

use actix_web::get;
use chrono::NaiveDate;

use super::dto::{Day, DayList, ListDays};
use super::perm;
use super::rules::Calendar;
use crate::auth::Permit;
use crate::http::{ApiError, FieldCode, Json, Query, Result};

/// The most days of one answer.
const MOST_DAYS: i64 = 400;

/// 查询工作日历(含节假日与调休) · List the days of the working calendar
///
/// 自 `from` 至 `to` 逐日说明是否工作日，及休息日、节假日、调休上班；一次最多 400 天。国务院放假通知尚未发布的年份，
/// 只按周末推算，`official` 为假。
///
/// Working days, weekends, holidays and make-up days, one by one from `from` to `to`, at most 400 at a time. A year whose
/// official notice is not published is reckoned by weekends alone, with `official` false.
#[utoipa::path(
    tag = "calendar",
    operation_id = "list_days",
    security(("bearer" = ["calendar.read"])),
    params(ListDays),
    responses((status = 200, description = "按日期排列 · The days in order", body = DayList))
)]
#[get("/calendar/days")]
pub(crate) async fn list_days(
    _permit: Permit<perm::CalendarRead>,
    query: Query<ListDays>,
) -> Result<Json<DayList>> {
    Ok(Json(DayList { items: days(query.from.date(), query.to.date())? }))
}

fn days(from: NaiveDate, to: NaiveDate) -> Result<Vec<Day>> {
    if from > to {
        return Err(ApiError::invalid("to", "不能早于 from", "must not be earlier than from"));
    }
    if (to - from).num_days() >= MOST_DAYS {
        return Err(ApiError::wrong(
            "to",
            FieldCode::OutOfRange,
            "一次最多查询 400 天",
            "at most 400 days at a time",
        ));
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
