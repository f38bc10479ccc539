import type { English } from '@/shared/i18n/texts'
import type zh from './zh-CN'

export default {
  title: 'Notices',
  one: 'Notice',
  parts: 'Kinds of notices',
  unread: 'Unread',
  current: 'Current',
  all: 'All',
  empty_unread: 'Nothing unread',
  empty_current: 'No current notices',
  empty_all: 'No notices yet',
  see_all: 'See all notices',
  when: '{who}, {when}',
  until: 'Until {day}',
  withdrawn: 'Withdrawn: do not act on it any more.',
  withdrawn_for: 'Withdrawn: {reason}',
  my_read: 'Signed for at {when}',
} satisfies English<typeof zh>
