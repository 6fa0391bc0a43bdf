import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { WrittenSpend } from './written.ts'

const account = { organizationId: 'org-a', projectId: 'proj_a', month: '2025-11' }
const WRITER = 'this process'

test('what this process has written is what the database had of it, and nothing where that is not remembered any more', async () => {
  let now = 0
  const clock = mock.method(performance, 'now', () => now)
  try {
    const written = new WrittenSpend()
    const write = (batch: number, amount_nano: number) => {
      const name = { writer: WRITER, batch }
      written.flushing(name)
      const entry = {
        organization_id: 'org-a',
        project_id: 'proj_a',
        at: 1_764_400_000,
        kind: 'costs' as const,
        amount_nano,
      }
      written.flushed([entry], name)
    }
    write(1, 500)
    write(2, 30)
    for (const [seen, nano] of [
      [{}, 0n],
      [{ [WRITER]: 1 }, 500n],
      [{ [WRITER]: 2 }, 530n],
      [{ another: 9 }, 0n],
    ] as const) {
      assert.equal(await written.within(account, seen), nano)
    }
    now = 601_000
    write(3, 1)
    for (const [seen, nano] of [
      [{}, 0n],
      [{ [WRITER]: 1 }, 0n],
      [{ [WRITER]: 2 }, 530n],
      [{ [WRITER]: 3 }, 531n],
    ] as const) {
      assert.equal(await written.within(account, seen), nano)
    }
  } finally {
    clock.mock.restore()
  }
})
