import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { databases } from '../../support/databases.ts'
import { withoutRedis } from '../../support/redis.ts'
import { answered, type Make, openRig, PROJECT } from './rig.ts'

const makes: readonly Make[] = ['memory', 'shared', 'redis']
const cents = (count: number) => count * 10_000_000

for (const database of databases) {
  describe(`${database}: what is enqueued`, () => {
    test('is at most what the limits allow, of two nodes that let in as many as they can at once', async () => {
      await using rig = await openRig(database, 'memory', { organizationLimit: 100, projectLimit: 70 })
      const ids = Array.from({ length: 12 }, (_, i) => `batch_${i}`)
      for (const id of ids) await rig.batch(id)
      const answers = await Promise.all(
        ids.map((id, i) => rig.nodes[i % 2]?.admit(id, [[10, 1]], i < 10 ? PROJECT : 'proj_b')),
      )
      assert.equal(answers.filter((answer) => answer === null).length, 9)
      const held = await rig.held()
      assert.equal(held['tokens/org-a/proj_a/m1/batch_1_day_max_input_tokens'], 70)
      assert.equal(held['tokens/org-a/model/m1/batch_1_day_max_input_tokens'], 90)
      const refused = answers.find((answer) => answer !== null)
      assert.equal(
        refused,
        'token_limit_exceeded: Enqueued token limit reached for m1 in project proj_a organization org-a. Limit: 70 enqueued tokens. Enqueued: 70, requested: 10. Please try again once some in_progress batches have been completed.',
      )
    })

    test('counts in what its models share, and comes back at once when a batch has ended, also where that is said twice', async () => {
      await using rig = await openRig(database, 'memory', { organizationLimit: 1000, pool: 'all' })
      const [node] = rig.nodes
      await rig.batch('batch_1')
      await rig.batch('batch_2')
      assert.equal(
        await node?.admit('batch_1', [
          [600, 0],
          [100, 0],
        ]),
        null,
      )
      assert.match(
        String(await node?.admit('batch_2', [[301, 0]])),
        /^token_limit_exceeded: Enqueued token limit reached for m1 \(for limit all\) in organization org-a\. Limit: 1,000 enqueued tokens\. Enqueued: 700, requested: 301\./,
      )
      // What was let in before a crash is let in.
      assert.equal(await node?.admit('batch_1', [[700, 0]]), null)
      assert.equal((await rig.held())['tokens/org-a/pool/all/batch_1_day_max_input_tokens'], 700)
      await node?.release('batch_1')
      await node?.release('batch_1')
      assert.deepEqual(await rig.held(), {})
      assert.equal(await node?.admit('batch_2', [[301, 0]]), null)
      assert.match(String(await rig.nodes[1]?.admit(await rig.batch('batch_3'), [[1001, 0]])), /alone/)
    })
  })

  for (const make of makes) {
    const skip = make === 'redis' && withoutRedis
    describe(`${database}, counted in ${make}: the money of a batch`, { skip }, () => {
      test('is held while it runs, on every node and after a restart, and comes back when it has ended', async () => {
        await using rig = await openRig(database, make, { cents: 100 })
        const [one, two] = rig.nodes
        assert.ok(one && two)
        for (const node of [one, two]) await node.counters.load({ organizationId: 'org-a', projectId: PROJECT })
        assert.equal(await one.live(100), 'let in')
        await rig.batch('batch_1')
        // At half a cent a token, 60 cents.
        assert.equal(
          await one.admit('batch_1', [
            [50, 20],
            [30, 20],
          ]),
          null,
        )
        for (const node of [one, two, await rig.another()]) {
          await node.counters.load({ organizationId: 'org-a', projectId: PROJECT }, true)
          assert.equal(await node.live(40), 'let in')
          assert.equal(await node.live(41), 'project_spend_limit_exceeded')
        }
        await rig.batch('batch_2')
        assert.match(
          String(await two.admit('batch_2', [[82, 0]])),
          /^project_spend_limit_exceeded: You exceeded the spend limit of project proj_a: \$1\.00 .*can cost up to \$0\.41/,
        )
        assert.equal(await two.admit('batch_2', [[80, 0]]), null)
        assert.equal(await two.live(1), 'project_spend_limit_exceeded')
        await two.release('batch_1')
        assert.equal(await two.live(60), 'let in')
        assert.equal(await two.live(61), 'project_spend_limit_exceeded')
        assert.deepEqual(await rig.held(), {
          'money/': cents(40),
          'money/proj_a': cents(40),
          'tokens/org-a/model/m1/batch_1_day_max_input_tokens': 80,
          'tokens/org-a/proj_a/m1/batch_1_day_max_input_tokens': 80,
        })
      })

      if (make === 'redis')
        test('is held by a Redis that has lost all it had', async () => {
          await using rig = await openRig(database, make, { cents: 100 })
          const [one, two] = rig.nodes
          assert.ok(one && two)
          await rig.batch('batch_1')
          assert.equal(await one.admit('batch_1', [[120, 0]]), null)
          rig.redis?.cli('flushall')
          assert.equal(await two.live(41), 'project_spend_limit_exceeded')
          assert.equal(await two.live(40), 'let in')
        })

      test('becomes what its lines have cost, each once, wherever settling ends in between; the rest is held until the end', async () => {
        await using rig = await openRig(database, make, { cents: 100 })
        const [one, two] = rig.nodes
        assert.ok(one && two)
        await rig.batch('batch_1')
        assert.equal(
          await one.admit(
            'batch_1',
            Array.from({ length: 10 }, () => [10, 10]),
          ),
          null,
        )
        const lines = Array.from({ length: 4 }, () => answered(4, 2))
        assert.equal(await one.settle('batch_1', lines, 0), true)
        // Who stood still while another took over has read the same lines.
        assert.equal(await two.settle('batch_1', lines, 0), false)
        const failed = { status: 500, body: { error: { message: 'no' } } }
        assert.equal(await two.settle('batch_1', [failed, { status: null, body: null }, answered(4, 2)], 4), true)
        // No line can have used more than the largest may.
        assert.equal(await one.settle('batch_1', [answered(1000, 0)], 7), true)
        const spent = await rig.db
          .selectFrom('usage_rollup')
          .select(({ fn }) => [
            fn.sum<number>('amount_nano').as('nano'),
            fn.sum<number>('num_model_requests').as('calls'),
          ])
          .where('organization_id', '=', 'org-a')
          .where('grain', '=', 60)
          .where('batch', '=', 1)
          .executeTakeFirstOrThrow()
        assert.deepEqual([Number(spent.nano), Number(spent.calls)], [cents(20), 6])
        assert.equal((await rig.held())['money/'], cents(80))
        for (const node of [one, two]) {
          await node.counters.load({ organizationId: 'org-a', projectId: PROJECT }, true)
          assert.equal(await node.live(1), 'project_spend_limit_exceeded')
        }
        await one.release('batch_1')
        assert.equal(await one.live(80), 'let in')
        assert.equal(await one.live(81), 'project_spend_limit_exceeded')
        await two.counters.load({ organizationId: 'org-a', projectId: PROJECT }, true)
        assert.equal(await two.live(81), 'project_spend_limit_exceeded')
        assert.equal(await two.live(80), 'let in')
      })
    })
  }
}
