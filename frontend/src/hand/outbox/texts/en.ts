import type { English } from '@/shared/i18n/texts'
import type zh from './zh-CN'

export default {
  title: 'To be sent',
  sent: 'Submitted: {title}',
  refused_toast: 'Not accepted: {title}. What you wrote is kept under “To be sent”.',
  n_waiting: '{n} to be sent',
  n_refused: '{n} not accepted, please look',
  offline: 'Offline: submit tasks as usual; they are kept here and sent later.',
  not_kept: 'This browser keeps nothing on the phone. Submit while online before you close the page.',
  state: { draft: 'Draft', waiting: 'To be sent', sending: 'Sending', refused: 'Not accepted' },
  done_at: 'Submitted {when}',
  written_at: 'Saved {when}',
  photos: '{n} photos',
  last: 'Not sent last time: {message}',
  kept: 'What you wrote and your photos are still here. Change them and submit again.',
  send_now: 'Send now',
  change: 'Open and change',
  go_on: 'Go on writing',
  delete: 'Delete',
  delete_title: 'Delete this?',
  delete_text: '“{title}” has not been submitted. Its text and photos cannot be brought back.',
  deleted: 'Deleted',
  empty: 'Nothing to be sent',
  empty_text:
    'Tasks submitted without a connection are kept here with the time you did them and sent once you are online.',
  to_inbox: 'To my tasks',
  how: 'How it works',
  how_tasks:
    'Tasks can be submitted offline. The time at which you submitted counts, not the time of the connection. When they are sent, your rights and the state of the task are checked again; what is not accepted stays here with the reason.',
  how_check_in:
    'Checking in and out needs a connection. The code at the place changes every 30 seconds and the time at the server counts; sent later, it could not prove that you were there, so it is not kept here.',
  unknown: 'This version cannot send this. It stays on this phone; ask your administrator.',
  others: '{n} more on this phone belong to other accounts; they are sent when those people sign in.',
} satisfies English<typeof zh>
