import type { English } from '@/shared/i18n/texts'
import type zh from './zh-CN'

export default {
  first_time: 'First time here: set up a township',
  pick_person: 'Name, pinyin initials, number or last digits of the phone',
  pick_grid: 'Choose a grid',
  no_person: 'Nobody found',
  type_to_search: 'Type to search',
  shown: '{n} shown',
  shown_of: '{n} of {total} shown',
  sort: 'Order by this column',
  export: 'Export',
  export_excel: 'Excel workbook',
  export_csv: 'CSV text',
  exported: 'Exported; the audit log says so',
  sections: 'In this section',
  edit: {
    title: 'Somebody saved changes while you were editing',
    field: '{label}: was “{was}”, is now “{now}”',
    both: 'you changed it as well',
    empty: 'empty',
    none: 'Nothing that you fill in has changed.',
    mine: 'Keep my changes',
    theirs: 'Take the latest',
    mine_done: 'Save once more: what you changed will stand as you have it, all else as it is now.',
    left: 'The latest content is loaded. What you typed is kept and can be brought back.',
    back: 'Bring mine back',
  },
  leave_title: 'Leave this page?',
  leave: 'Changes have not been saved and will be lost.',
  leave_yes: 'Leave without saving',
  stay: 'Stay',
} satisfies English<typeof zh>
