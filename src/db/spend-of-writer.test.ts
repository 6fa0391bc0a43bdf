import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases, openTestDatabase } from '../../test/support/databases.ts'
import { migrate } from './migrate.ts'
import { openDb } from './open.ts'
import { findSpentBy, forgetSomeSpendOf, forgetSpendOfWriter, spendOfWriter } from './spend-of-writer.ts'
import { recordUsageOnce } from './usage-batch.ts'

const november = Date.UTC(2026, 10, 1) / 1000
const MOST = Number.MAX_SAFE_INTEGER

const cost = (organization_id: string, project_id: string, amount_nano: number, at = november) => ({
  ...{ organization_id, project_id, at, amount_nano },
  kind: 'costs' as const,
})

for (const kind of databases) {
  test(`${kind}: of what was spent it is known who has brought it, exactly and once, and for as long as somebody may have to tell it`, async () => {
    await using own = await openTestDatabase(kind)
    const db = await openDb(own.url)
    try {
      await migrate(db)
      const write = (writer: string, batch: number, costs: ReturnType<typeof cost>[], byWriter = true) =>
        recordUsageOnce(db, { writer, batch, at: batch, byWriter }, costs)
      await write('before', 1, [cost('org-a', 'proj_1', 4)], false)
      await write('first', 1, [cost('org-a', 'proj_1', MOST), cost('org-a', 'proj_2', 1)])
      await write('first', 2, [cost('org-a', 'proj_1', MOST), cost('org-b', 'proj_3', 7)])
      // Whoever lost the connection asks again.
      await write('first', 2, [cost('org-a', 'proj_1', MOST), cost('org-b', 'proj_3', 7)])
      await write('second', 9, [cost('org-a', 'proj_1', 5), cost('org-a', 'proj_1', 6, november - 1)])

      const by = async (organizationId: string, month = '2026-11') => {
        const rows = await findSpentBy(db, organizationId, ['', 'proj_1', 'proj_2', 'proj_3'], month)
        const text = rows.map(({ projectId, writer, nano }) => `${projectId} ${writer ?? 'all'} ${nano}`)
        return text.sort()
      }
      const most = 2n * BigInt(MOST)
      const second = [' second 5', 'proj_1 second 5']
      const totals = [` all ${most + 10n}`, `proj_1 all ${most + 9n}`, 'proj_2 all 1']
      const first = [` first ${most + 1n}`, `proj_1 first ${most}`, 'proj_2 first 1']
      assert.deepEqual(await by('org-a'), [...totals, ...first, ...second].sort())
      assert.deepEqual(await by('org-a', '2026-10'), [' all 6', ' second 6', 'proj_1 all 6', 'proj_1 second 6'])
      assert.deepEqual(await by('org-b'), [' all 7', ' first 7', 'proj_3 all 7', 'proj_3 first 7'])

      const all = await spendOfWriter(db, 'first')
      assert.deepEqual(
        all
          .map(({ organization_id, project_id, amount_nano }) => `${organization_id} ${project_id} ${amount_nano}`)
          .sort(),
        [`org-a  ${most + 1n}`, `org-a proj_1 ${most}`, 'org-a proj_2 1', 'org-b  7', 'org-b proj_3 7'],
      )
      await forgetSpendOfWriter(db, 'first', { organization_id: 'org-a', project_id: 'proj_1', month: '2026-11' })
      assert.deepEqual(await by('org-a'), [...totals, 'proj_2 first 1', ...second].sort())
      assert.deepEqual(await by('org-b'), [' all 7', ' first 7', 'proj_3 all 7', 'proj_3 first 7'])

      assert.equal(await forgetSomeSpendOf(db, 'first'), false)
      assert.deepEqual(await by('org-b'), [' all 7', 'proj_3 all 7'])
      assert.deepEqual(await by('org-a'), [...totals, ...second].sort())
    } finally {
      await db.destroy()
    }
  })
}
