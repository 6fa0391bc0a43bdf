import { argon2Sync } from 'node:crypto'
import type { TestApp } from './harness.ts'

const COST = { memory: 8, passes: 1, parallelism: 1 }
const SALT = Buffer.from('of tests alone..')

/** Keeps a password of somebody so that it is proven with little work: a hash names its own, and only how much it is differs from any other. */
export async function keepCheaply(
  { db, now }: TestApp,
  organizationId: string,
  userId: string,
  password: string,
): Promise<void> {
  const message = Buffer.from(password.normalize('NFC'))
  const tag = argon2Sync('argon2id', { message, nonce: SALT, ...COST, tagLength: 32 })
  const [salt, hash] = [SALT, tag].map((bytes) => bytes.toString('base64').replace(/=+$/, ''))
  const kept = `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${salt}$${hash}`
  await db
    .insertInto('user_password')
    .values({ organization_id: organizationId, user_id: userId, hash: kept, changed_at: now() })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ hash: kept }))
    .execute()
}
