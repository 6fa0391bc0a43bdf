import type { Worker } from 'node:worker_threads'
import { hashSecret, mintKey } from '../../src/core/key.ts'
import type { FromThread, ToThread } from '../../src/thread/words.ts'
import { CHAT, question } from '../gateway/gate.ts'
import { Wire } from '../gateway/wire.ts'
import { openTestDatabase } from '../support/databases.ts'
import { startTestApp } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { startSlowLine } from '../support/slow-line.ts'
import { until } from '../support/until.ts'
import { THREADS } from './served.ts'

/** A key of the right form that nobody has. */
export const strange = () => mintKey('service_account').value

const body = JSON.stringify({ ...question, model: 'echo' })
export const callOf = (key: string) =>
  `POST ${CHAT} HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`

/** The status of a call with this key, on one connection. */
export async function statusOn(wire: Wire, key: string): Promise<number> {
  await wire.send(callOf(key))
  return (await wire.reply()).status
}

type Crossing = { thread: number; hashes: readonly string[] }

/** What threads ask each other about keys, by way of the machine, as it crosses. */
function watchQuestions() {
  /** What threads ask, and what they are asked. */
  const seen = { by: [] as Crossing[], of: [] as Crossing[] }
  let held: { hash: string; waiting: (() => void)[] } | null = null
  const started = (worker: Worker, thread: number) => {
    worker.on('message', (message: FromThread) => {
      if (message.what === 'who knows') seen.by.push({ thread, hashes: message.hashes })
    })
    const post = worker.postMessage.bind(worker)
    worker.postMessage = (message: ToThread) => {
      if (message !== 'stop' && 'ask' in message && message.ask === 'known') {
        seen.of.push({ thread, hashes: (message.brought[0] ?? []) as readonly string[] })
      }
      const asked = message !== 'stop' && 'asked' in message ? message.asked : []
      if (held !== null && asked.includes(held.hash)) held.waiting.push(() => post(message))
      else post(message)
    }
  }
  return {
    ...{ seen, started },
    /** Has answers about a key wait on their way to whoever asked. */
    hold(key: string) {
      const waiting: (() => void)[] = []
      held = { hash: hashSecret(key), waiting }
      return {
        count: () => waiting.length,
        release() {
          held = null
          for (const go of waiting) go()
        },
      }
    },
  }
}

/** Two threads over a database that a test can take away, and two connections to each of them. */
export async function startAsking(env: Record<string, string> = {}) {
  await using stack = new AsyncDisposableStack()
  const { url } = stack.use(await openTestDatabase('postgres'))
  const line = stack.use(await startSlowLine(url))
  // Of a database that tells of no changes itself nothing is heard late.
  const database = { distributed: true }
  const file = stack.use(await modelsFile(['echo'], { serve_known_keys_seconds: 60, database }))
  const { started, ...questions } = watchQuestions()
  const app = stack.use(
    await startTestApp({
      databaseUrl: line.over(url),
      env: { GATEHOUSE_CONFIG: file.path, GATEHOUSE_WORKERS: String(THREADS), ...env },
      threads: { started },
    }),
  )
  const standing = async () => (await app.send('GET', '/readyz', { key: null })).body
  // Whose a connection is shows in who asks about a strange key that came over it.
  const wires: [Wire, Wire][] = []
  await line.become({ kind: 'refuse' })
  const found: Wire[][] = Array.from({ length: THREADS }, () => [])
  while (wires.length < THREADS) {
    const wire = stack.use(await Wire.open(app.url))
    await statusOn(wire, strange())
    found[questions.seen.by.at(-1)?.thread ?? -1]?.push(wire)
    const pairs = found.flatMap(([one, other]) => (one && other ? [[one, other] as [Wire, Wire]] : []))
    if (pairs.length === THREADS) wires.push(...pairs)
  }
  await line.become({ kind: 'pass' })
  await until(async () => (await standing()).status === 'ready', 'the database is there again')
  const rest = stack.move()
  /** Takes the database away, and returns when every thread knows it. */
  const takeAway = async () => {
    await line.become({ kind: 'refuse' })
    await until(async () => (await standing()).database === 'degraded', 'it is away')
  }
  return { app, takeAway, wires, ...questions, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}
