import { adds } from '../schema-change.ts'

/** By when they end, those are found that nobody has answered in time. */
export const expiredChallenges = adds(async (db) => {
  await db.schema.createIndex('passkey_challenge_expires').on('passkey_challenge').column('expires_at').execute()
})
