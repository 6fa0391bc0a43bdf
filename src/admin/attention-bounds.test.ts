import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { newOrganization } from '../../test/contract/organizations.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { NANOS_PER_CENT } from '../core/money.ts'
import { monthOf } from '../core/month.ts'
import { MAX_CENTS } from '../core/policy.ts'
import { addSpend } from '../db/spend.ts'
import { MOST } from './attention-item.ts'
import { spendNearLimits } from './attention-spend.ts'
import { sifted } from './sifted.ts'

/** A project's limit, or none; what it has spent beyond four fifths of it, in nano-dollars, or nothing at all. */
const project = fc.record({
  cents: fc.constantFrom(null, 1, 7, 100, MAX_CENTS),
  beyond: fc.constantFrom(null, -1n, 0n, 1n, 100n * NANOS_PER_CENT),
  archived: fc.boolean(),
})
const lookedAt = fc.record({ atOnce: fc.integer({ min: 1, max: 8 }), most: fc.integer({ min: 1, max: 40 }) })

for (const database of databases) {
  describe(`limits of money near their end on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())
    const now = 1_790_553_600
    const month = monthOf(now * 1000).name

    test('are found whatever is looked at with one statement, as far as is looked, and what is left out is said', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(project, { maxLength: 50 }), lookedAt, async (projects, bounds) => {
          const { id: organization_id } = await newOrganization(app)
          const made = projects.map((one, i) => ({
            ...one,
            id: `proj_${organization_id.slice(-12)}${String(i).padStart(12, '0')}`,
            spent: one.beyond === null ? null : BigInt(one.cents ?? 1) * ((NANOS_PER_CENT * 4n) / 5n) + one.beyond,
          }))
          for (const { id, archived, cents, spent } of made) {
            const row = { id, organization_id, name: id, created_at: 1, archived_at: archived ? 1 : null }
            await app.db.insertInto('project').values(row).execute()
            const policy = { organization_id, project_id: id, spend_limit_cents: cents }
            await app.db.insertInto('project_policy').values(policy).execute()
            const total = { organization_id, project_id: id, month, amount_nano: spent ?? 0n }
            if (spent !== null && spent > 0n) await addSpend(app.db, [total])
          }
          const limited = made.filter(({ cents }) => cents !== null)
          const seen = Math.ceil(bounds.most / bounds.atOnce) * bounds.atOnce
          const near = limited.slice(0, seen).filter(({ beyond, archived }) => (beyond ?? -1n) >= 0n && !archived)
          const { items, cut } = await spendNearLimits(
            { db: app.db, now, isLeft: () => false },
            organization_id,
            bounds,
          )
          const told = items.map(({ subject }) => subject.id)
          assert.deepEqual(told.slice(0, MOST), near.map(({ id }) => id).slice(0, MOST))
          assert.equal(cut || told.length > MOST, near.length > MOST || limited.length > seen)
        }),
        { numRuns: 25 },
      )
    })

    test('are looked for no further when the client has left', async () => {
      const { id } = await newOrganization(app)
      const asked = spendNearLimits({ db: app.db, now, isLeft: () => true }, id)
      await assert.rejects(asked, /The client left/)
    })
  })
}

test('a list is looked through no further when its client has left, and to its end by whoever stays', async () => {
  const ids = Array.from({ length: 5000 }, (_, i) => ({ id: String(i).padStart(4, '0') }))
  const look = async (leavesAfter: number) => {
    let windows = 0
    const window = async ({ limit, after = '' }: { limit: number; after?: string | undefined }) => {
      windows++
      return ids.filter(({ id }) => id > after).slice(0, limit + 1)
    }
    const rows = sifted(
      () => windows >= leavesAfter,
      { limit: 20 },
      window,
      ({ id }) => id === '4321',
    )
    return { found: await rows.catch(({ message }) => message), windows }
  }
  assert.deepEqual(await look(2), { found: 'The client left before it was answered.', windows: 2 })
  const { found } = await look(Number.POSITIVE_INFINITY)
  assert.deepEqual(found, [{ id: '4321' }])
})
