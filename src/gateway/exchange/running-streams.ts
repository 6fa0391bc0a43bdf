import type { BlockList } from 'node:net'
import type { Log } from '../../core/log.ts'
import type { ChangeScope } from '../../db/changed.ts'
import type { Call } from '../call.ts'
import { callRefusal } from '../keys/authorize.ts'
import type { Grants } from '../keys/grants.ts'

/** How often it is looked whether a key has expired, and how soon after a failed look-up it is tried again, in milliseconds. */
const EVERY_MS = 1000

type Parts = {
  grants: Pick<Grants, 'last' | 'get'>
  /** Milliseconds since the epoch. */
  now: () => number
  log: Pick<Log, 'info' | 'warn'>
  trustedProxies: BlockList | null
}

/**
 * Replies that are streamed, or are long, each for as long as it runs, so that one whose key may no longer make such a call is cut: as where the
 * client itself left, the model server's work is cancelled, and what was delivered is charged. A change of what keys may do has
 * the keys that stream there looked up once each; nothing else costs a statement.
 */
export class RunningStreams implements Disposable {
  readonly #parts: Parts
  readonly #running = new Set<Call>()
  /** Hashes of keys that are to be looked up. */
  readonly #doubted = new Set<string>()
  #asking = false
  #timer: NodeJS.Timeout | null = null

  constructor(parts: Parts) {
    this.#parts = parts
  }

  begun(call: Call): void {
    this.#running.add(call)
    this.#timer ??= setInterval(() => this.#look(), EVERY_MS).unref()
    // What is forgotten has changed since the call was let in; what is remembered, however old, has not.
    const grant = this.#parts.grants.last(call.key.hash)
    if (grant === null) this.#doubt(call.key.hash)
    else if (grant !== call.grant) queueMicrotask(() => this.#judge(call, grant))
  }

  over(call: Call): void {
    this.#running.delete(call)
  }

  /** What keys may do there has changed; null: anywhere. To be told once the grants have forgotten it. */
  changed(scope: ChangeScope | null): void {
    for (const { key, grant } of this.#running) {
      const { organizationId, projectId } = grant.rules
      const elsewhere = scope !== null && scope.organizationId !== organizationId
      const besides = scope !== null && scope.projectId !== null && scope.projectId !== projectId
      if (!elsewhere && !besides) this.#doubt(key.hash)
    }
  }

  [Symbol.dispose](): void {
    if (this.#timer) clearInterval(this.#timer)
    this.#timer = null
    this.#doubted.clear()
  }

  /** What time alone ends, and what could not be looked up. */
  #look(): void {
    for (const call of this.#running) this.#judge(call, call.grant)
    if (this.#doubted.size > 0) void this.#ask()
    if (this.#running.size === 0) this[Symbol.dispose]()
  }

  #doubt(hash: string): void {
    this.#doubted.add(hash)
    void this.#ask()
  }

  /** One key after the other: nobody waits for it, and calls that do are looked up too. */
  async #ask(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    for (const hash of this.#doubted) {
      // Before it is asked: what changes meanwhile is another doubt.
      this.#doubted.delete(hash)
      try {
        const grant = await this.#parts.grants.get(hash)
        for (const call of this.#running) if (call.key.hash === hash) this.#judge(call, grant)
      } catch (err) {
        // Until the database is back, what was let in goes on.
        this.#doubted.add(hash)
        this.#parts.log.warn({ err }, 'the key of a running stream could not be looked up; it will be tried again')
        break
      }
    }
    this.#asking = false
  }

  #judge(call: Call, grant: Call['grant'] | null): void {
    if (!this.#running.has(call)) return
    const { request, response, route, key } = call
    const { now, trustedProxies, log } = this.#parts
    const shown = { request, key, permission: route.permission, now: Math.floor(now() / 1000), trustedProxies }
    if (grant !== null && callRefusal(grant, shown) === null) {
      call.grant = grant
      return
    }
    this.#running.delete(call)
    log.info(
      { key_id: call.grant.keyId, operation: route.name },
      'a stream is cut: its key may no longer make such a call',
    )
    response.destroy()
  }
}
