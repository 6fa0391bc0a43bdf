import v8 from 'node:v8'
import vm from 'node:vm'
import { endpoints } from '../../src/admin/index.ts'
import { offers } from '../../src/core/offer.ts'
import { startAccount } from '../gateway/account/account.ts'
import { whole } from '../gateway/declared.ts'
import { startUpstream, until } from '../gateway/upstream.ts'
import type { DatabaseKind } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { seeded } from '../support/seeded.ts'
import { adminRequest } from './admin-requests.ts'
import { eventsSince, snapshot, unexplained } from './changes.ts'
import { gateRequest } from './gate-requests.ts'
import { learnOwned, strangeFlaw } from './owned.ts'
import { type Answer, Client, flawOf, inWords, type Request } from './request.ts'
import { hostileValues } from './values.ts'
import { learnFrom, newWorld, type World } from './world.ts'

export type FuzzOptions = { database: DatabaseKind; seed: number; requests: number; say?: (line: string) => void }
/** How many were answered with which status, and what was wrong: nothing where all is well. */
export type FuzzResult = { statuses: Record<string, number>; faults: string[]; grownMb: number }

/** Requests before there is another world: this one has been changed too much, and much of it is gone. */
const WORLD = 2500
/** Requests between two looks at what is stored. */
const BATCH = 250
const AT_ONCE = 24
/** The test's own worlds take some of it, and statements that PostgreSQL prepares. */
const MOST_GROWN_MB = 48
/** So many faults are told; more would say the same. */
const MOST_FAULTS = 25

/** Requests of every operation and every route, by every kind of key, and what must be true of each answer and of what is stored. */
export async function fuzz({ database, seed, requests, say = () => {} }: FuzzOptions): Promise<FuzzResult> {
  await using stack = new AsyncDisposableStack()
  const upstream = stack.use(await startUpstream())
  upstream.answer(whole)
  const account = stack.use(await startAccount({ models: ['m1'] }))
  const upstreams = {
    takes_all: { url: `${upstream.origin}/v1` },
    keeps: { url: account.url, key: account.key, offers },
  }
  const models = { m1: { upstreams: ['keeps'] }, m2: { upstreams: ['takes_all'] }, echo: { upstreams: ['takes_all'] } }
  const file = stack.use(await modelsFile(models, { upstreams }))
  // A file on its way is cut when its key is revoked, and so an answer that is not whole would be no fault.
  const env = { GATEHOUSE_CONFIG: file.path, GATEHOUSE_REVOKED_STREAMS: 'finish' }
  const app = stack.use(await startTestApp({ database, env }))
  const client = new Client(app.url)
  const hostile = hostileValues(seed)
  const result: FuzzResult = { statuses: {}, faults: [], grownMb: 0 }
  let [world, heap] = [await newWorld(app, account, false), 0]
  try {
    for (let from = 0; from < requests && result.faults.length < MOST_FAULTS; from += BATCH) {
      if (from > 0 && from % WORLD === 0) {
        // Who fails to sign in as often as here waits, and so does who is of the same network: by then that is over.
        app.advance(3600)
        world = await newWorld(app, account, true)
        say(`${from} requests: ${JSON.stringify(result.statuses)}, ${result.faults.length} faults`)
      }
      const batch = Array.from({ length: Math.min(BATCH, requests - from) }, (_, i) => {
        const chance = seeded(seed, from + i)
        const make = chance.next() < 0.6 ? adminRequest : gateRequest
        return make(world, from + i, chance, hostile)
      })
      // What is loaded and remembered once is there by now.
      if (heap === 0 && from >= requests / 4) heap = heapMb()
      await world.open()
      await runBatch({ app, client, world, batch, result })
      upstream.calls.length = 0
      account.requests.length = 0
    }
  } finally {
    client.close()
  }
  result.grownMb = heapMb() - heap
  if (result.grownMb > MOST_GROWN_MB)
    result.faults.push(`${result.grownMb} MB more are held than after a quarter of the requests`)
  return result
}

type Batch = { app: TestApp; client: Client; world: World; batch: Request[]; result: FuzzResult }

async function runBatch({ app, client, world, batch, result }: Batch): Promise<void> {
  const organizations = world.organizations
  const before = await snapshot(app, organizations)
  const { last } = await eventsSince(app, organizations, null)
  const answers = new Map<Request, Answer>()
  let next = 0
  const work = async () => {
    for (let request = batch[next++]; request; request = batch[next++]) {
      const answer = await client.send(request).catch((error: Error) => error)
      if (answer instanceof Error) {
        result.faults.push(`${answer.message}: ${inWords(request)}`)
        continue
      }
      answers.set(request, answer)
      result.statuses[answer.status] = (result.statuses[answer.status] ?? 0) + 1
      const flaw = flawOf(request, answer) ?? strangeFlaw(world.owned, request, answer)
      if (flaw !== null) result.faults.push(`${flaw}: ${inWords(request)}: ${answer.text.slice(0, 300)}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  // What a call leaves to be done is done: nothing of this batch changes the next one's.
  await until(async () => (await app.metric('gatehouse_requests_in_flight')) === 1, 'the end of all requests')
  const { events } = await eventsSince(app, organizations, last)
  for (const row of unexplained(before, await snapshot(app, organizations), events)) {
    result.faults.push(`requests ${batch[0]?.number} to ${batch.at(-1)?.number}: changed and not recorded: ${row}`)
  }
  for (const change of world.owned.changed())
    result.faults.push(`requests ${batch[0]?.number} to ${batch.at(-1)?.number}: ${change}`)
  // In the order of their numbers: what is asked next is the seed's matter alone.
  for (const request of batch) {
    const endpoint = endpoints.find(({ name }) => name === request.from)
    const answer = answers.get(request)
    if (answer?.status === 200 && !endpoint) learnOwned(world.owned, request, answer.text)
    if (endpoint && request.method === 'POST' && answer?.status === 200) learnFrom(world, endpoint, answer.text)
  }
}

/** Megabytes that are still held when all that nobody holds is gone. */
function heapMb(): number {
  v8.setFlagsFromString('--expose-gc')
  const collect = vm.runInNewContext('gc') as () => void
  collect()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 2 ** 20
}
