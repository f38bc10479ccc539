import type { English } from '@/shared/i18n/texts'
import type zh from './zh-CN'

export default {
  set_up: 'Set up a township',
  token: 'Set-up token',
  token_hint: 'Printed when the server first starts; good for one use',
  code: 'Township code',
  code_hint: 'Nine-digit division code; the name follows from it',
  username: 'Administrator’s user name',
  display_name: 'Name shown',
  password: 'Password',
  password_hint: 'At least 12 characters; longer is safer',
  found: 'Set up',
  founding: 'Setting up',
  founded: '{name} is set up',
  founded_text: 'Township code {code}, administrator {username}.',
  exists: 'This township is set up already',
  restore: 'Restore an administrator',
  restore_text:
    'Township {code}. The user name of an administrator who is there resets the password; another one makes a new administrator.',
  restore_address: 'Open the whole address that the operator gave you: the one-time token is in it.',
  restore_username: 'Not the user name of an account of the business',
  restore_do: 'Restore',
  restored: 'The administrator {username} of {name} can sign in.',
  need: {
    token: 'Enter the set-up token',
    code: 'Nine digits',
    username: '2–64 letters, digits and . _ - only',
    display_name: 'Enter the name shown',
    password: 'At least 12 characters',
  },
} satisfies English<typeof zh>
