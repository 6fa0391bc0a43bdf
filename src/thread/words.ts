import type { Catalogue } from '../core/catalogue.ts'
import type { Reported } from '../core/counts.ts'
import type { LimitLevel, LimitsAsked } from '../core/limit-level.ts'
import type { ListState } from '../core/model-list.ts'
import type { KnownKeys } from '../gateway/keys/known.ts'

/** What the machine asks of a thread, by name: what it brings along, and what it is answered. */
export type Questions = {
  reported: () => Reported
  models: () => Catalogue
  modelLists: () => Record<string, ListState>
  inFlight: () => number
  /** How much of limits is used now, by what it counts in. */
  levels: (asked: LimitsAsked) => LimitLevel[][]
  /** Has it look whether what it counts in is there; where that is news, it has been said before the answer. */
  look: () => null
  /** What it knows of the keys with these hashes. */
  known: (hashes: readonly string[]) => KnownKeys
}
export type Question = keyof Questions
export type Brought<Q extends Question> = Parameters<Questions[Q]>
export type Answer<Q extends Question> = ReturnType<Questions[Q]>

/** What the machine says to a thread: a question, an answer, or to stop. */
export type ToThread =
  | { ask: Question; id: number; brought: Brought<Question> }
  /** What others know of the keys that were asked about together. */
  | { asked: readonly string[]; known: KnownKeys }
  | 'stop'

/** What a thread says to the machine. */
export type FromThread =
  | { what: 'listening'; url: string }
  | { what: 'answer'; id: number; answer: Answer<Question> }
  /** Lines of the log. */
  | { what: 'log'; lines: string }
  /** A statement failed, or was too slow: whether the database is there is to be looked into. */
  | { what: 'doubt' }
  /** Which of these keys other threads know: the database is away. */
  | { what: 'who knows'; hashes: readonly string[] }
  /** Redis is there for this thread, or away. */
  | { what: 'redis'; isThere: boolean; err?: string }
  /** What was counted since the last time, unasked: so that little is lost with a thread. */
  | { what: 'counted'; counted: Reported['counted'] }
