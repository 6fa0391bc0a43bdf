import { randomUUID } from 'node:crypto'
import { type CatalogueModel, offeredInBatches, type Price, plainModel } from '../../../src/core/catalogue.ts'
import { migrate } from '../../../src/db/migrate.ts'
import { openDb } from '../../../src/db/open.ts'
import type { Db } from '../../../src/db/tables.ts'
import { inTransaction } from '../../../src/db/transaction.ts'
import { BatchCharge } from '../../../src/gateway/batches/charge.ts'
import { admitBatch, releaseBatch } from '../../../src/gateway/batches/money.ts'
import type { ReplyLine } from '../../../src/gateway/batches/reply.ts'
import { settleLines } from '../../../src/gateway/batches/settle.ts'
import type { Asked } from '../../../src/gateway/call.ts'
import { NO_CAPS } from '../../../src/gateway/caps.ts'
import type { GateCounters } from '../../../src/gateway/counters/make.ts'
import { MemoryCounters } from '../../../src/gateway/counters/memory.ts'
import { RedisCounters } from '../../../src/gateway/counters/redis/counters.ts'
import { databaseSource } from '../../../src/gateway/counters/redis/database.ts'
import { SharedCounters } from '../../../src/gateway/counters/shared/counters.ts'
import { createSharedMemory } from '../../../src/gateway/counters/shared/memory.ts'
import { takeAll } from '../../../src/gateway/counters/take.ts'
import { MemoryLimiter } from '../../../src/gateway/limits/memory.ts'
import { TokenCounter } from '../../../src/gateway/observe/token-counter.ts'
import { routeOf } from '../../../src/gateway/routes/match.ts'
import { chargeOf } from '../../../src/gateway/rules/apply.ts'
import type { ProjectRules } from '../../../src/gateway/rules/index.ts'
import { Accounts } from '../../../src/gateway/spend/accounts.ts'
import { MemoryMoney } from '../../../src/gateway/spend/memory.ts'
import { readingSpent } from '../../../src/gateway/spend/reading.ts'
import { Reserving } from '../../../src/gateway/spend/to-reserve.ts'
import { NO_WORST } from '../../../src/gateway/use.ts'
import { type DatabaseKind, openTestDatabase } from '../../support/databases.ts'
import { connectedRedis, startRedis } from '../../support/redis.ts'
import { guard } from '../counting.ts'
import { OPEN } from '../judging.ts'

/** What counts: in a process, in threads of one, or in Redis. Of each there are two, which know each other by what they count in alone. */
export type Make = 'memory' | 'shared' | 'redis'

/** A token costs a cent, and in batches half of one. */
const CENT_EACH: Price = { input: 10_000_000_000_000, cachedInput: 10_000_000_000_000, output: 10_000_000_000_000 }
const HALF: Price = { input: 5_000_000_000_000, cachedInput: 5_000_000_000_000, output: 5_000_000_000_000 }

const ORGANIZATION = 'org-a'
export const PROJECT = 'proj_a'

export type RigOptions = { organizationLimit?: number; projectLimit?: number; cents?: number | null; pool?: string }

/** Nodes with the money of batches on one database, without the rest of a server. */
export async function openRig(kind: DatabaseKind, make: Make, options: RigOptions = {}) {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await openTestDatabase(kind))
  const redis = make === 'redis' ? stack.use(await startRedis()) : null
  /** What is opened later, too. */
  const used = stack.use(new AsyncDisposableStack())
  const open = async () => {
    const db = await openDb(database.url)
    used.defer(() => db.destroy())
    return db
  }
  const db = await open()
  await migrate(db)
  const dbs = [db, await open()]
  const memory = createSharedMemory({ threads: 2, windows: 64, accounts: 64 })
  const now = () => Date.now()
  const countersOf = async (db: Db, index: number): Promise<GateCounters> => {
    if (make === 'shared') return new SharedCounters(memory, { index, readSpent: readingSpent(db, now) })
    if (redis === null)
      return new MemoryCounters(new MemoryLimiter({}), new MemoryMoney(new Accounts(now), readingSpent(db, now)))
    const connection = used.use(await connectedRedis({ config: redis.config, log: { info() {}, warn() {} } }))
    const source = databaseSource({ db, writer: randomUUID(), now })
    return used.use(
      new RedisCounters({
        ...{ redis: connection, prefix: 'rig', source, now, failed: () => {} },
        options: { gatherMs: 100, beatMs: 50, denyMs: 0 },
      }),
    )
  }
  const models = modelsOf(options)
  const { projectLimit } = options
  const limits = new Map(projectLimit === undefined ? [] : [['m1', { batch_1_day_max_input_tokens: projectLimit }]])
  const rulesOf = (projectId: string, cents = options.cents ?? null): ProjectRules => ({
    ...OPEN,
    ...{ organizationId: ORGANIZATION, projectId, limits, spendLimits: { project: cents, organization: null } },
  })
  const rig = {
    db,
    redis,
    rulesOf,
    nodes: await Promise.all(dbs.map(async (db, index) => nodeOf(db, await countersOf(db, index)))),
    /** Another node, as this one is after a restart. */
    another: async (index = 0) => nodeOf(db, await countersOf(db, index)),
  }
  function nodeOf(db: Db, counters: GateCounters) {
    const { guarded } = guard(counters)
    const gate = {
      ...{ counters: guarded, catalogue: { current: models }, reserving: new Reserving({ warn() {} }), now },
      ...{ tokens: new TokenCounter(), countExcess: { cost: () => {}, tokens: () => {} }, failures: { exceeded() {} } },
    }
    const read = (spender: { organizationId: string; projectId: string }) => counters.load(spender, true)
    const parts = { db, gate: gate as never, read, byWriter: make === 'redis' }
    return {
      counters,
      /** Lets a batch in. @param lines tokens of input of each, and of output @returns the code that it fails with, or none */
      async admit(batchId: string, lines: readonly Line[], projectId = PROJECT): Promise<string | null> {
        const rules = rulesOf(projectId)
        const charge = new BatchCharge(rules, gate as never, now())
        for (const line of lines) charge.add(askedOf(line, models))
        const needed = charge.needed
        if (needed === null) throw new Error('a batch without lines')
        const refusal = await admitBatch(parts, { organizationId: ORGANIZATION, batchId }, rules, needed)
        return refusal && `${refusal.code}: ${refusal.message}`
      },
      async release(batchId: string, projectId = PROJECT): Promise<void> {
        await inTransaction(db, (tx) => releaseBatch(tx, { organizationId: ORGANIZATION, batchId }))
        await read({ organizationId: ORGANIZATION, projectId })
      },
      /** Settles lines of an output file, of which some are settled. @returns whether it was done by this */
      async settle(batchId: string, lines: readonly ReplyLine[], from: number, projectId = PROJECT): Promise<boolean> {
        const owner = { organizationId: ORGANIZATION, projectId, keyId: 'key_a', userId: 'user-a' }
        const batch = { organizationId: ORGANIZATION, batchId, upstream: 'a', owner, route, shown: null }
        const place = (settled_output: number) => ({ settled_output, settled_error: 0 })
        const settled = await settleLines(parts, batch, lines, place(from), place(from + lines.length))
        await read({ organizationId: ORGANIZATION, projectId })
        return settled
      },
      /** Whether a live call that can cost so many cents is let in; what it took it gives back. */
      async live(cents: number, projectId = PROJECT): Promise<string> {
        const rules = rulesOf(projectId)
        const asked = askedOf([0, cents], models)
        const wanted = { ...asked, limitedAs: asked.model, paidAs: asked.model, at: now() }
        const held = await takeAll(guarded, chargeOf(rules, gate as never, wanted))
        if ('code' in held) return `${held.code}`
        held.settle({}, 0)
        return 'let in'
      },
    }
  }
  const rest = stack.move()
  return {
    ...rig,
    /** A batch that is there and holds nothing. */
    async batch(id: string, project_id = PROJECT) {
      await db
        .insertInto('batch')
        .values({
          ...{ id, organization_id: ORGANIZATION, project_id, key_id: 'key_a', user_id: 'user-a', runner: 'upstream' },
          ...{ endpoint: '/v1/chat/completions', completion_window: '24h', input_file_id: 'file-a' },
          ...{ status: 'validating', made_at: 1, created_at: 1, request_total: 0, request_completed: 0 },
          ...{ request_failed: 0, enqueued_tokens: 0, reserved_nano: 0, settled_output: 0, settled_error: 0 },
        })
        .execute()
      return id
    },
    /** What all batches together hold, by whom and of what. */
    async held() {
      const rows = await db
        .selectFrom('batch_held')
        .select(['what'])
        .select((eb) => eb.cast<number>(eb.ref('amount'), 'bigint').as('amount'))
        .where('organization_id', '=', ORGANIZATION)
        .execute()
      return Object.fromEntries(rows.filter(({ amount }) => amount !== 0).map(({ what, amount }) => [what, amount]))
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

export type Rig = Awaited<ReturnType<typeof openRig>>

/** Tokens of input and of output. */
export type Line = readonly [input: number, output: number]

function modelsOf({ organizationLimit, pool }: RigOptions): Map<string, CatalogueModel> {
  const organizationLimits = organizationLimit === undefined ? {} : { batch_1_day_max_input_tokens: organizationLimit }
  const model = {
    ...{ ...plainModel('m1', ['a']), price: CENT_EACH, batchPrice: HALF, organizationLimits },
    ...{ sharedPool: pool ?? null },
  }
  return new Map([['m1', offeredInBatches(model, new Set(['a']))]])
}

function askedOf(
  [input, output]: Line,
  models: Map<string, CatalogueModel>,
): Pick<Asked, 'model' | 'within' | 'worst' | 'caps'> {
  return {
    model: models.get('m1') ?? null,
    within: [],
    worst: { ...NO_WORST, inputTokens: input, boundTokens: input, outputTokens: output },
    caps: { ...NO_CAPS, inputTokens: input, outputTokens: output },
  }
}

const route = routeOf('POST', '/v1/chat/completions')

/** A line of an output file. */
export const answered = (prompt_tokens: number, completion_tokens: number): ReplyLine => ({
  status: 200,
  body: {
    ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'm1' },
    choices: [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }],
    usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
  },
})
