import { setTimeout as sleep } from 'node:timers/promises'
import type { ListedModel } from '../../core/model-list.ts'
import type { Outcome } from '../call.ts'
import { unreachable } from './failures.ts'
import { type FailureReason, type Forwarding, Unreached, type Upstream, type Witness } from './forwarding.ts'
import { Health } from './health.ts'

/** Milliseconds before the only upstream is tried a second time: a restart closes its door for a moment. */
const SECOND_TRY_MS = 100
/** Milliseconds after which a call that reached nobody is not tried elsewhere any more. */
const PATIENCE_MS = 10_000

/** Is told how it goes with the upstreams. */
export type UpstreamWatch = {
  /** A call, or the list of models, that an upstream did not serve. */
  failed: (upstream: string, reason: FailureReason) => void
  /** It cannot be reached since now. */
  down: (upstream: string, cause: unknown) => void
  /** It can be reached again. */
  up: (upstream: string) => void
  /** It refuses to be asked for the usage of streams. */
  usageUnknown: (upstream: string) => void
}

/** An upstream's list of models, as the catalogue asks for it. */
export type ModelSource = { name: string; list: () => Promise<ListedModel[]> }

export type UpstreamsOptions = {
  watch: UpstreamWatch
  /** Milliseconds that never step back. */
  clock?: () => number
  /** A number from 0 to 1, below 1: which of several upstreams serves the next call. */
  random?: () => number
  /** What the gate serves itself, by name: nothing goes there that does not say so, and it has no models. */
  own?: ReadonlyMap<string, Upstream>
}

const NONE: ReadonlySet<Member> = new Set()

class Member implements Witness {
  readonly name: string
  readonly upstream: Upstream
  readonly health = new Health()
  readonly #watch: UpstreamWatch
  readonly #clock: () => number

  constructor(name: string, upstream: Upstream, watch: UpstreamWatch, clock: () => number) {
    this.name = name
    this.upstream = upstream
    this.#watch = watch
    this.#clock = clock
  }

  reached(): void {
    if (this.health.reached()) this.#watch.up(this.name)
  }

  failed(reason: FailureReason, cause: unknown): void {
    this.#watch.failed(this.name, reason)
    if (reason === 'unreachable' && this.health.failed(this.#clock())) this.#watch.down(this.name, cause)
  }

  usageUnknown(): void {
    this.#watch.usageUnknown(this.name)
  }
}

/**
 * The model servers. A call goes to one of those that may serve it, by their weights, and around those that could not be
 * reached; it is tried elsewhere only while no byte of it has left.
 */
export class Upstreams {
  readonly names: readonly string[]
  readonly #members: ReadonlyMap<string, Member>
  /** Those of the configuration. */
  readonly #models: readonly Member[]
  readonly #clock: () => number
  readonly #random: () => number

  constructor(upstreams: ReadonlyMap<string, Upstream>, options: UpstreamsOptions) {
    this.#clock = options.clock ?? (() => performance.now())
    this.#random = options.random ?? Math.random
    this.names = [...upstreams.keys()]
    const memberOf = ([name, one]: [string, Upstream]) => new Member(name, one, options.watch, this.#clock)
    this.#models = [...upstreams].map(memberOf)
    const members = [...this.#models, ...[...(options.own ?? [])].map(memberOf)]
    this.#members = new Map(members.map((member) => [member.name, member]))
  }

  /**
   * Sends a call on, and the reply back as it comes.
   * @returns how it ended, once the reply is over
   * @throws ApiError where nothing was sent to the client yet, so that it can be told
   */
  async forward(call: Forwarding): Promise<Outcome> {
    const begunAt = this.#clock()
    let tried = NONE
    let member = this.#choose(call.upstreams, tried)
    if (member === null) throw unreachable(new Error(`no such upstream: ${call.upstreams.join(', ')}`))
    for (;;) {
      // It may have left while its key was looked up, its body was read or another upstream was tried.
      if (call.response.destroyed) return { status: null, end: 'never_sent' }
      const wasWell = member.health.failures === 0
      member.health.tried(this.#clock())
      try {
        return await member.upstream.attempt(call, member)
      } catch (error) {
        if (!(error instanceof Unreached)) throw error
        member.failed('unreachable', error.cause)
        const again = tried.has(member)
        tried = new Set([...tried, member])
        const next = this.#choose(call.upstreams, tried)
        const soon = this.#clock() - begunAt
        if (soon > PATIENCE_MS) throw unreachable(error.cause)
        if (next !== null) member = next
        else if (tried.size > 1 || again || !wasWell || soon > 1000) throw unreachable(error.cause)
        else await sleep(SECOND_TRY_MS)
      }
    }
  }

  /** What the catalogue is read from. */
  sources(): ModelSource[] {
    return this.#models.map((member) => ({
      name: member.name,
      list: () => member.upstream.models(member),
    }))
  }

  async close(): Promise<void> {
    await Promise.all([...this.#members.values()].map(({ upstream }) => upstream.close()))
  }

  #choose(names: readonly string[], tried: ReadonlySet<Member>): Member | null {
    const [only] = names
    if (names.length === 1 && only !== undefined) {
      const member = this.#members.get(only)
      return member && !tried.has(member) ? member : null
    }
    const left = names.flatMap((name) => this.#members.get(name) ?? []).filter((member) => !tried.has(member))
    const now = this.#clock()
    const usable = left.filter(({ health }) => health.usable(now))
    if (usable.length > 0) return this.#weighted(usable)
    // Nobody is known to be there. The one whose pause ends first is as good a guess as any.
    return left.toSorted((a, b) => a.health.pausedUntil - b.health.pausedUntil)[0] ?? null
  }

  #weighted(members: readonly Member[]): Member | null {
    let point = this.#random() * members.reduce((sum, { upstream }) => sum + upstream.weight, 0)
    for (const member of members) {
      point -= member.upstream.weight
      if (point < 0) return member
    }
    return members.at(-1) ?? null
  }
}
