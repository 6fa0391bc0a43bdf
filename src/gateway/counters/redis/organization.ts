import { DAY_MS } from '../../../core/limit.ts'
import { WHOLE_ORGANIZATION } from '../../../db/spend.ts'
import type { Script } from '../../../redis/script.ts'
import type { Money } from '../../spend/money.ts'
import type { Decision, Share } from '../counters.ts'
import type { RedisAccount } from './account.ts'
import { RedisAccounts } from './accounts.ts'
import { amountOf, amountOfCents } from './amount.ts'
import { decisionOf } from './answer.ts'
import { accountsOf, type Batch, untoldOf, type Waiting } from './batch.ts'
import { Denials } from './denials.ts'
import type { Joined } from './joined.ts'
import { type Joining, probe, restoreDays } from './joining.ts'
import { Names } from './names.ts'
import { Rejoining } from './rejoining.ts'
import { asked } from './request.ts'
import { Settling } from './settling.ts'
import type { Sums } from './sums.ts'
import { type Held, RedisTaken } from './taken.ts'
import { Untold } from './untold.ts'

export type OrganizationParts = Joining & {
  take: Script
  organizationId: string
  sums: Sums
  newId: () => string
  /** Says that something is to be sent with the next turn, or a little later. */
  wake: (organization: RedisOrganization, when: 'turn' | 'soon') => void
  failed: (error: unknown) => void
  /** Told of a window of a day that a call was let in by. */
  dayChanged: (organizationId: string, name: string) => void
  timeoutMs: number
  gatherMs: number
  leaseMs: number
  denyMs: number
}

/** Calls and settlements in one script, at most. */
const MOST = 200
/** How long what the database has heard of others is not asked for again. */
const READ_MS = 2000
/** How long after its last call an organization of a Cluster is watched. */
const FRESH_MS = 60_000

/** What is counted of one organization: everything that its calls ask for in one turn of the loop goes to Redis together. */
export class RedisOrganization {
  readonly #parts: OrganizationParts
  readonly #accounts: RedisAccounts
  readonly #names: Names
  readonly #rejoining: Rejoining
  readonly #joined: Joined
  #takes: Waiting[] = []
  /** Held in Redis. */
  readonly #open = new Map<string, RedisTaken>()
  readonly #settling = new Settling()
  readonly #untold: Untold
  readonly #denials: Denials
  /** One for all calls. */
  readonly #settles = (taken: RedisTaken): Promise<void> => this.#settle(taken)
  #renewedAt = Number.NEGATIVE_INFINITY
  #usedAt = 0

  constructor(parts: OrganizationParts) {
    this.#parts = parts
    this.#accounts = new RedisAccounts(parts.organizationId, parts.sums)
    this.#names = new Names(parts.organizationId)
    this.#denials = new Denials(parts.denyMs)
    this.#rejoining = new Rejoining(parts, this.#accounts, this.#open)
    this.#joined = this.#rejoining.joined
    this.#untold = new Untold(this.#joined, parts.failed)
  }

  take(share: Share): Decision | Promise<Decision> {
    const denied = this.#denials.find(share)
    if (denied !== null) return denied
    const { newId, timeoutMs, gatherMs, wake } = this.#parts
    this.#usedAt = performance.now()
    const taken = new RedisTaken(newId(), share, this.#names.of(share.windows), this.#heldOf(share), this.#settles)
    return new Promise((resolve, reject) => {
      this.#takes.push({ taken, until: performance.now() + gatherMs + 2 * timeoutMs, resolve, reject })
      wake(this, 'turn')
    })
  }

  /** Has a project's accounts there before a call of it comes, with what the database has heard of others since. */
  async load(projectId: string, at: number, isFresh: boolean): Promise<void> {
    const isOld = ({ readAt }: RedisAccount) => performance.now() - readAt > READ_MS
    const both = this.#both(projectId, at)
    // One that is on its way may have read before.
    if (isFresh) await Promise.allSettled(both.map(({ joining }) => joining))
    await this.#joined.join(both, (one) => isFresh || this.#joined.isDoubtful(one) || isOld(one))
  }

  /** Counts what was spent while Redis was not asked; it is told with what is said next. */
  spend({ projectId, at }: Money, nano: number): void {
    if (this.#untold.size === 0) this.#parts.wake(this, 'soon')
    for (const account of this.#both(projectId, at)) {
      account.add(nano)
      this.#untold.add(account)
    }
  }

  /** What is asked for this organization besides calls. */
  get joining(): Joining {
    return this.#parts
  }

  /** Looks whether Redis still has everything, unless it has just answered. @param ms milliseconds that "just" is */
  async probe(ms: number): Promise<void> {
    const { asking } = this.#parts
    if (asking.epoch.current === '' || performance.now() - asking.answeredAt < ms) return
    // A Redis that is away has not lost anything yet.
    await probe(this.#parts).catch(() => {})
  }

  /** Whether it was used lately: something of it may not be in the database yet. */
  get isFresh(): boolean {
    return performance.now() - this.#usedAt < FRESH_MS
  }

  /** Whether it must go on saying that it lives, or has something to say. */
  get isBusy(): boolean {
    return this.#open.size + this.#settling.size + this.#untold.size + this.#takes.length > 0
  }

  /** Sends what there is to say. It does not fail: those who wait hear of a failure. */
  async flush(): Promise<void> {
    const isReady = ({ taken }: Waiting) => this.#isReady(taken)
    const waiting = this.#takes.splice(0, MOST)
    const more = () => this.#parts.wake(this, 'turn')
    if (this.#takes.length > 0) more()
    const takes = waiting.every(isReady) ? waiting : waiting.filter(isReady)
    if (takes.length < waiting.length) void this.#joinFirst(waiting.filter((one) => !isReady(one)))
    const settles = this.#settling.due(MOST, (one) => this.#canSettle(one), more)
    const late = this.#settling.takeLate()
    const now = performance.now()
    const { leaseMs } = this.#parts
    const renewMs = now - this.#renewedAt > leaseMs / 4 && leaseMs
    const spent = untoldOf(takes, settles)
    this.#untold.addTo(spent)
    const hasWork = takes.length + settles.length + late.length + spent.size > 0
    if (!hasWork && (renewMs === false || this.#open.size === 0)) return
    if (renewMs !== false) this.#renewedAt = now
    await this.#send({ takes, settles, late, renewMs, spent })
  }

  /** Brings Redis everything that only this thread knows, where it has lost it. */
  rejoin(): Promise<void> {
    return this.#rejoining.rejoin()
  }

  /** Tells, before the end, what was not told yet. Never rejects. */
  async close(): Promise<void> {
    const owed = [...this.#settling.owed].flatMap(accountsOf)
    const missing = owed.filter((account) => this.#joined.isMissing(account))
    await this.#joined.join(new Set([...this.#untold.missing, ...missing])).catch(() => {})
    await this.flush()
  }

  #settle(taken: RedisTaken): Promise<void> {
    const settling = this.#settling.add(taken)
    this.#parts.wake(this, 'soon')
    return settling
  }

  #canSettle(taken: RedisTaken): boolean {
    const accounts = accountsOf(taken)
    if (!accounts.some((one) => this.#joined.isMissing(one))) return true
    void this.#joined.join(accounts).catch((error) => this.#parts.failed(error))
    return false
  }

  async #send(batch: Batch): Promise<void> {
    const { take, asking } = this.#parts
    this.#settling.sent(batch.settles)
    try {
      const answer = await asking.run(take, asked(batch, this.#parts))
      this.#settling.answered(batch.settles)
      if (answer === null) await this.#sendAgain(batch)
      else {
        this.#untold.told(batch.spent, answer[3] as string[])
        this.#conclude(batch, String(answer[1]), answer[2] as string[])
      }
    } catch (error) {
      this.#settling.answered(batch.settles)
      this.#fail(batch, error)
    }
  }

  /** Redis has lost everything, or was met for the first time: nothing was done. */
  async #sendAgain({ takes, late }: Batch): Promise<void> {
    this.#renewedAt = Number.NEGATIVE_INFINITY
    this.#settling.bringBack(late)
    await this.rejoin()
    this.#takes.unshift(...takes)
    this.#parts.wake(this, 'turn')
  }

  #conclude({ takes, settles }: Batch, known: string, answers: string[]): void {
    for (const [i, taken] of settles.entries()) {
      if (this.#settling.conclude(taken, known[i] === '1')) this.#open.delete(taken.id)
    }
    for (const [i, waiting] of takes.entries()) {
      const answer = answers[i] ?? ''
      const decision = decisionOf(answer, waiting.taken)
      if (decision === null) void this.#askAgain(waiting, answer)
      else {
        if (decision.taken !== null) this.#taken(waiting.taken)
        else this.#denials.see(waiting.taken, decision)
        waiting.resolve(decision)
      }
    }
  }

  #taken(taken: RedisTaken): void {
    this.#open.set(taken.id, taken)
    const { organizationId, dayChanged } = this.#parts
    for (let i = 0; i < taken.windows.length; i++) {
      const window = taken.windows[i]
      if (window === undefined || window.periodMs < DAY_MS || taken.costs[i] === 0) continue
      dayChanged(organizationId, taken.names[i] ?? '')
    }
  }

  #fail({ takes, settles, late }: Batch, error: unknown): void {
    // It may have arrived: counted twice it is drained in its time, and not counted it would be free.
    this.#settling.bringBack(late)
    this.#settling.fail(settles, error)
    for (const { taken, reject } of takes) {
      this.#settling.giveBack(taken, performance.now() + 2 * this.#parts.timeoutMs)
      reject(error)
    }
  }

  /** Redis needs something first, or time until everybody has told it what they know. */
  async #askAgain(waiting: Waiting, answer: string): Promise<void> {
    const { taken, until, reject } = waiting
    if (performance.now() > until) return reject(new Error('Redis is being given what it has lost'))
    if (answer === 'D') {
      try {
        await restoreDays(this.#parts, this.#parts.organizationId)
      } catch (error) {
        return reject(error)
      }
    } else if (answer === 'A') {
      for (const account of accountsOf(taken)) account.joined = null
    } else await new Promise((resolve) => setTimeout(resolve, Number(answer.slice(1))))
    this.#again(waiting)
  }

  #again(...takes: Waiting[]): void {
    this.#takes.push(...takes)
    this.#parts.wake(this, 'turn')
  }

  /** Has the accounts of calls joined before the calls are sent. */
  async #joinFirst(takes: Waiting[]): Promise<void> {
    try {
      await this.#joined.join(new Set(takes.flatMap(({ taken }) => accountsOf(taken))))
      this.#again(...takes)
    } catch (error) {
      for (const { reject } of takes) reject(error)
    }
  }

  #isReady({ held }: RedisTaken): boolean {
    return held === null || !(this.#joined.isDoubtful(held.project) || this.#joined.isDoubtful(held.organization))
  }

  #both(projectId: string, at: number): RedisAccount[] {
    return [projectId, WHOLE_ORGANIZATION].map((id) => this.#accounts.of(id, at))
  }

  #heldOf({ money }: Share): Held | null {
    if (money === null) return null
    const { projectId, at, nano, limits } = money
    return {
      amount: amountOf(nano),
      project: this.#accounts.of(projectId, at),
      organization: this.#accounts.of(WHOLE_ORGANIZATION, at),
      limits: [limits.project, limits.organization].map((cents) => (cents === null ? null : amountOfCents(cents))),
    }
  }
}
