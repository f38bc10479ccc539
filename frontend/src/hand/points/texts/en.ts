import type { English } from '@/shared/i18n/texts'
import type zh from './zh-CN'

export default {
  title: 'Points',
  parts: 'Kinds of points',
  mine: 'My points',
  board: 'Ranking',
  balance: 'Points in all',
  quarter: '{quarter}',
  rank: 'No. {n}',
  of: 'of {n} people with points',
  no_rank: 'No points this quarter yet',
  entries: 'Entries',
  balance_after: '{n} after it',
  rules: 'How points are counted',
  since: 'from {day}',
  empty: 'No points yet',
  empty_text:
    'Points come by themselves when you check in and out at an activity or a task of yours is verified; each says why.',
  see_activities: 'See coming activities',
  choose_quarter: 'Quarter',
  empty_board: 'Nobody has points in this quarter yet',
  empty_board_text: 'Whoever earns points by activities or tasks is ranked here.',
  me: 'Me',
  own: 'You are no. {n} of {of} with {score} points',
  score: '{n} points',
  no_member: 'This account has no purse',
  no_member_text: 'Points belong to people, and your account is not linked to one. You can see the ranking.',
  see_board: 'See the ranking',
} satisfies English<typeof zh>
