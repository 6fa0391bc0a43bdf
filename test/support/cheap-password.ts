import { argon2Sync } from 'node:crypto'
import type { TestApp } from './harness.ts'

const COST = { memory: 8, passes: 1, parallelism: 1 }
const SALT = Buffer.from('of tests alone..')

/** Keeps somebody's password so that it is proven with little work: a hash names its own, and only how much it is differs from any other. */
export async function keepCheaply({ db }: TestApp, userId: string, password: string): Promise<void> {
  const message = Buffer.from(password.normalize('NFC'))
  const tag = argon2Sync('argon2id', { message, nonce: SALT, ...COST, tagLength: 32 })
  const [salt, hash] = [SALT, tag].map((bytes) => bytes.toString('base64').replace(/=+$/, ''))
  const kept = `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${salt}$${hash}`
  await db.updateTable('user_password').set({ hash: kept }).where('user_id', '=', userId).execute()
}
