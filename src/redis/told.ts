import { type ChangeScope, scopeIn } from '../db/changed.ts'

/** What is said on the channel of changes: whose it is, and what was changed; without a scope it only shows that it may be said. */
export type Told = { by: string; scope?: ChangeScope | null }

/** Null for what is none of ours: then anything may have changed. */
export function toldIn(message: string): Told | null {
  try {
    const told = JSON.parse(message)
    if (typeof told.by !== 'string') return null
    return 'scope' in told ? { by: told.by, scope: scopeIn(told.scope) } : { by: told.by }
  } catch {
    return null
  }
}
