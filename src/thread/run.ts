import type { MessagePort } from 'node:worker_threads'
import pino, { type Logger } from 'pino'
import { Counts } from '../core/counts.ts'
import { timesCome } from '../core/dependency.ts'
import { idSource } from '../core/id.ts'
import { giveUpHeld } from '../db/held.ts'
import { openGateDb, openReadingDb } from '../db/open.ts'
import { clockOf } from './clock.ts'
import { databaseFrom, seenBy } from './database.ts'
import { forwardedTo } from './forward.ts'
import { openLines } from './lines.ts'
import { Others } from './others.ts'
import type { ThreadStart } from './start.ts'
import { openThread } from './thread.ts'
import type { Answer, Brought, FromThread, Question, ToThread } from './words.ts'

/** Milliseconds between two times that a thread hands over what it has counted, where nobody asks. */
const COUNTED_MS = 1000

/**
 * Serves in this thread, as part of a machine that is in another, until it is told to stop.
 * @param port the channel to the machine
 * @throws Error where it cannot listen
 */
export async function runThread(start: ThreadStart, port: MessagePort): Promise<void> {
  // Nothing else may be open while it waits for what is away: a thread with nothing open ends.
  port.ref()
  const say = (message: FromThread) => port.postMessage(message)
  const log = openThreadLog(start, (lines) => say({ what: 'log', lines }))
  const { config } = start
  const metrics = new Counts()
  const now = clockOf(start.aheadSeconds)
  const newId = idSource(now)
  const availability = databaseFrom(start, () => say({ what: 'doubt' }))
  const seeing = seenBy(metrics, availability)
  await using stack = new AsyncDisposableStack()
  const { database } = config
  const db = await openReadingDb(config.databaseUrl, { ...seeing, database, ...start.database })
  stack.defer(() => db.destroy())
  const gateDb = openGateDb(config.databaseUrl, db, seeing)
  if (gateDb !== db) stack.defer(() => gateDb.destroy())
  const lines = stack.use(await openLines(start, { db, now, log, metrics, say }))
  let come = timesCome(start.database.flag)
  // What hung on the database in an outage may never be answered. That anything may have changed is told for other reasons too.
  lines.changed.subscribe((scope) => {
    if (scope !== null || come === timesCome(start.database.flag)) return
    come = timesCome(start.database.flag)
    giveUpHeld(db)
  })
  const others = new Others(say)
  const parts = {
    ...{ db, now, newId, log, metrics, seeing, availability, others: others.ask },
    ...lines,
    ...{ gateDb, worksInBackground: start.index === 0 },
  }
  const thread = stack.use(await openThread(config, parts))
  const forward = forwardedTo(start.machine, newId)
  const admin = config.doors.includes('admin') ? forward : null
  await thread.listen({ admin, operations: forward, async [Symbol.asyncDispose]() {} }, start.port)
  const { stopped } = answering(port, say, { others, answers: answersOf(thread, metrics, lines.look) })
  say({ what: 'listening', url: thread.url() })
  const counting = setInterval(() => handOver(metrics, say), COUNTED_MS).unref()
  await stopped
  await stack.disposeAsync()
  clearInterval(counting)
  handOver(metrics, say)
  // What is left open belongs to nobody: the machine waits for this thread's end.
  process.exit(0)
}

function openThreadLog({ index, logLevel }: ThreadStart, write: (lines: string) => void): Logger {
  const log = pino({ level: logLevel, base: { thread: index } }, { write })
  process.removeAllListeners('warning').on('warning', (err) => log.warn({ err }, 'a warning of Node'))
  return log
}

type AnswersTo = { [Q in Question]: (...brought: Brought<Q>) => Promise<Answer<Q>> }

const answersOf = (
  thread: Awaited<ReturnType<typeof openThread>>,
  metrics: Counts,
  look: () => Promise<void>,
): AnswersTo => ({
  reported: async () => ({ readings: metrics.readings(), counted: metrics.take() }),
  models: thread.models,
  modelLists: thread.modelLists,
  inFlight: thread.inFlight,
  levels: thread.levels,
  look: () => look().then(() => null),
  known: async (hashes) => thread.known(hashes),
})

/** Answers the machine's questions. @returns what resolves when it says stop */
function answering(
  port: MessagePort,
  say: (message: FromThread) => void,
  { others, answers }: { others: Others; answers: AnswersTo },
): { stopped: Promise<void> } {
  const stopped = Promise.withResolvers<void>()
  port.on('message', (message: ToThread) => {
    if (message === 'stop') return stopped.resolve()
    if (!('ask' in message)) return others.hear(message.asked, message.known)
    const { ask, id, brought } = message
    // Whoever asked has brought what the question needs, or it would not compile there.
    const answered = answers[ask] as (...brought: Brought<Question>) => Promise<Answer<Question>>
    // None of them fails.
    void answered(...brought).then((answer) => say({ what: 'answer', id, answer }))
  })
  return { stopped: stopped.promise }
}

function handOver(metrics: Counts, say: (message: FromThread) => void) {
  const counted = metrics.take()
  if (counted.length > 0) say({ what: 'counted', counted })
}
