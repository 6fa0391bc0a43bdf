import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { Bounded } from '../../core/bounded.ts'
import type { WebhookDesk } from '../../core/webhook-asked.ts'
import type { LastUsed } from '../last-used.ts'
import type { RefusedByLimits } from '../limit-refusals.ts'
import type { Origin, Owners } from '../owners.ts'
import type { Refusals } from '../refusals.ts'
import type { Usage } from '../usage.ts'
import type { Asked, Failure, FromLedger, FromThread, Spender, Told } from './messages.ts'

/** Origins of one thread that may be completed later, at most: those of the replies that began last. */
const ORIGINS = 10_000

/** What is served to threads. */
export type ServedLedger = {
  usage: Pick<Usage, 'recordSums'>
  owners: Pick<Owners, 'claim' | 'end' | 'find' | 'keep' | 'list'>
  lastUsed: Pick<LastUsed, 'touch'>
  refusals: Pick<Refusals, 'record'>
  refusedByLimits: Pick<RefusedByLimits, 'add'>
  /** What raises spend alerts. It never fails. */
  alerts: { look: (spender: Spender) => Promise<void> }
  webhooks: WebhookDesk
}

/** A thread's channel. */
export type LedgerChannel = {
  /** The thread's end, to be transferred to it: see `farLedger`. */
  port: MessagePort
  /** Resolves when the thread has closed its end, or died, and all that it had told is in the ledger. */
  ended: Promise<void>
}

type Line = { port: MessagePort; origins: Bounded<number, Origin> }

/** The ledger, as threads reach it that are not its own: it is the one writer of what all of them tell. */
export class LedgerServer {
  readonly #ledger: ServedLedger
  readonly #lines = new Set<Line>()

  constructor(ledger: ServedLedger) {
    this.#ledger = ledger
  }

  /** A channel for another thread. */
  line(): LedgerChannel {
    const { port1, port2 } = new MessageChannel()
    const line = { port: port1, origins: new Bounded<number, Origin>(ORIGINS) }
    const ended = Promise.withResolvers<void>()
    this.#lines.add(line)
    port1.on('message', (message: FromThread) => this.#hear(line, message))
    port1.once('close', () => {
      this.#lines.delete(line)
      ended.resolve()
    })
    return { port: port2, ended: ended.promise }
  }

  #hear(line: Line, message: FromThread): void {
    if ('ask' in message) void this.#answer(line, message)
    else this.#take(line, message)
  }

  #take(line: Line, told: Told): void {
    const { usage, owners, lastUsed, alerts, webhooks, refusedByLimits } = this.#ledger
    if (told.say === 'claim') owners.claim(told.owned, originOf(line, told))
    else if (told.say === 'end') owners.end(told.owned, told)
    else if (told.say === 'look') void alerts.look(told.spender)
    else if (told.say === 'limited') webhooks.limited(told.reached)
    else {
      usage.recordSums(told.rows)
      refusedByLimits.add(told.limited)
      for (const [keyId, use] of told.uses) lastUsed.touch(use.table, { ...use, keyId }, use.at)
      reply(line, { say: 'taken' })
    }
  }

  async #answer(line: Line, { say, id, ask }: Asked): Promise<void> {
    try {
      reply(line, { say: 'answer', id, answer: await this.#answerTo({ say, id, ask } as Asked) })
    } catch (error) {
      reply(line, { say: 'failed', id, failure: failureOf(error) })
    }
  }

  #answerTo({ say, ask }: Asked): Promise<unknown> {
    if (say === 'refused') return this.#ledger.refusals.record(ask.refusal, ask.now)
    if (say === 'webhooks') return this.#ledger.webhooks.ask(ask)
    this.#takeAll()
    const { owners } = this.#ledger
    if (say === 'find') return owners.find(ask.wanted, ask.asker)
    return say === 'keep' ? owners.keep(ask.kept, ask.owner) : owners.list(ask.asker, ask.asked)
  }

  /**
   * What one thread told before another asked lies on its port by now, but the loop may come to the other's first: so it is taken from
   * all before one is answered. Others who ask are answered in turns of their own, before which it is taken again.
   */
  #takeAll(): void {
    for (const line of this.#lines) {
      for (;;) {
        const waiting = receiveMessageOnPort(line.port) as { message: FromThread } | undefined
        if (waiting === undefined) break
        const { message } = waiting
        if ('ask' in message) setImmediate(() => this.#hear(line, message))
        else this.#take(line, message)
      }
    }
  }
}

/** One object for all claims of an origin: what is set in it later is set for all that are not written yet. */
function originOf({ origins }: Line, { number, origin }: Extract<Told, { say: 'claim' }>): Origin {
  const known = origins.get(number)
  if (known === undefined) {
    origins.set(number, origin)
    return origin
  }
  known.responseId ??= origin.responseId
  known.conversationId ??= origin.conversationId
  return known
}

/** To a thread that has died nothing is said, and nothing comes of it. */
const reply = ({ port }: Line, message: FromLedger) => port.postMessage(message)

function failureOf(error: unknown): Failure {
  const { message, code, errcode } = error as Failure
  return { message, code, errcode }
}
