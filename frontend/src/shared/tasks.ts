import type {
  EvidenceKind,
  EvidenceRequirement,
  TaskAssignee,
  TaskBrief,
  TaskLogEntry,
  TaskLogKind,
  TaskSource,
  TaskState,
} from '@/api'
import { locale, t } from './i18n'
import { label } from './labels'

/** Whether nothing is left to be done about it, so that its deadline no longer counts. */
export function isClosed(state: TaskState): boolean {
  return state === 'verified' || state === 'cancelled'
}

/** The last line of a kind in a task's log: why it was returned, why it was cancelled. */
export function lastOf(log: readonly TaskLogEntry[], kind: TaskLogKind): TaskLogEntry | undefined {
  return [...log].reverse().find((line) => line.kind === kind)
}

/** Who owes a task, in a word: the person, the organisation, the post. */
export function assigneeName(assignee: TaskAssignee): string {
  if (assignee.kind === 'organisation') return assignee.organisation?.name ?? ''
  return assignee.member?.name ?? label('post_kind', assignee.post)
}

/** The same with what else there is to know: the person's post, who of the organisation has accepted it. */
export function assigneeText(assignee: TaskAssignee): string {
  const more = assignee.kind === 'organisation' ? assignee.member?.name : label('post_kind', assignee.post)
  const name = assigneeName(assignee)
  return more && more !== name ? t('common.with', { name, more }) : name
}

/** Where a task is owed: its grid, or the organisation that owes it. */
export function placeName(task: Pick<TaskBrief, 'grid' | 'assignee'>): string {
  return task.grid?.name ?? task.assignee.organisation?.name ?? ''
}

/** What a task asks for of a kind of evidence. */
export function asked(
  evidence: readonly EvidenceRequirement[],
  kind: EvidenceKind,
): EvidenceRequirement | undefined {
  return evidence.find((one) => one.kind === kind)
}

/** Within which bounds a number lies; nothing where there are none. */
export function rangeText({ least, most }: EvidenceRequirement): string {
  if (least != null && most != null) return t('task_evidence.between', { least, most })
  if (least != null) return t('task_evidence.least', { n: least })
  return most != null ? t('task_evidence.most', { n: most }) : ''
}

/** One thing that must be shown: 照片（至少 2 张）, 数量（户，1 至 40）. */
export function requirementText(one: EvidenceRequirement): string {
  const name = label('evidence_kind', one.kind)
  const more =
    one.kind === 'photo'
      ? [one.count > 1 ? t('task_evidence.photos', { n: one.count }) : '']
      : [one.unit ?? '', rangeText(one)]
  const said = more.filter(Boolean).join(t('task_evidence.comma'))
  return said ? t('common.with', { name, more: said }) : name
}

/** All that must be shown, in a line. */
export function evidenceText(evidence: readonly EvidenceRequirement[]): string {
  if (evidence.length === 0) return label('evidence', 'none')
  return evidence.map(requirementText).join(t('task_evidence.and'))
}

/** What a task arose from, with what its source says of it. */
export function sourceText(source: TaskSource): string {
  const name = t('task_evidence.source', { title: source.title })
  const facts = source.facts.map((fact) => `${locale.value === 'en' ? fact.en : fact.zh} ${fact.text}`)
  return facts.length > 0 ? t('common.with', { name, more: facts.join(t('task_evidence.comma')) }) : name
}
