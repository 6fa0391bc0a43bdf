import type { Permission } from './permission.ts'

/**
 * What everybody may do with what is their own, whatever role they have or lack. A key's scopes count all the same. `own.leave`: to end what one
 * has signed in by, which a session may also where it counts for nothing else.
 */
export type OwnPermission = 'own.read' | 'own.write' | 'own.leave'

/** What an operation asks of its caller. */
export type Asked = Permission | OwnPermission

export const isOwn = (asked: Asked): asked is OwnPermission => asked.startsWith('own.')
