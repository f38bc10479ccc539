//! A table as a workbook for Excel: title, who made it when and how many rows, headings, rows; set for A4 across, with the headings on every
//! page and its number at the foot.

use std::fs::File;
use std::io::BufWriter;

use rust_xlsxwriter::{DocProperties, Format, FormatAlign, FormatBorder, Workbook, Worksheet};

use super::cell::Cell;
use crate::http::{ApiError, Language, Result};

/// Rows above those of the list: title, note, headings.
const HEAD: u32 = 3;
/// Rows that a sheet of Excel has.
const ROWS: u32 = 1_048_576;
/// A4, as Excel counts paper.
const A4: u8 = 9;

/// What stands above the rows.
pub(super) struct Head<'a> {
    pub(super) title: &'a str,
    pub(super) note: &'a str,
    pub(super) headings: &'a [&'a str],
    pub(super) widths: &'a [u8],
    pub(super) language: Language,
}

/// A workbook being written, its rows on the disk already.
pub(super) struct Excel {
    workbook: Workbook,
    row: u32,
    last_column: u16,
    text: Format,
    number: Format,
    points: Format,
    moment: Format,
    day: Format,
}

impl Excel {
    pub(super) fn begin(head: &Head<'_>) -> Result<Self> {
        let last_column = u16::try_from(head.headings.len().saturating_sub(1)).unwrap_or(0);
        let mut workbook = Workbook::new();
        workbook.set_properties(&DocProperties::new().set_title(head.title).set_author(""));
        let sheet = workbook.add_worksheet_with_constant_memory().map_err(ApiError::internal)?;
        above(sheet, head, last_column).map_err(ApiError::internal)?;
        let cell = || {
            Format::new().set_border(FormatBorder::Thin).set_align(FormatAlign::Top).set_text_wrap()
        };
        Ok(Self {
            workbook,
            row: HEAD,
            last_column,
            text: cell(),
            number: cell().set_num_format("0"),
            points: cell().set_num_format("0.00"),
            moment: cell().set_num_format("yyyy-mm-dd hh:mm"),
            day: cell().set_num_format("yyyy-mm-dd"),
        })
    }

    pub(super) fn row(&mut self, cells: &[Cell]) -> Result<()> {
        if self.row >= ROWS {
            return Err(ApiError::invalid(
                "Accept",
                "超出 Excel 工作表的行数，请缩小范围，或导出 CSV",
                "more rows than a sheet of Excel has; ask for fewer, or for CSV",
            ));
        }
        let row = self.row;
        self.row = self.row.saturating_add(1);
        let (text, number, points) = (&self.text, &self.number, &self.points);
        let (moment, day) = (&self.moment, &self.day);
        let sheet = self.workbook.worksheet_from_index(0).map_err(ApiError::internal)?;
        for (cell, column) in cells.iter().zip(0..) {
            match cell {
                Cell::Blank => sheet.write_blank(row, column, text),
                Cell::Text(said) => sheet.write_string_with_format(row, column, said, text),
                Cell::Number(count) => {
                    // Exact up to 2^53, which nothing counted here comes near.
                    let count = i32::try_from(*count)
                        .map_or_else(|_| count.to_string().parse().unwrap_or_default(), f64::from);
                    sheet.write_number_with_format(row, column, count, number)
                }
                Cell::Points(amount) => {
                    let amount = amount.to_string().parse::<f64>().unwrap_or_default();
                    sheet.write_number_with_format(row, column, amount, points)
                }
                Cell::Moment(at) => sheet.write_datetime_with_format(row, column, at, moment),
                Cell::Day(on) => sheet.write_datetime_with_format(row, column, on, day),
            }
            .map_err(ApiError::internal)?;
        }
        Ok(())
    }

    /// Puts the workbook together, which takes a processor for a while.
    pub(super) fn finish(mut self, file: File) -> Result<File> {
        let last = self.row.saturating_sub(1);
        if last >= HEAD {
            let sheet = self.workbook.worksheet_from_index(0).map_err(ApiError::internal)?;
            sheet.autofilter(HEAD - 1, 0, last, self.last_column).map_err(ApiError::internal)?;
        }
        let mut writer = BufWriter::new(file);
        self.workbook.save_to_writer(&mut writer).map_err(ApiError::internal)?;
        writer.into_inner().map_err(|error| ApiError::internal(error.error()))
    }
}

fn above(
    sheet: &mut Worksheet,
    head: &Head<'_>,
    last_column: u16,
) -> std::result::Result<(), rust_xlsxwriter::XlsxError> {
    let title = Format::new()
        .set_bold()
        .set_font_size(16)
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter);
    let heading = Format::new()
        .set_bold()
        .set_border(FormatBorder::Thin)
        .set_background_color("#F2F3F5")
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
        .set_text_wrap();
    for (width, column) in head.widths.iter().zip(0..) {
        sheet.set_column_width(column, *width)?;
    }
    sheet.set_row_height(0, 30)?;
    if last_column > 0 {
        sheet.merge_range(0, 0, 0, last_column, head.title, &title)?;
        sheet.merge_range(1, 0, 1, last_column, head.note, &Format::new())?;
    } else {
        sheet.write_string_with_format(0, 0, head.title, &title)?;
        sheet.write_string(1, 0, head.note)?;
    }
    for (name, column) in head.headings.iter().zip(0..) {
        sheet.write_string_with_format(HEAD - 1, column, *name, &heading)?;
    }
    sheet.set_freeze_panes(HEAD, 0)?;
    sheet.set_repeat_rows(HEAD - 1, HEAD - 1)?;
    sheet.set_paper_size(A4).set_landscape().set_print_fit_to_pages(1, 0);
    sheet.set_footer(match head.language {
        Language::Chinese => "&C第 &P 页，共 &N 页",
        Language::English => "&CPage &P of &N",
    });
    Ok(())
}
