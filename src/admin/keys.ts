import { ApiError } from '../contract/error.ts'
import type { NewId } from '../core/id.ts'
import { type KeyKind, mintKey } from '../core/key.ts'
import { adminKeyScopes, projectKeyScopes } from '../core/permission.ts'
import type { Row } from '../db/tables.ts'

/** What a new key is made from. `expiresAt` is in Unix seconds; null: it does not expire. */
export type KeyInput = { name: string; scopes?: readonly string[]; expiresAt: number | null }

/** A new key: its secret, shown once, and the columns that are kept. */
export function newKey(kind: KeyKind, input: KeyInput, now: number, newId: NewId) {
  const { value, hash, redacted } = mintKey(kind)
  return { value, columns: keyColumns({ hash, redacted }, input, now, newId) }
}

/** The columns of a key whose secret exists already. */
export function keyColumns(secret: { hash: string; redacted: string }, input: KeyInput, now: number, newId: NewId) {
  return {
    id: newId('key'),
    name: input.name,
    hash: secret.hash,
    redacted_value: secret.redacted,
    scopes: JSON.stringify(input.scopes ?? []),
    created_at: now,
    expires_at: input.expiresAt,
    last_used_at: null,
    disabled_at: null,
    disabled_by: null,
  }
}

/** What every key shows of itself. */
export const keyView = (row: Omit<Row<'admin_api_key'>, 'organization_id' | 'hash' | 'user_id'>) => ({
  id: row.id,
  name: row.name,
  redacted_value: row.redacted_value,
  created_at: row.created_at,
  expires_at: row.expires_at,
  last_used_at: row.last_used_at,
  disabled_at: row.disabled_at,
})

/** A scope that this server cannot enforce is refused: kept and not enforced, it would be a false promise. */
export function checkProjectScopes(scopes: readonly string[] | undefined) {
  checkScopes(scopes, projectKeyScopes)
}

/** The scopes that an admin key can be narrowed to. */
export function checkAdminScopes(scopes: readonly string[] | undefined) {
  checkScopes(scopes, adminKeyScopes)
}

function checkScopes(scopes: readonly string[] | undefined, known: readonly string[]) {
  scopes?.forEach((scope, i) => {
    if (known.includes(scope)) return
    const message = `Invalid value: '${scope}'. Supported values are: ${known.map((name) => `'${name}'`).join(', ')}.`
    throw new ApiError('invalid_value', message, { param: `scopes[${i}]` })
  })
}
