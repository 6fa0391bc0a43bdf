import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { asks } from '../../../test/gateway/asked.ts'
import { NO_CAPS } from '../caps.ts'
import { NOTHING_USED, type Used } from '../use.ts'
import { capped } from './capped.ts'

const count = fc.nat(100)

test('no more is charged than a call can have used, its parts stay within the whole, and the rest is told', () => {
  const reported = fc.record({
    ...{ inputTokens: count, cachedInputTokens: count, inputAudioTokens: count, inputImageTokens: count },
    ...{ outputTokens: count, outputAudioTokens: count, outputImageTokens: count, images: count },
  })
  const most = fc.option(count)
  fc.assert(
    fc.property(reported, most, most, count, (reported, inputTokens, outputTokens, images) => {
      const seen: Used = { ...NOTHING_USED, ...reported }
      const asked = asks({ images, caps: { ...NO_CAPS, inputTokens, outputTokens } })
      const { used, excess } = capped(seen, asked)
      assert.equal(used.inputTokens, Math.min(seen.inputTokens, inputTokens ?? 100))
      assert.equal(used.outputTokens, Math.min(seen.outputTokens, outputTokens ?? 100))
      assert.equal(used.images, Math.min(seen.images, images))
      assert.equal(excess, seen.inputTokens + seen.outputTokens - used.inputTokens - used.outputTokens)
      if (excess === 0) return
      assert.ok(used.cachedInputTokens <= used.inputTokens)
      assert.ok(used.inputAudioTokens + used.inputImageTokens <= used.inputTokens)
      assert.ok(used.outputAudioTokens + used.outputImageTokens <= used.outputTokens)
    }),
  )
})

test('no more seconds are reported than the sound can have, and no more calls of tools than a call can make', () => {
  const tools = { webSearchCalls: 1e6, fileSearchCalls: 1e6, codeInterpreterSessions: 1e6 }
  const most = { webSearchCalls: 1000, fileSearchCalls: 1000, codeInterpreterSessions: 1000 }
  const asked = asks()
  asked.worst.audioMegabytes = 1
  const seen: Used = { ...NOTHING_USED, ...tools, seconds: 1e9, inputTokens: 7 }
  assert.deepEqual(capped(seen, asked), { used: { ...seen, ...most, seconds: 2020 }, excess: 0 })
  const possible: Used = { ...seen, ...most, seconds: 2020 }
  assert.equal(capped(possible, asked).used, possible)
  assert.equal(capped({ ...NOTHING_USED, seconds: 1e9 }, asks()).used.seconds, 20)
})

test('what can have been used stays as it was reported', () => {
  const seen: Used = { ...NOTHING_USED, inputTokens: 7, outputTokens: 9, cachedInputTokens: 3 }
  assert.equal(capped(seen, asks()).used, seen)
  assert.equal(capped(seen, asks({ caps: { ...NO_CAPS, inputTokens: 7, outputTokens: 9 } })).used, seen)
})
