import type { Permission } from './permission.ts'

/** What everybody may do with what is their own, whatever role they have or lack. A key's scopes count all the same. */
export type OwnPermission = 'own.read' | 'own.write'

/** What an operation asks of its caller. */
export type Asked = Permission | OwnPermission

export const isOwn = (asked: Asked): asked is OwnPermission => asked === 'own.read' || asked === 'own.write'
