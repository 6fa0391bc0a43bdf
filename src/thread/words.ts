import type { Catalogue } from '../core/catalogue.ts'
import type { Reported } from '../core/counts.ts'
import type { ListState } from '../core/model-list.ts'
import type { KnownKey } from '../gateway/keys/known.ts'

/** What the machine asks of a thread, by name, and what it is answered. */
export type Answers = {
  reported: Reported
  models: Catalogue
  modelLists: Record<string, ListState>
  inFlight: number
  /** Has it look whether what it counts in is there; where that is news, it has been said before the answer. */
  look: null
  /** What it knows of the key with this hash. */
  known: KnownKey | null
}
export type Question = keyof Answers

/** What the machine says to a thread: a question, an answer, or to stop. */
export type ToThread =
  /** @property hash of the key that is asked about; else empty */
  | { ask: Question; id: number; hash: string }
  /** What others know of a key that was asked about. */
  | { hash: string; known: KnownKey | null }
  | 'stop'

/** What a thread says to the machine. */
export type FromThread =
  | { what: 'listening'; url: string }
  | { what: 'answer'; id: number; answer: Answers[Question] }
  /** Lines of the log. */
  | { what: 'log'; lines: string }
  /** A statement failed, or was too slow: whether the database is there is to be looked into. */
  | { what: 'doubt' }
  /** Whether another thread knows a key: the database is away. */
  | { what: 'who knows'; hash: string }
  /** Redis is there for this thread, or away. */
  | { what: 'redis'; isThere: boolean; err?: string }
  /** What was counted since the last time, unasked: so that little is lost with a thread. */
  | { what: 'counted'; counted: Reported['counted'] }
