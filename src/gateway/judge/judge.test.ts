import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judged, judgedForm, verdict } from '../../../test/gateway/judging.ts'
import type { DefaultTier, EnabledTiers } from '../../core/policy.ts'
import type { RouteName } from '../routes/table.ts'

const chat = 'chat.completions.create'
const respond = 'responses.create'
const tier = (preset: DefaultTier | null, enabled: EnabledTiers) => ({ tier: { preset, enabled } })

test('a service tier is let through, refused, or filled in as the project says', () => {
  const refused = '400 null service_tier'
  const cases: [unknown, DefaultTier | null, EnabledTiers, unknown][] = [
    // Nothing set: nothing is touched.
    [undefined, null, 'all', undefined],
    ['auto', null, 'all', 'auto'],
    ['something_new', null, 'all', 'something_new'],
    // Left open: the project's own.
    [undefined, 'standard', 'all', 'default'],
    [null, 'standard', [], 'default'],
    ['auto', 'fast', 'all', 'priority'],
    ['auto', 'fast', ['fast'], 'priority'],
    ['auto', 'fast', ['flex'], refused],
    [undefined, 'fast', [], refused],
    [undefined, 'scale', [], 'scale'],
    // Named.
    ['default', 'fast', [], 'default'],
    ['scale', 'standard', [], 'scale'],
    ['flex', null, ['flex'], 'flex'],
    ['flex', null, ['fast', 'ultrafast'], refused],
    ['fast', null, ['fast'], 'fast'],
    ['priority', null, ['fast'], 'priority'],
    ['priority', null, ['flex', 'ultrafast'], refused],
    ['fast', null, [], refused],
    ['ultrafast', null, ['ultrafast'], 'ultrafast'],
    ['ultrafast', null, ['fast'], refused],
    ['standard', null, ['fast'], refused],
    ['Flex', null, ['flex'], refused],
    ['flex ', null, ['flex'], refused],
    ['', null, ['flex'], refused],
    ['all', null, ['flex'], refused],
    [7, null, 'all', '400 invalid_type service_tier'],
    [['flex'], null, 'all', '400 invalid_type service_tier'],
  ]
  for (const [service_tier, preset, enabled, expected] of cases) {
    for (const name of [chat, respond] as const) {
      const call = () => judged(name, { service_tier }, tier(preset, enabled))
      const said = JSON.stringify([service_tier, preset, enabled])
      if (typeof expected === 'string' && expected.startsWith('400')) assert.equal(verdict(call), expected, said)
      else {
        assert.equal(call().sent.service_tier, expected, said)
        assert.equal(call().serviceTier, expected ?? null, said)
      }
    }
  }
})

test('a route without tiers is given none, and cannot be used to ask for one', () => {
  assert.equal(judged('embeddings.create', { input: 'x' }, tier('fast', 'all')).sent.service_tier, undefined)
  assert.equal(judged('completions.create', { prompt: 'x' }, tier('fast', 'all')).sent.service_tier, undefined)
  assert.equal(judged('responses.compact', {}, tier('scale', 'all')).sent.service_tier, undefined)
  assert.equal(judged('responses.compact', {}, tier('fast', 'all')).sent.service_tier, 'priority')
  const asked = () => judged('completions.create', { service_tier: 'fast' }, tier('standard', []))
  assert.equal(verdict(asked), '400 null service_tier')
})

test('where nothing may be kept, store is off', () => {
  const cases: [RouteName, unknown, boolean, unknown, boolean][] = [
    // route, store as written, retention forbids it, store as sent, whether it gets an owner
    [respond, undefined, false, undefined, true],
    [respond, null, false, null, true],
    [respond, true, false, true, true],
    [respond, false, false, false, false],
    [respond, undefined, true, false, false],
    [respond, null, true, false, false],
    [respond, true, true, false, false],
    [respond, false, true, false, false],
    [chat, undefined, true, undefined, false],
    [chat, null, true, false, false],
    [chat, true, true, false, false],
    [chat, true, false, true, false],
    ['responses.compact', undefined, true, undefined, false],
  ]
  for (const [name, store, storesNothing, sent, stored] of cases) {
    const asked = judged(name, { store }, { storesNothing })
    assert.deepEqual([asked.sent.store, asked.stored], [sent, stored], JSON.stringify([name, store, storesNothing]))
  }
  for (const store of ['false', 0, {}, []])
    assert.equal(
      verdict(() => judged(respond, { store })),
      '400 invalid_type store',
    )
})

test('of a stream it is said whether its client asks for the usage at its end, and what else it says of it', () => {
  for (const name of [chat, 'completions.create'] as const) {
    const said = (stream_options?: unknown) => {
      const { stream, usageWanted, streamOptions, edited } = judged(name, { stream: true, stream_options })
      assert.deepEqual([stream, edited], [true, []])
      return [usageWanted, streamOptions]
    }
    assert.deepEqual(
      [said(), said(null)],
      [
        [false, null],
        [false, null],
      ],
    )
    assert.deepEqual(said({ include_usage: true }), [true, { include_usage: true }])
    const other = { include_usage: false, include_obfuscation: false }
    assert.deepEqual(said(other), [false, other])
    for (const stream of [false, null, undefined]) {
      const whole = judged(name, { stream })
      assert.deepEqual([whole.stream, whole.usageWanted, whole.streamOptions], [false, true, null])
    }
    for (const stream of ['true', 1, {}])
      assert.equal(
        verdict(() => judged(name, { stream })),
        '400 invalid_type stream',
      )
    const wrong = () => judged(name, { stream: true, stream_options: [] })
    assert.equal(verdict(wrong), '400 invalid_type stream_options')
  }
  assert.deepEqual(
    [judged(respond, { stream: true }).usageWanted, judged(respond, { stream: true }).edited],
    [true, []],
  )
})

test('a form says stream as its client writes it', () => {
  for (const stream of ['true', 'True', '1']) assert.equal(judgedForm('images.edit', { stream }).stream, true)
  for (const stream of ['false', 'False', '0', '']) assert.equal(judgedForm('images.edit', { stream }).stream, false)
  assert.equal(
    verdict(() => judgedForm('images.edit', { stream: 'yes please' })),
    '400 invalid_type stream',
  )
})

test('speech is counted in characters, and its stream is known', () => {
  const asked = judged('audio.speech.create', { input: 'a\u00e9\u{1f600}\ud83d', stream_format: 'sse' })
  assert.deepEqual([asked.characters, asked.stream], [4, true])
  assert.equal(
    verdict(() => judged('audio.speech.create', { input: ['x'] })),
    '400 invalid_type input',
  )
  assert.equal(
    verdict(() => judged('audio.speech.create', {})),
    '400 missing_required_parameter input',
  )
})

test('a request that asks for nothing special is not touched', () => {
  for (const name of [chat, respond, 'embeddings.create', 'moderations.create', 'images.generate'] as const)
    assert.deepEqual(judged(name, { input: 'x', prompt: undefined, tools: undefined }).edited, [])
})
