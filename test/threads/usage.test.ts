import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BufferedUsage } from '../../src/ledger/usage-buffer.ts'
import { newSignals, SIGNAL } from './signals.ts'
import { serverOf, startLedgerThread } from './threads.ts'

/** A ledger's usage that only adds up. */
function countUsage() {
  const sum = { entries: 0, tokens: 0, uses: 0, pieces: 0, longest: 0 }
  const usage = {
    recordSums(rows: readonly BufferedUsage[]) {
      sum.pieces++
      sum.longest = Math.max(sum.longest, rows.length)
      for (const { entry, count } of rows) {
        sum.entries += count
        sum.tokens += entry.input_tokens ?? 0
      }
    },
  }
  const lastUsed = { touch: () => void sum.uses++ }
  return { sum, server: serverOf({ usage, lastUsed }) }
}

test('what threads have used is added up there, and all of it is in the ledger when they end', async () => {
  const { sum, server } = countUsage()
  const threads = [1, 2].map(() => startLedgerThread(server, newSignals()))
  await Promise.all(threads.map((thread) => thread.run('recordAndEnd', [7, 7, 8])))
  await Promise.all(threads.map(({ ended }) => ended))
  assert.deepEqual(sum, { entries: 6, tokens: 6, uses: 2, pieces: 2, longest: 2 })
  for (const thread of threads) await thread.kill()
})

test('a ledger that does nothing holds up no thread: it takes what there is room for, and counts the rest', async () => {
  const { sum, server } = countUsage()
  const signals = newSignals()
  await using thread = startLedgerThread(server, signals)
  void thread.run('recordMany', 60_000).catch(() => {})
  // This loop stands still until the thread is done, as the ledger's would with a disk that hangs.
  Atomics.wait(signals, SIGNAL.go, 0)
  assert.deepEqual([signals[SIGNAL.recorded], signals[SIGNAL.lost], sum.entries], [60_000, 10_000, 0])
  await thread.run('recordAndEnd', [])
  assert.deepEqual([sum.entries, sum.longest], [50_000, 500])
})

test('a thread that ends by an error that nobody catches hands over all that it has before', async () => {
  const { sum, server } = countUsage()
  const signals = newSignals()
  const thread = startLedgerThread(server, signals)
  await thread.run('recordAndThrow', 1200)
  await thread.ended
  assert.deepEqual([signals[SIGNAL.recorded], sum.entries, sum.pieces], [1200, 1200, 3])
})

test('what a thread had handed over is in the ledger, wherever it died, and others go on', async (t) => {
  const { sum, server } = countUsage()
  await using other = startLedgerThread(server, newSignals())
  let lost = 0
  for (let round = 0; round < 20; round++) {
    const before = sum.entries
    const signals = newSignals()
    const thread = startLedgerThread(server, signals)
    const running = thread.run('everything', 1)
    const rejected = assert.rejects(running, /ended/)
    // Somewhere in what it does: how far it has come by then differs from round to round.
    while (Atomics.load(signals, SIGNAL.recorded) < round * 150 + 1)
      await new Promise((resolve) => setImmediate(resolve))
    await thread.kill()
    await rejected
    const [recorded, handedOver] = [Atomics.load(signals, SIGNAL.recorded), Atomics.load(signals, SIGNAL.handedOver)]
    const written = sum.entries - before
    assert.ok(written >= handedOver && written <= recorded + 1, `${written} of ${handedOver} and ${recorded}`)
    lost += recorded - written
  }
  assert.equal(sum.tokens, sum.entries)
  const before = sum.entries
  await other.run('recordAndEnd', [1])
  assert.equal(sum.entries, before + 1)
  t.diagnostic(`20 threads ended at once: ${sum.entries} entries written, ${lost} lost that had not been handed over`)
})
