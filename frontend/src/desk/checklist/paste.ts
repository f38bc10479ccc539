import type { Evidence, Frequency, PostKind } from '@/api'

/** What a column of a pasted table can be. */
export type Field = 'what' | 'role' | 'frequency' | 'evidence' | 'limit_working_days' | 'points'
export const fields: readonly Field[] = [
  'what',
  'role',
  'frequency',
  'evidence',
  'limit_working_days',
  'points',
]

/** A duty as it is being written: what is not yet known is empty. */
export interface DraftItem {
  what: string
  role: PostKind | ''
  frequency: Frequency | ''
  evidence: Evidence | ''
  limit_working_days: number | null
  points: number | null
}

/** A cell that says something this list does not know; the row is taken over without it. */
export interface Unread {
  /** Row in the pasted block, from 1, the header counted. */
  row: number
  field: Field
  value: string
}

/** Splits a block as Excel, WPS and Word put it on the clipboard: tabs between cells, lines between rows;
 * a cell with a line break or a tab inside stands in quotes. Empty rows are left out. */
export function cells(block: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let quoted = false
  const text = block.replace(/\r\n?/g, '\n')
  const endCell = () => {
    row.push(cell.replace(/[\u00a0\u3000]/g, ' ').trim())
    cell = ''
  }
  const endRow = () => {
    endCell()
    if (row.some((one) => one !== '')) rows.push(row)
    row = []
  }
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') {
        cell += '"'
        i++
      } else if (c === '"') quoted = false
      else cell += c === '\n' || c === '\t' ? ' ' : c
    } else if (c === '"' && cell === '' && closes(text, i)) quoted = true
    else if (c === '\t') endCell()
    else if (c === '\n') endRow()
    else cell += c
  }
  endRow()
  return rows
}

/** Whether the quote at `start` is closed before a tab, a line end or the end: else it is a plain sign. */
function closes(text: string, start: number): boolean {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] !== '"') continue
    if (text[i + 1] === '"') i++
    else return i + 1 >= text.length || text[i + 1] === '\t' || text[i + 1] === '\n'
  }
  return false
}

const plain = (value: string) => value.normalize('NFKC').replace(/\s+/g, '').toLowerCase()

/** 总网格长 and the names people write for the posts. A bare 网格长 says too little to choose. */
export function readRole(value: string): PostKind | undefined {
  const text = plain(value)
  if (!text) return undefined
  if (/督导|supervisor/.test(text)) return 'supervisor'
  if (/子网格长|小组长|sub-?(grid)?head/.test(text)) return 'sub_head'
  if (/总网格长|村.*书记|书记|general-?(grid)?head/.test(text)) return 'general_head'
  if (/指导员|instructor/.test(text)) return 'instructor'
  if (/网格员|志愿者|worker/.test(text)) return 'worker'
  return undefined
}

/** Every how long. More than once a period, or a period not known here, is left to the reader. */
export function readFrequency(value: string): Frequency | undefined {
  const text = plain(value)
  if (!text || /半(年|月)|年|日常|随时|每天|每日|工作日/.test(text)) return undefined
  if (/([2-9]|\d{2,}|[两二三四五六七八九十多])(个)?(次|周|月|季|星期)|每[两二三双2-9]/.test(text))
    return undefined
  if (/季|quarter/.test(text)) return 'quarterly'
  if (/周|星期|礼拜|week/.test(text)) return 'weekly'
  if (/月|month/.test(text)) return 'monthly'
  if (/一次|单次|1次|once/.test(text)) return 'once'
  return undefined
}

export function readEvidence(value: string): Evidence | undefined {
  const text = plain(value)
  if (!text) return undefined
  if (/照片|图片|拍照|影像|图像|photo|picture/.test(text)) return 'photo'
  if (/文字|说明|记录|台账|文本|小结|纪要|报告|text|note/.test(text)) return 'text'
  if (/数量|数字|数据|人数|次数|户数|number|count/.test(text)) return 'number'
  if (/^(无|不需要?|无需.*|没有|none|no|-+|—+|\/)$/.test(text)) return 'none'
  return undefined
}

const digits: Record<string, number> = {
  一: 1,
  二: 2,
  两: 2,
  三: 3,
  四: 4,
  五: 5,
  六: 6,
  七: 7,
  八: 8,
  九: 9,
}

/** A number below one hundred in digits or in Chinese (十五, 二十). */
function readNumber(text: string): number | undefined {
  if (/^\d+(\.0+)?$/.test(text)) return Number(text)
  const found = /^([一二两三四五六七八九])?(十)?([一二三四五六七八九])?$/.exec(text)
  if (!found || text === '') return undefined
  const [, tens, ten, ones] = found
  if (!ten) return tens && !ones ? digits[tens] : undefined
  return (tens ? (digits[tens] ?? 0) : 1) * 10 + (ones ? (digits[ones] ?? 0) : 0)
}

/** Working days, 1..=60. 5日前 is a date, not a number of days, and is left out. */
export function readLimit(value: string): number | undefined {
  const found =
    /^(?:限|限时|期限|在)?([\d.]+|[一二两三四五六七八九十]+)个?(?:工作日|天|日|workingdays?|days?|d)?(?:以内|之内|内)?$/.exec(
      plain(value),
    )
  const number = found?.[1] === undefined ? undefined : readNumber(found[1])
  return number !== undefined && number >= 1 && number <= 60 ? number : undefined
}

/** Whole points, 0..=20. */
export function readPoints(value: string): number | undefined {
  const found = /^\+?([\d.]+|[一二两三四五六七八九十]+)(?:积?分|points?|pts?)?(?:\/(?:次|项))?$/.exec(
    plain(value),
  )
  const number = found?.[1] === undefined ? undefined : readNumber(found[1])
  return number !== undefined && number <= 20 ? number : undefined
}

const readers = {
  role: readRole,
  frequency: readFrequency,
  evidence: readEvidence,
  limit_working_days: readLimit,
  points: readPoints,
}

// The narrower word first: 责任人 is a post, 责任内容 a duty; 工作日 is a limit, 工作事项 a duty.
const headers: [Field | 'ignore', RegExp][] = [
  ['ignore', /^(序号?|编号|no\.?|#|备注|说明)$/],
  ['points', /积分|分值|得分|分数|points?|score/],
  ['limit_working_days', /时限|期限|工作日|完成时间|办结|天数|limit|deadline|days/],
  ['evidence', /凭证|凭据|佐证|证明|材料|痕迹|evidence|proof/],
  ['frequency', /频次|频率|周期|次数|多久|frequency|howoften|period/],
  ['role', /岗位|责任人|责任主体|角色|职务|对象|由谁|post|role|who/],
  ['what', /事项|内容|任务|职责|责任|清单|要求|工作|做什么|duty|duties|what|item|task/],
]

function header(cell: string): Field | 'ignore' | undefined {
  const text = plain(cell)
  if (!text || text.length > 14 || /^[\d一二三四五六七八九十]/.test(text)) return undefined
  return headers.find(([, words]) => words.test(text))?.[0]
}

export interface Recognised {
  /** Whether the first row names the columns. */
  header: boolean
  /** What each column is; null: not used. */
  columns: (Field | null)[]
}

/** Finds out which column is what: by the words of the first row, else by what stands in the cells. */
export function recognise(rows: string[][]): Recognised {
  const width = Math.max(0, ...rows.map((row) => row.length))
  const named = Array.from({ length: width }, (_, i) => header(rows[0]?.[i] ?? ''))
  const known = new Set(named.filter((one) => one !== undefined))
  const filled = (rows[0] ?? []).filter(Boolean).length
  if (known.has('what') && rows.length > 1 && (known.size >= 2 || filled === 1)) {
    const seen = new Set<Field>()
    const columns = named.map((one) => {
      if (!one || one === 'ignore' || seen.has(one)) return null
      seen.add(one)
      return one
    })
    return { header: true, columns: byContent(rows.slice(1), columns, named) }
  }
  return {
    header: false,
    columns: byContent(
      rows,
      Array.from({ length: width }, () => null),
      [],
    ),
  }
}

/** Gives the columns that are still free the fields that are still missing. */
function byContent(
  rows: string[][],
  given: (Field | null)[],
  named: (Field | 'ignore' | undefined)[],
): (Field | null)[] {
  const columns = [...given]
  const free = () =>
    columns
      .map((_, i) => i)
      .filter((i) => columns[i] === null && named[i] === undefined && texts(i).length > 0)
  const texts = (i: number) => rows.map((row) => row[i] ?? '').filter(Boolean)
  const missing = (field: Field) => !columns.includes(field)
  const share = (i: number, read: (value: string) => unknown) => {
    const all = texts(i)
    return all.filter((one) => plain(one).length <= 14 && read(one) !== undefined).length / all.length
  }
  const average = (i: number) => {
    const all = texts(i)
    return all.reduce((sum, one) => sum + one.length, 0) / all.length
  }
  const counts = (i: number) => rows.every((row, n) => Number(row[i] ?? NaN) === n + 1)
  const numbers = (i: number) => share(i, (one) => readPoints(one) ?? readLimit(one)) >= 0.8
  const running = columns.findIndex((_, i) => columns[i] === null && counts(i) && rows.length > 1)
  const usable = () => free().filter((i) => i !== running)

  if (missing('what')) {
    const words = usable().filter((i) => !numbers(i))
    const unlike = words.filter((i) =>
      [readRole, readFrequency, readEvidence].every((read) => share(i, read) < 0.8),
    )
    const best = (unlike.length > 0 ? unlike : words).sort((a, b) => average(b) - average(a))[0]
    if (best !== undefined) columns[best] = 'what'
  }
  for (const field of ['frequency', 'role', 'evidence'] as const) {
    if (!missing(field)) continue
    const best = usable()
      .filter((i) => !numbers(i) && share(i, readers[field]) >= 0.6)
      .sort((a, b) => share(b, readers[field]) - share(a, readers[field]))[0]
    if (best !== undefined) columns[best] = field
  }
  const says = (i: number, unit: RegExp) => texts(i).some((one) => unit.test(plain(one)))
  if (missing('points')) {
    const best = usable().find((i) => numbers(i) && says(i, /分|point/))
    if (best !== undefined) columns[best] = 'points'
  }
  if (missing('limit_working_days')) {
    const able = usable().filter((i) => share(i, readLimit) >= 0.6)
    const best = able.find((i) => says(i, /天|日|day/)) ?? able[0]
    if (best !== undefined) columns[best] = 'limit_working_days'
  }
  if (missing('points')) {
    const best = usable().find((i) => share(i, readPoints) >= 0.6)
    if (best !== undefined) columns[best] = 'points'
  }
  return columns
}

/** Turns the block into duties. An empty post repeats the one above it, as merged cells do; columns that are
 * not there take the values of `otherwise`. */
export function toItems(
  rows: string[][],
  { header: named, columns }: Recognised,
  otherwise: Omit<DraftItem, 'what'>,
): { items: DraftItem[]; unread: Unread[] } {
  const items: DraftItem[] = []
  const unread: Unread[] = []
  const at = (row: string[], field: Field) => {
    const i = columns.indexOf(field)
    return i < 0 ? undefined : (row[i] ?? '')
  }
  let role: PostKind | '' = ''
  rows.forEach((row, n) => {
    if (named && n === 0) return
    const what = (at(row, 'what') ?? '').replace(/\s+/g, ' ').trim()
    if (!what) return
    const read = <T>(field: Exclude<Field, 'what'>, reader: (value: string) => T | undefined, none: T): T => {
      const value = at(row, field)
      if (value === undefined || value === '') return none
      const found = reader(value)
      if (found === undefined) unread.push({ row: n + 1, field, value })
      return found ?? none
    }
    const cell = at(row, 'role')
    if (cell === undefined) role = otherwise.role
    else if (cell !== '') role = read<PostKind | ''>('role', readRole, '')
    items.push({
      what,
      role,
      frequency: read<Frequency | ''>(
        'frequency',
        readFrequency,
        at(row, 'frequency') ? '' : otherwise.frequency,
      ),
      evidence: read<Evidence | ''>('evidence', readEvidence, at(row, 'evidence') ? '' : otherwise.evidence),
      limit_working_days: read<number | null>(
        'limit_working_days',
        readLimit,
        at(row, 'limit_working_days') ? null : otherwise.limit_working_days,
      ),
      points: read<number | null>('points', readPoints, at(row, 'points') ? null : otherwise.points),
    })
  })
  return { items, unread }
}
