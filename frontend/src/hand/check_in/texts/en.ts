import type { English } from '@/shared/i18n/texts'
import type zh from './zh-CN'

export default {
  title: 'Check in',
  title_out: 'Check out',
  when: 'When',
  where: 'Where',
  worth: 'Points',
  worth_in: '{n} points for the whole of it',
  worth_out: '{n} points for leaving now',
  came: 'Checked in {when}',
  check_in: 'Check in',
  check_out: 'Check out',
  working: 'One moment',
  early_title: 'Check out now?',
  early_text: 'It ends at {end}. Leaving now gives {n} points, and you cannot check in again afterwards.',
  done_in: 'You are checked in',
  done_in_text: 'Before you leave, scan the code again to check out; only then time and points are counted.',
  done_out: 'You are checked out',
  done_text: '{minutes} of service, {n} points.',
  finished: 'You have checked in and out',
  expired: 'This code has expired',
  expired_text:
    'The code at the place changes every 30 seconds and holds for about a minute. Scan the screen once more; you are signed in, so it takes one tap.',
  invalid: 'This code is not valid',
  invalid_text:
    "Scan the code on the steward's screen. Pictures passed on and codes of other townships do not pass.",
  closed: 'Check-in is not open',
  full: 'The activity is full',
  full_text:
    'Whoever has not signed up can check in only while there is room. The steward can ask the party office.',
  cancelled: 'The activity was cancelled',
  no_member: 'This account cannot check in',
  no_member_text: "It is not linked to a person. Ask your township's administrator.",
  failed: 'It did not work',
  waiting: 'No signal; trying again by itself',
  waiting_text:
    'Checking in and out needs a connection: the code changes every 30 seconds and the time at the server counts, so it cannot be kept for later. Move to where there is a signal; this page goes on trying.',
  too_late: 'The code has expired without a connection',
  too_late_text:
    'Move to where there is a signal and scan the code again. Until it works, no time is counted.',
  scan_again: 'Scan again',
  see_occasion: 'See the details',
  see_points: 'See my points',
  scan_title: 'Scan',
  scan_hint: 'Hold the check-in code inside the frame',
  scan_other: "Or leave this page and scan with the phone's camera or WeChat.",
  starting: 'Opening the camera',
  not_ours: "This is no check-in code. Scan the one on the steward's screen.",
  no_camera: 'The camera cannot be opened',
  no_camera_text:
    "It may not be permitted, or this browser cannot. Scan with the phone's camera or WeChat, or take a photo of the code.",
  no_reader: 'This phone cannot read codes in the page. Scan with its camera or WeChat.',
  by_photo: 'Read from a photo',
  not_found: 'No check-in code in the photo. Go nearer, hold still, and try again.',
} satisfies English<typeof zh>
