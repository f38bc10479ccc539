//! A table as CSV (RFC 4180): UTF-8 with the mark by which Excel knows it, headings first, nothing else.

use std::fs::File;
use std::io::{BufWriter, Write};

use super::cell::Cell;
use crate::http::{ApiError, Result};

/// A table being written.
pub(super) struct Csv {
    writer: csv::Writer<BufWriter<File>>,
}

impl Csv {
    pub(super) fn begin(file: File, headings: &[&str]) -> Result<Self> {
        let mut file = BufWriter::new(file);
        file.write_all("\u{feff}".as_bytes()).map_err(ApiError::internal)?;
        let mut writer =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(file);
        writer.write_record(headings).map_err(ApiError::internal)?;
        Ok(Self { writer })
    }

    pub(super) fn row(&mut self, cells: &[Cell]) -> Result<()> {
        self.writer.write_record(cells.iter().map(text)).map_err(ApiError::internal)
    }

    pub(super) fn finish(self) -> Result<File> {
        let file = self.writer.into_inner().map_err(|error| ApiError::internal(error.error()))?;
        file.into_inner().map_err(|error| ApiError::internal(error.error()))
    }
}

/// A cell as text; what would be a formula where a spreadsheet reads it is marked as text.
fn text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => {
            format!("'{text}")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_text() {
        let said = |said: &str| text(&Cell::from(said));
        for formula in ["=1+1", "+86 138", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(said(formula), format!("'{formula}"));
        }
        for other in ["普通", "1-2", " =1", "'=1", "a@b"] {
            assert_eq!(said(other), other);
        }
        assert_eq!(text(&Cell::Number(-5)), "-5");
    }
}
