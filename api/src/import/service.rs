//! Use cases of imports.

use entity::ids::ImportId;
use entity::import::{ActiveModel, Column, Entity};
use entity::kinds::{GridKind, ImportKind};
use entity::{grid, import};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, FromQueryResult, QueryFilter, QuerySelect};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::acts;
use super::dto::{GridFile, Import};
use super::sheet::{self, Sheet};
use super::{roster, workbook};
use crate::audit::{self, Record};
use crate::clock::beijing;
use crate::grid::{self as grids, Fault, Touched};
use crate::http::{ApiError, Code, IdempotencyKey, JsonBytes, Result};
use crate::tenancy::{Scope, Tx};
use crate::work::{Heavy, Lane};

/// Faults that are kept and answered; the marked workbook shows all.
const FAULTS: usize = 200;

/// A file as it was sent.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Its name as it was sent.
    pub file_name: String,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// What makes two requests the same.
#[derive(Serialize)]
struct Fingerprint<'a> {
    file_name: &'a str,
    sha256: String,
    dry_run: bool,
}

impl<'a> Fingerprint<'a> {
    fn of(file_name: &'a str, bytes: &[u8], dry_run: bool) -> Self {
        let sha256 = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { file_name, sha256, dry_run }
    }
}

/// What is kept of an import.
struct Outcome {
    kind: ImportKind,
    file_name: String,
    dry_run: bool,
    rows: usize,
    created: usize,
    updated: usize,
    unchanged: usize,
    faults: Vec<Fault>,
    marked_file: Option<Vec<u8>>,
}

async fn record(tx: &Tx, outcome: Outcome) -> Result<Import> {
    // The system's own imports (demonstration data) leave no record: there is nobody to show it to.
    let account = tx.actor().ok_or_else(|| ApiError::new(Code::FORBIDDEN))?;
    let count = |n: usize| i32::try_from(n).map_err(ApiError::internal);
    let shown: Vec<&Fault> = outcome.faults.iter().take(FAULTS).collect();
    let model = tx
        .insert(ActiveModel {
            id: Set(ImportId::new()),
            kind: Set(outcome.kind),
            file_name: Set(outcome.file_name),
            applied: Set(!outcome.dry_run && outcome.faults.is_empty()),
            dry_run: Set(outcome.dry_run),
            row_count: Set(count(outcome.rows)?),
            created_count: Set(count(outcome.created)?),
            updated_count: Set(count(outcome.updated)?),
            unchanged_count: Set(count(outcome.unchanged)?),
            fault_count: Set(count(outcome.faults.len())?),
            faults: Set(serde_json::to_string(&shown).map_err(ApiError::internal)?),
            marked_file: Set(outcome.marked_file),
            account_id: Set(account),
            created_at: Set(tx.now()),
            ..Default::default()
        })
        .await?;
    let act = match model.kind {
        ImportKind::Grids => acts::GRIDS,
        ImportKind::Members => acts::MEMBERS,
    };
    let entry = Record::of(act)
        .on("import", model.id)
        .with("applied", model.applied)
        .with("rows", model.row_count)
        .with("created", model.created_count)
        .with("updated", model.updated_count)
        .with("faults", model.fault_count);
    audit::record(tx, entry).await?;
    dto(Row {
        id: model.id,
        kind: model.kind,
        file_name: model.file_name,
        applied: model.applied,
        dry_run: model.dry_run,
        row_count: model.row_count,
        created_count: model.created_count,
        updated_count: model.updated_count,
        unchanged_count: model.unchanged_count,
        fault_count: model.fault_count,
        faults: model.faults,
        created_at: model.created_at,
    })
}

/// An import without its workbook.
#[derive(FromQueryResult)]
struct Row {
    id: ImportId,
    kind: ImportKind,
    file_name: String,
    applied: bool,
    dry_run: bool,
    row_count: i32,
    created_count: i32,
    updated_count: i32,
    unchanged_count: i32,
    fault_count: i32,
    faults: String,
    created_at: chrono::DateTime<chrono::Utc>,
}

fn dto(row: Row) -> Result<Import> {
    let count = |n: i32| u32::try_from(n).map_err(ApiError::internal);
    Ok(Import {
        id: row.id,
        kind: row.kind,
        file_name: row.file_name,
        applied: row.applied,
        dry_run: row.dry_run,
        rows: count(row.row_count)?,
        created: count(row.created_count)?,
        updated: count(row.updated_count)?,
        unchanged: count(row.unchanged_count)?,
        faults: serde_json::from_str(&row.faults).map_err(ApiError::internal)?,
        fault_count: count(row.fault_count)?,
        created_at: beijing(row.created_at),
    })
}

/// One import; 404 when the township has none such.
pub async fn get(scope: &Scope, id: ImportId) -> Result<Import> {
    let row = scope
        .read_single(async |tx: &Tx| {
            tx.find::<Entity>()
                .select_only()
                .columns([
                    Column::Id,
                    Column::Kind,
                    Column::FileName,
                    Column::Applied,
                    Column::DryRun,
                    Column::RowCount,
                    Column::CreatedCount,
                    Column::UpdatedCount,
                    Column::UnchangedCount,
                    Column::FaultCount,
                    Column::Faults,
                    Column::CreatedAt,
                ])
                .filter(Column::Id.eq(id))
                .into_model::<Row>()
                .one()
                .await
        })
        .await?;
    dto(row.ok_or_else(|| ApiError::new(Code::NOT_FOUND))?)
}

/// The marked workbook of an import and a name for it; 404 when the import had no fault. It holds names and telephone
/// numbers, so that it was given out is recorded.
pub async fn marked_file(scope: &Scope, id: ImportId) -> Result<(String, Vec<u8>)> {
    scope
        .write(async move |tx: &Tx| {
            let model: import::Model = tx.get::<Entity>(id).await?;
            let bytes = model.marked_file.ok_or_else(|| ApiError::new(Code::NOT_FOUND))?;
            let entry = Record::of(acts::MARKED).on("import", id);
            audit::record(tx, entry.with("rows", model.row_count)).await?;
            let stem = model.file_name.strip_suffix(".xlsx").unwrap_or(&model.file_name);
            Ok((format!("{stem}-待更正.xlsx"), bytes))
        })
        .await
}

// ---- grids -------------------------------------------------------------------------------------

/// Brings in grids from GeoJSON: all or nothing.
pub async fn grids<const KIB: usize>(
    scope: &Scope,
    key: IdempotencyKey,
    sent: JsonBytes<KIB>,
    dry_run: bool,
) -> Result<Import> {
    let file_name = "grids.geojson";
    let fingerprint = Fingerprint::of(file_name, &sent.bytes, dry_run);
    let heavy = Heavy::begin(scope, Lane::File).await?;
    let drafts = heavy
        .run(move |work| {
            let file: GridFile = sent.parse()?;
            drop(sent);
            Ok(grids::drafts(&file.features, work)?)
        })
        .await?;
    scope
        .at_length()
        .write_once(key, "import_grids", &fingerprint, async move |tx: &Tx| {
            let plan = grids::import(tx, &drafts, dry_run).await?;
            record(
                tx,
                Outcome {
                    kind: ImportKind::Grids,
                    file_name: file_name.to_owned(),
                    dry_run,
                    rows: plan.rows,
                    created: plan.create.len(),
                    updated: plan.update.len(),
                    unchanged: plan.unchanged,
                    faults: plan.faults,
                    marked_file: None,
                },
            )
            .await
        })
        .await
}

// ---- roster ------------------------------------------------------------------------------------

/// The workbook to fill in.
pub fn template() -> Result<Vec<u8>> {
    let titles = roster::Column::ALL.map(roster::Column::title);
    let examples = roster::Column::ALL.map(roster::Column::example);
    let explanations = roster::Column::ALL.map(|column| {
        let (name, needed) = match column.title().strip_suffix('*') {
            Some(name) => (name, "必填"),
            None => (column.title(), "选填"),
        };
        (name, needed, column.explanation())
    });
    sheet::template(&titles, &examples, &explanations)
}

/// Brings in the roster from a workbook: all or nothing.
///
/// The rows are compared in a read first, so that the marked workbook is written without holding up other writers;
/// a faultless file is compared again in the transaction that writes it.
pub async fn members(
    scope: &Scope,
    key: IdempotencyKey,
    upload: Upload,
    dry_run: bool,
) -> Result<Import> {
    let Upload { file_name, bytes } = upload;
    let fingerprint = Fingerprint::of(&file_name, &bytes, dry_run);
    let heavy = Heavy::begin(scope, Lane::File).await?;
    let sheet = heavy.run(move |work| workbook::read(&bytes, roster::is_header, work)).await?;
    let sheet = sheet.ok_or_else(|| {
        ApiError::new(Code::FILE_UNREADABLE).detail(
            "没有找到表头：前 10 行中应有一行写着“编号”和“姓名”，请使用模板",
            "No header found: one of the first ten rows must name 编号 and 姓名; use the template",
        )
    })?;
    let known = scope.at_length().read(async |tx: &Tx| known(tx, &sheet).await).await?;
    let (sheet, first, mut marked) = heavy
        .run(move |_| {
            let plan = roster::plan(&sheet, &known);
            let marked = marked(&sheet, &plan.faults)?;
            Ok((sheet, plan, marked))
        })
        .await?;
    let kept_name = file_name.clone();
    scope
        .at_length()
        .write_once(key, "import_members", &fingerprint, async move |tx: &Tx| {
            let mut plan = first;
            if plan.faults.is_empty() && !dry_run {
                plan = apply(tx, &sheet, plan).await?;
                marked = self::marked(&sheet, &plan.faults)?;
            }
            record(
                tx,
                Outcome {
                    kind: ImportKind::Members,
                    file_name: kept_name,
                    dry_run,
                    rows: plan.rows,
                    created: plan.create.len(),
                    updated: plan.updated,
                    unchanged: plan.unchanged,
                    faults: plan.faults,
                    marked_file: marked,
                },
            )
            .await
        })
        .await
}

fn marked(sheet: &Sheet, faults: &[Fault]) -> Result<Option<Vec<u8>>> {
    if faults.is_empty() {
        return Ok(None);
    }
    sheet::marked(sheet, faults).map(Some)
}

/// Compares again, now that nobody else can change anything, and writes.
async fn apply(tx: &Tx, sheet: &Sheet, first: roster::Plan) -> Result<roster::Plan> {
    grids::lock(tx, first.grids).await?;
    crate::member::lock_by_number(tx, &roster::numbers(sheet)).await?;
    let plan = roster::plan(sheet, &known(tx, sheet).await?);
    if plan.faults.is_empty() {
        crate::member::create_many(tx, plan.create.clone()).await?;
        crate::member::update_many(tx, &plan.update).await?;
        if !plan.appoint.is_empty() {
            let people = plan.appoint.iter().map(|post| post.member_id).collect();
            grids::appoint_many(tx, plan.appoint.clone()).await?;
            grids::posts_changed(tx, &Touched::people(people)).await?;
        }
    }
    Ok(plan)
}

/// What the township has, as far as the file touches it: three statements, and one for every thousand rows.
async fn known(tx: &Tx, sheet: &Sheet) -> Result<roster::Known> {
    let grids: Vec<(entity::ids::GridId, String, String, GridKind)> = tx
        .find::<grid::Entity>()
        .select_only()
        .columns([grid::Column::Id, grid::Column::Code, grid::Column::Name, grid::Column::Kind])
        .into_tuple()
        .all()
        .await?;
    Ok(roster::Known {
        orgs: crate::member::org_names(tx).await?,
        grids,
        members: crate::member::by_number(tx, &roster::numbers(sheet)).await?,
        posts: grids::posts_from_today(tx).await?,
        today: tx.today(),
    })
}
