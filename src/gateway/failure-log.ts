import type { ApiError } from '../contract/error.ts'
import type { Log } from '../core/log.ts'

/** How often one kind of failure is logged: an outage fails every call in the same way. */
const EVERY_MS = 1000

type Kind = { loggedAt: number; unsaid: number }

/** Tells operators what goes wrong with calls: every refusal is counted by its reason, failures are logged once a second. */
export class FailureLog {
  readonly #log: Pick<Log, 'warn' | 'error'>
  readonly #count: (reason: string) => void
  readonly #kinds = new Map<string, Kind>()

  /** @param count told of every refusal, by the failure's own name: those are few */
  constructor(log: Pick<Log, 'warn' | 'error'>, count: (reason: string) => void) {
    this.#log = log
    this.#count = count
  }

  /** A call was answered with an error of the gate's own. @param about gives what the log says of the call */
  failed(error: ApiError, about: () => object): void {
    this.#count(error.failure)
    if (error.status < 500) return
    const unsaid = this.#turn(error.failure)
    if (unsaid === null) return
    this.#log.error({ ...about(), err: error.cause ?? error, ...since(unsaid) }, 'request failed')
  }

  /** A reply that had begun was cut off. */
  broke(about: object, message = 'the model server broke off'): void {
    const unsaid = this.#turn(message)
    if (unsaid !== null) this.#log.warn({ ...about, ...since(unsaid) }, message)
  }

  /** A model server reported more than a call can have used, or its limits can owe. */
  exceeded(upstream: string, about: object): void {
    const unsaid = this.#turn(`exceeded ${upstream}`)
    if (unsaid === null) return
    const message =
      'the model server reports more tokens than the call can have used or its limits can owe; they are not charged with the rest'
    this.#log.warn({ upstream, ...about, ...since(unsaid) }, message)
  }

  /** A call could not be counted, or what it took not be settled. */
  uncounted(operation: 'take' | 'settle', err: unknown): void {
    const unsaid = this.#turn(operation)
    if (unsaid !== null)
      this.#log.error({ operation, err, ...since(unsaid) }, 'the counters of limits and money failed')
  }

  /** How many of a kind were not said since the last one; null where it is too early to say another. */
  #turn(kind: string): number | null {
    const now = performance.now()
    const known = this.#kinds.get(kind)
    if (known && now - known.loggedAt < EVERY_MS) {
      known.unsaid++
      return null
    }
    this.#kinds.set(kind, { loggedAt: now, unsaid: 0 })
    return known?.unsaid ?? 0
  }
}

const since = (unsaid: number) => (unsaid === 0 ? {} : { not_logged_before: unsaid })
