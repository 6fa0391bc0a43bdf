import { randomBytes } from 'node:crypto'
import { hashSecret } from '../core/key.ts'
import type { ChallengePurpose } from '../db/passkey-tables.ts'
import type { Db } from '../db/tables.ts'
import type { Rate } from './attempts.ts'
import type { Person } from './session.ts'

/** Seconds in which it has to be answered. */
export const CHALLENGE_LIFETIME = 300

/** How often a user is asked for a passkey that there is, whoever has their password or a link: ten times in a moment, twice a minute. */
export const ASKS: Rate = { most: 10, everyMs: 30_000 }

/**
 * Those of one user and purpose that wait at most: no more can be asked for while one of them lives, so that nobody voids by asking what another is about
 * to sign. Beyond, which is of those to be added, the oldest goes for a newer one: no table is filled.
 */
const MOST = ASKS.most + (CHALLENGE_LIFETIME * 1000) / ASKS.everyMs

/** What a passkey is to sign: 256 random bits in base64url, for one answer of this person, kept where any node finds it. */
export async function newChallenge(
  db: Db,
  { organizationId, userId }: Person,
  purpose: ChallengePurpose,
  now: number,
): Promise<string> {
  const ours = { organization_id: organizationId, user_id: userId }
  const waiting = await db
    .selectFrom('passkey_challenge')
    .select(['hash', 'expires_at'])
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .where('purpose', '=', purpose)
    .orderBy('expires_at', 'desc')
    .execute()
  const over = waiting.filter(({ expires_at }, i) => expires_at <= now || i >= MOST - 1).map(({ hash }) => hash)
  if (over.length > 0) {
    await db
      .deleteFrom('passkey_challenge')
      .where('organization_id', '=', organizationId)
      .where('user_id', '=', userId)
      .where('hash', 'in', over)
      .execute()
  }
  const challenge = randomBytes(32).toString('base64url')
  await db
    .insertInto('passkey_challenge')
    .values({ ...ours, hash: hashSecret(challenge), purpose, expires_at: now + CHALLENGE_LIFETIME })
    .execute()
  return challenge
}

/** Whether somebody was asked to sign that, for that purpose, and may answer still. */
export async function isWaiting(
  db: Db,
  { organizationId, userId }: Person,
  challenge: string,
  purpose: ChallengePurpose,
  now: number,
): Promise<boolean> {
  const found = await db
    .selectFrom('passkey_challenge')
    .select(['purpose', 'expires_at'])
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .where('hash', '=', hashSecret(challenge))
    .executeTakeFirst()
  return found !== undefined && found.purpose === purpose && found.expires_at > now
}

/** Uses one up. @returns whether it was there: of two answers to it, one counts */
export async function useChallenge(db: Db, { organizationId, userId }: Person, challenge: string): Promise<boolean> {
  const done = await db
    .deleteFrom('passkey_challenge')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .where('hash', '=', hashSecret(challenge))
    .executeTakeFirst()
  return done.numDeletedRows > 0n
}

/** None is answered any more. */
export async function dropChallenges(db: Db, { organizationId, userId }: Person): Promise<void> {
  await db
    .deleteFrom('passkey_challenge')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .execute()
}
