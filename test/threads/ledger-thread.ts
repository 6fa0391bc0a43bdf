import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { Owned } from '../../src/core/owned.ts'
import { farLedger } from '../../src/ledger/across/far-ledger.ts'
import type { Told } from '../../src/ledger/across/messages.ts'
import type { Refusal } from '../../src/ledger/refusals.ts'
import { SIGNAL } from './signals.ts'

/*
 * A thread with a ledger that is far, which does what a test tells it. What both must see of each other at once, with no loop
 * in between, stands in memory that they share.
 */

const { port, signals } = workerData as { port: MessagePort; signals: Int32Array }

/** Counts the entries that were handed over, once they are. */
const post = port.postMessage.bind(port)
port.postMessage = (message: Told) => {
  post(message)
  if (message.say !== 'handed over') return
  for (const { count } of message.rows) Atomics.add(signals, SIGNAL.handedOver, count)
}

const ledger = farLedger(port, {
  log: { error() {} },
  metrics: { gauge() {}, count: (_name, _labels, by = 1) => void Atomics.add(signals, SIGNAL.lost, by) },
})

const entryOf = (minute: number) => ({
  kind: 'completions' as const,
  at: minute * 60,
  organization_id: 'org-1',
  project_id: 'proj_1',
  input_tokens: 1,
})

const origin = (projectId: string) => ({
  ...{ organizationId: 'org-1', projectId, upstream: 'main' },
  ...{ responseId: null as string | null, conversationId: null, isNew: true },
})

function record(minute: number): void {
  ledger.usage.record([entryOf(minute)])
  Atomics.add(signals, SIGNAL.recorded, 1)
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

function tell(place: number): void {
  Atomics.store(signals, place, 1)
  Atomics.notify(signals, place)
}

/** What a test can have done here. */
export const tasks = {
  /** So many entries, each in a minute of its own, in one turn of the loop; says so when it is done. */
  recordMany(count: number) {
    for (let i = 0; i < count; i++) record(i)
    tell(SIGNAL.go)
  },
  /** An entry, and with it an end of what is waiting. */
  async recordAndEnd(minutes: number[]) {
    for (const minute of minutes) record(minute)
    ledger.lastUsed.touch('project_api_key', { organizationId: 'org-1', keyId: 'key_1', userId: null }, 60)
    await ledger[Symbol.asyncDispose]()
  },
  /** So many entries, and an error that nobody catches before any of them is handed over. */
  recordAndThrow(count: number) {
    for (let i = 0; i < count; i++) record(i)
    setImmediate(() => {
      throw new Error('a failure that nobody catches')
    })
  },
  /** Whatever a gate does, without an end. */
  async everything(from: number) {
    for (let i = from; ; i++) {
      record(i % 1000)
      ledger.owners.claim({ kind: 'response', id: `resp_${i}` }, origin('proj_1'))
      if (i % 10 === 0) void ledger.owners.find([{ kind: 'response', id: `resp_${i}` }], null).catch(() => {})
      if (i % 50 === 0) ledger.owners.end({ kind: 'response', id: `resp_${i - 1}` }, { organizationId: 'org-1' })
      if (i % 5 === 0) await turn()
    }
  },
  /** Claims, and says so in the same turn. */
  claim({ owned, projectId }: { owned: Owned; projectId: string }) {
    ledger.owners.claim(owned, origin(projectId))
    tell(SIGNAL.go)
  },
  /** An item whose response is named only after it. */
  claimBefore({ item, response }: { item: string; response: string }) {
    const of = origin('proj_1')
    ledger.owners.claim({ kind: 'item', id: item }, of)
    of.responseId = response
    ledger.owners.claim({ kind: 'response', id: response }, of)
  },
  end(owned: Owned) {
    ledger.owners.end(owned, { organizationId: 'org-1' })
    tell(SIGNAL.go)
  },
  find: (owned: Owned) => ledger.owners.find([owned], null),
  /** Waits, with its loop, until another thread has said something, and asks in the same turn. */
  findAfter(owned: Owned) {
    Atomics.wait(signals, SIGNAL.go, 0)
    return ledger.owners.find([owned], null)
  },
  refuse: ({ refusal, now }: { refusal: Refusal; now: number }) => ledger.refusals.record(refusal, now),
}

export type Tasks = typeof tasks

parentPort?.on('message', async ({ id, task, ask }: { id: number; task: keyof Tasks; ask: never }) => {
  try {
    parentPort?.postMessage({ id, answer: await tasks[task](ask) })
  } catch (error) {
    const { message, code } = error as Error & { code?: string }
    parentPort?.postMessage({ id, failure: { message, code } })
  }
})
