import type { LimitRefusals } from '../../core/limit-refusal.ts'
import type { Kept, ListAsked, Owned } from '../../core/owned.ts'
import type { LimitReached, WebhookAnswer, WebhookAsked } from '../../core/webhook-asked.ts'
import type { Asker } from '../asker.ts'
import type { Use } from '../last-used.ts'
import type { KnownOwner, Origin, Owner } from '../owners.ts'
import type { Refusal } from '../refusals.ts'
import type { BufferedUsage } from '../usage-buffer.ts'

/*
 * What crosses between a thread with a gate and the one ledger, over one channel for each thread. Both sides run the same code of the same
 * process, so nothing is checked. Messages of a thread arrive in the order in which they were sent, and those that it had sent
 * when it died arrive too.
 */

/** Who spends. */
export type Spender = { organizationId: string; projectId: string }

/** Told, with no answer but that it was taken: see `Taken`. */
export type Told =
  | {
      say: 'handed over'
      rows: readonly BufferedUsage[]
      uses: readonly (readonly [keyId: string, use: Use])[]
      limited: readonly LimitRefusals[]
    }
  /** @property number of the origin in its thread: claims of one origin have one, and what is set in it later counts for all. */
  | { say: 'claim'; owned: Owned; number: number; origin: Origin }
  | { say: 'end'; owned: Owned; organizationId: string }
  /** The rules of a project were loaded: alerts are looked for. */
  | { say: 'look'; spender: Spender }
  | { say: 'limited'; reached: LimitReached }

/** What is asked, by the name of the question, and what the answer is. */
export type Questions = {
  find: { ask: { wanted: readonly Owned[]; asker: Asker | null }; answer: (KnownOwner | null)[] }
  keep: { ask: { kept: readonly Kept[]; owner: Owner }; answer: Owned[] }
  list: { ask: { asker: Asker; asked: ListAsked }; answer: { id: string; upstream: string }[] | null }
  refused: { ask: { refusal: Refusal; now: number }; answer: undefined }
  webhooks: { ask: WebhookAsked; answer: WebhookAnswer }
}

/** A question, under a number that only this thread's answers know. */
export type Asked = { [Q in keyof Questions]: { say: Q; id: number; ask: Questions[Q]['ask'] } }[keyof Questions]

export type FromThread = Told | Asked

/** Of an error only plain values cross between threads: those that say what kind of failure it is. */
export type Failure = { message: string; code?: string | undefined; errcode?: number | undefined }

export type FromLedger =
  /** The last that was handed over, and so all that was told before it, is in the ledger's memory. */
  { say: 'taken' } | { say: 'answer'; id: number; answer: unknown } | { say: 'failed'; id: number; failure: Failure }
