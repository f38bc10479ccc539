//! What a client asks a list for, and the answer.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek};

use actix_web::body::{BoxBody, SizedStream};
use actix_web::dev::Payload;
use actix_web::http::header::{self, Header, QualityItem};
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder, web};
use entity::account;
use form_urlencoded::Serializer;
use futures_util::stream;
use garde::Validate;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::acts::EXPORT;
use super::cell::Cell;
use super::csv::Csv;
use super::excel::{Excel, Head};
use super::{Column, Sheet};
use crate::audit::{Record, record};
use crate::http::{
    ApiError, Language, Paged, Paging, Query, Result, attachment, language_of, page_of_file,
};
use crate::tenancy::{Scope, Tx};
use crate::work::{Heavy, Lane};

/// Bytes that are handed over at a time.
const PIECE: usize = 64 * 1024;

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Excel,
    Csv,
}

impl Form {
    const ALL: [Self; 2] = [Self::Excel, Self::Csv];

    const fn media_type(self) -> &'static str {
        match self {
            Self::Excel => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv",
        }
    }

    const fn ending(self) -> &'static str {
        match self {
            Self::Excel => "xlsx",
            Self::Csv => "csv",
        }
    }
}

/// The media types of files.
pub const MEDIA_TYPES: &[&str] = &[Form::Excel.media_type(), Form::Csv.media_type()];

/// What a list takes beyond its path where it takes nothing else.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct NoQuery {}

/// What is asked of a list: by which filters, and as what. A page of JSON unless `Accept` prefers a file; of a file `columns` chooses
/// the columns.
#[derive(Debug)]
pub struct Asked<Q> {
    query: Q,
    file: Option<Wanted>,
}

#[derive(Debug)]
struct Wanted {
    form: Form,
    columns: Option<String>,
    language: Language,
}

impl<Q: DeserializeOwned + Validate<Context = ()>> FromRequest for Asked<Q> {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(asked(req))
    }
}

fn asked<Q: DeserializeOwned + Validate<Context = ()>>(req: &HttpRequest) -> Result<Asked<Q>> {
    let mut columns = None;
    let mut rest = Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(req.query_string().as_bytes()) {
        if name == "columns" {
            columns = Some(value.into_owned());
        } else {
            rest.append_pair(&name, &value);
        }
    }
    let query = match &columns {
        // As it came: what is refused is told in its own words.
        None => Query::read(req, req.query_string())?,
        Some(_) => Query::read(req, &rest.finish())?,
    };
    let Some(form) = header::Accept::parse(req).ok().as_ref().and_then(preferred) else {
        if columns.is_some() {
            return Err(columns_refused(
                "仅导出文件时可选列",
                "chooses the columns of a file; a page has them all",
            ));
        }
        return Ok(Asked { query, file: None });
    };
    let language = language_of(req);
    Ok(Asked { query, file: Some(Wanted { form, columns, language }) })
}

fn columns_refused(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> ApiError {
    ApiError::invalid("columns", zh, en)
}

/// The form of the file that is preferred to JSON, if any is. Who takes both alike takes JSON.
fn preferred(accept: &header::Accept) -> Option<Form> {
    let weight = |takes: &dyn Fn(&str) -> bool| {
        let weights = accept.iter().filter(|one: &&QualityItem<_>| takes(one.item.essence_str()));
        weights.map(|one| one.quality).max()
    };
    let json = weight(&|kind| ["application/json", "application/*", "*/*"].contains(&kind));
    let files = Form::ALL.map(|form| (weight(&|kind| kind == form.media_type()), form));
    let (most, form) =
        files.into_iter().filter_map(|(w, form)| Some((w?, form))).max_by_key(|one| one.0)?;
    (most > json.unwrap_or(header::Quality::ZERO)).then_some(form)
}

/// A list's answer: a page of JSON, or all of it in a file.
#[derive(Debug)]
pub enum Answer<P> {
    /// The page.
    Page(P),
    /// The file.
    File(Made),
}

impl<P: Serialize> Responder for Answer<P> {
    type Body = BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        match self {
            Self::Page(page) => HttpResponse::Ok().json(page),
            Self::File(made) => made.respond(),
        }
    }
}

/// A file that is complete.
#[derive(Debug)]
pub struct Made {
    form: Form,
    name: String,
    file: File,
    size: u64,
}

impl Made {
    fn respond(self) -> HttpResponse {
        let pieces = stream::try_unfold(self.file, |mut file| async move {
            let read = web::block(move || {
                let mut piece = vec![0; PIECE];
                let count = file.read(&mut piece)?;
                piece.truncate(count);
                std::io::Result::Ok((web::Bytes::from(piece), file))
            });
            let (piece, file) = read.await.map_err(std::io::Error::other)??;
            std::io::Result::Ok((!piece.is_empty()).then_some((piece, file)))
        });
        HttpResponse::Ok()
            .content_type(match self.form {
                Form::Excel => self.form.media_type().to_owned(),
                Form::Csv => format!("{}; charset=utf-8", self.form.media_type()),
            })
            .insert_header(attachment(self.name))
            .insert_header((header::CACHE_CONTROL, "private, no-store"))
            // It is packed already, or read by what knows no packing.
            .insert_header(header::ContentEncoding::Identity)
            .body(SizedStream::new(self.size, Box::pin(pieces)))
    }
}

impl<Q> Asked<Q> {
    /// The language that a file is to be in; none where a page is asked for.
    #[must_use]
    pub fn language(&self) -> Option<Language> {
        self.file.as_ref().map(|file| file.language)
    }
}

impl<Q: Paged + Serialize> Asked<Q> {
    /// The page that was asked for, or a file of all pages.
    ///
    /// # Errors
    /// Those of the list; 422 for columns that it has not; 429 where other files of the township are being made.
    pub async fn pages<P: Paging>(
        self,
        scope: &Scope,
        sheet: &Sheet<P::Item>,
        list: impl AsyncFn(&Scope, Q) -> Result<P>,
    ) -> Result<Answer<P>> {
        let Some(wanted) = &self.file else {
            return Ok(Answer::Page(list(scope, self.query).await?));
        };
        let columns = chosen(sheet, wanted)?;
        let _place = Heavy::begin(scope, Lane::Export).await?;
        let (first, mut cursor, total) =
            list(scope, self.query.turned(page_of_file(), None)).await?.parted();
        let mut making = Making::begin(scope, sheet, wanted, columns, total).await?;
        making.rows(&first)?;
        while cursor.is_some() {
            let page = list(scope, self.query.turned(page_of_file(), cursor)).await?;
            let (items, next, _) = page.parted();
            making.rows(&items)?;
            cursor = next;
        }
        making.finish(scope, &self.query).await.map(Answer::File)
    }
}

impl<Q: Serialize> Asked<Q> {
    /// The list that has no pages, or a file of it.
    ///
    /// # Errors
    /// As [`Self::pages`].
    pub async fn whole<P, T>(
        self,
        scope: &Scope,
        sheet: &Sheet<T>,
        list: impl AsyncFnOnce(&Scope, &Q) -> Result<P>,
        items: impl FnOnce(P) -> Vec<T>,
    ) -> Result<Answer<P>> {
        let Some(wanted) = &self.file else {
            return Ok(Answer::Page(list(scope, &self.query).await?));
        };
        let columns = chosen(sheet, wanted)?;
        let _place = Heavy::begin(scope, Lane::Export).await?;
        let rows = items(list(scope, &self.query).await?);
        let mut making =
            Making::begin(scope, sheet, wanted, columns, crate::http::all(&rows)).await?;
        making.rows(&rows)?;
        making.finish(scope, &self.query).await.map(Answer::File)
    }
}

/// The columns that were asked for, in that order; all of them where none were.
fn chosen<'a, T>(sheet: &'a Sheet<T>, wanted: &Wanted) -> Result<Vec<&'a Column<T>>> {
    let Some(keys) = wanted.columns.as_deref().filter(|keys| !keys.is_empty()) else {
        return Ok(sheet.columns.iter().collect());
    };
    let mut chosen: Vec<&Column<T>> = Vec::new();
    for key in keys.split(',') {
        let known = || sheet.columns.iter().map(|one| one.key).collect::<Vec<_>>().join(", ");
        let column = sheet.columns.iter().find(|one| one.key == key).ok_or_else(|| {
            columns_refused(
                format!("没有这一列；可选：{}", known()),
                format!("has a column that there is none of; there are {}", known()),
            )
        })?;
        if chosen.iter().any(|one| one.key == key) {
            return Err(columns_refused("同一列重复", "names a column twice"));
        }
        chosen.push(column);
    }
    Ok(chosen)
}

enum Writer {
    Excel(Box<Excel>),
    Csv(Box<Csv>),
}

/// A file being made.
struct Making<'a, T: 'static> {
    columns: Vec<&'a Column<T>>,
    writer: Writer,
    language: Language,
    form: Form,
    name: String,
    operation: &'static str,
    rows: u64,
}

impl<'a, T> Making<'a, T> {
    async fn begin(
        scope: &Scope,
        sheet: &'a Sheet<T>,
        wanted: &Wanted,
        columns: Vec<&'a Column<T>>,
        total: Option<u64>,
    ) -> Result<Self> {
        let language = wanted.language;
        let (township, maker, today) = scope
            .read(async |tx: &Tx| {
                let township = tx.township().await?.name;
                let maker = match tx.actor() {
                    Some(account) => tx.get::<account::Entity>(account).await?.display_name,
                    None => String::new(),
                };
                Ok((township, maker, tx.today()))
            })
            .await?;
        let title = sheet.title(language);
        let headings: Vec<&str> = columns
            .iter()
            .map(|one| match language {
                Language::Chinese => one.zh,
                Language::English => one.en,
            })
            .collect();
        let writer = match wanted.form {
            Form::Csv => Writer::Csv(Box::new(Csv::begin(temporary()?, &headings)?)),
            Form::Excel => {
                let note = match language {
                    Language::Chinese => format!(
                        "单位：{township}　　制表人：{maker}　　制表日期：{}　　共 {} 条",
                        today.format("%Y年%-m月%-d日"),
                        total.unwrap_or_default()
                    ),
                    Language::English => format!(
                        "{township}    Made by {maker}    {today}    {} rows",
                        total.unwrap_or_default()
                    ),
                };
                let widths: Vec<u8> = columns.iter().map(|one| one.width).collect();
                let full = match language {
                    Language::Chinese => format!("{township}{title}"),
                    Language::English => title.to_owned(),
                };
                let head = Head {
                    title: &full,
                    note: &note,
                    headings: &headings,
                    widths: &widths,
                    language,
                };
                Writer::Excel(Box::new(Excel::begin(&head)?))
            }
        };
        let name = match language {
            Language::Chinese => {
                format!("{township}{title}{}.{}", today.format("%Y%m%d"), wanted.form.ending())
            }
            Language::English => {
                format!("{title} {}.{}", today.format("%Y%m%d"), wanted.form.ending())
            }
        };
        let (form, operation) = (wanted.form, sheet.operation);
        Ok(Self { columns, writer, language, form, name, operation, rows: 0 })
    }

    fn rows(&mut self, items: &[T]) -> Result<()> {
        for item in items {
            let cells: Vec<Cell> =
                self.columns.iter().map(|one| (one.cell)(item, self.language)).collect();
            match &mut self.writer {
                Writer::Excel(excel) => excel.row(&cells)?,
                Writer::Csv(csv) => csv.row(&cells)?,
            }
            self.rows = self.rows.saturating_add(1);
        }
        Ok(())
    }

    /// Puts the file together and records that it was made, before anybody has it.
    async fn finish<Q: Serialize>(self, scope: &Scope, query: &Q) -> Result<Made> {
        let keys: Vec<&str> = self.columns.iter().map(|one| one.key).collect();
        let entry = filters(
            Record::of(EXPORT)
                .with("list", self.operation)
                .with("form", self.form.ending())
                .with("rows", self.rows)
                .with("columns", keys.join(",")),
            query,
        )?;
        let writer = self.writer;
        let made = web::block(move || -> Result<(File, u64)> {
            let mut file = match writer {
                Writer::Csv(csv) => csv.finish()?,
                Writer::Excel(excel) => excel.finish(temporary()?)?,
            };
            let size = file.metadata().map_err(ApiError::internal)?.len();
            file.rewind().map_err(ApiError::internal)?;
            Ok((file, size))
        });
        let (file, size) = made.await.map_err(ApiError::internal)??;
        scope.write(async move |tx: &Tx| record(tx, entry).await).await?;
        Ok(Made { form: self.form, name: self.name, file, size })
    }
}

/// The filters of the question; what somebody typed may be a name.
fn filters<Q: Serialize>(mut entry: Record, query: &Q) -> Result<Record> {
    let query = serde_json::to_value(query).map_err(ApiError::internal)?;
    for (name, value) in query.as_object().into_iter().flatten() {
        let said = match value {
            serde_json::Value::Null => continue,
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        entry = match name.as_str() {
            "limit" | "cursor" | "total" => entry,
            "q" | "username" => entry.renamed(name, None, Some(&said)),
            _ => entry.with(name, said),
        };
    }
    Ok(entry)
}

/// A file that goes with its last reader, and that nobody else can open.
fn temporary() -> Result<File> {
    tempfile::tempfile().map_err(ApiError::internal)
}
