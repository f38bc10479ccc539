import type { permissions } from '@/api/permissions'

/** Every permission the server knows; asking for another is a spelling mistake the compiler finds. */
export type Permission = (typeof permissions)[number]
/** One permission, or several of which any one is enough. */
export type Needed = Permission | readonly Permission[] | undefined
