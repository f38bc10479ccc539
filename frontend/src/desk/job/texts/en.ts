import type { English } from '@/shared/i18n/texts'
import type zh from './zh-CN'

export default {
  title: 'Jobs',
  note: 'What the system does by itself when it is due',
  failed: '{n} failed',
  state_count: '{state} ({n})',
  doubt:
    'The clock is more than a day from when the system was at work last: nothing that is due is done. The operator confirms it with gezhi admin confirm-clock.',
  state: 'State',
  any_state: 'All states',
  kind: 'Job',
  any_kind: 'All jobs',
  none: 'No jobs like that',
  none_text: 'Try other conditions, or clear them.',
  column: {
    kind: 'Job',
    state: 'State',
    planned: 'Planned for',
    next: 'Next attempt',
    attempts: 'Attempts',
    finished: 'Ended',
    reason: 'Progress and reason',
  },
  progress: '{done} done',
  progress_of: '{done} of {total} done',
  run: 'Run again',
  run_label: 'Run again: {kind}',
  ran: 'It will run',
  cancel: 'Cancel',
  cancel_label: 'Cancel: {kind}',
  cancel_title: 'Cancel this job?',
  cancel_text: '“{kind}” will not be done by itself any more; it can be run again.',
  cancel_sure: 'Cancel the job',
  keep: 'Keep it',
  cancelled: 'Cancelled',
} satisfies English<typeof zh>
