import type { AuditActor, Origin } from './audit.ts'
import type { WebhookEvent } from './webhook.ts'

/*
 * What is asked of whoever keeps webhook endpoints, as it crosses between threads: plain values.
 */

/** A change of an endpoint; what is left out stays. */
export type WebhookChanges = { name?: string; url?: string; eventTypes?: readonly WebhookEvent[] }

export type WebhookOperation =
  | { does: 'create'; name: string; url: string; eventTypes: readonly WebhookEvent[] }
  | { does: 'list'; after: string | null; limit: number }
  | { does: 'retrieve'; id: string }
  | { does: 'update'; id: string; changes: WebhookChanges }
  | { does: 'delete'; id: string }
  | { does: 'rotate_secret'; id: string; keepsOld: boolean }
  | { does: 'test'; id: string; eventType: WebhookEvent }
  | { does: 'deliveries'; id: string; after: string | null; limit: number }

/** Whose endpoints, who asks, and what for. */
export type WebhookAsked = {
  organizationId: string
  projectId: string
  actor: AuditActor
  origin: Origin
  operation: WebhookOperation
}

/** What the client is told: the reply's body, or why there is none. */
export type WebhookAnswer = { body: object } | { refused: WebhookRefusal }
export type WebhookRefusal =
  | { why: 'not_found'; id: string }
  | { why: 'too_many'; most: number }
  | { why: 'url'; reason: string }
  | { why: 'too_many_at_once'; of: 'tests' | 'names' }
  | { why: 'test_failed'; reason: string }

/** What whoever makes endpoints asks of who delivers to them. */
export type WebhookRules = {
  /** What is wrong with where a URL leads, as far as it says that itself; null: nothing. */
  flawOf: (url: string) => string | null
  /** Told when an endpoint was made. */
  made: () => void
}

/** A limit that calls of a project were refused by. */
export type LimitReached = { organizationId: string; projectId: string; code: string; message: string }

/** Whoever keeps webhook endpoints. @throws what the database does */
export type WebhookDesk = {
  ask: (asked: WebhookAsked) => Promise<WebhookAnswer>
  /** Calls were refused by a limit. It never fails, and nobody waits for it. */
  limited: (reached: LimitReached) => void
}
