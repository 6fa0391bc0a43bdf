import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { judged, upstreamsAre, verdict } from '../../../test/gateway/judging.ts'
import { dialectOf } from '../../core/upstream-kind.ts'
import type { ProjectRules } from '../rules/index.ts'

const user = (...content: unknown[]) => ({ role: 'user', content })
const plain = { max_tokens: 100, messages: [user({ type: 'text', text: 'hello there' })] }
const message = (more: object, rules: Partial<ProjectRules> = {}) =>
  judged('messages.create', { ...plain, ...more }, rules)

const weather = { name: 'weather', description: 'x', input_schema: { type: 'object', properties: { model: {} } } }

describe('the terms of a message:', () => {
  test('its maximum has to be said, and is the most of its answer', () => {
    assert.equal(message({ max_tokens: 77 }).worst.outputTokens, 77)
    assert.equal(message({ max_tokens: 77 }).caps.outputTokens, 77)
    assert.equal(
      verdict(() => message({ max_tokens: null })),
      '400 missing_required_parameter max_tokens',
    )
    assert.equal(
      verdict(() => message({ max_tokens: 1.5 })),
      '400 invalid_type max_tokens',
    )
    assert.equal(judged('messages.countTokens', { messages: plain.messages }).worst.outputTokens, 0)
    // Thoughts between calls of tools may have more than that.
    const thinks = (budget_tokens: unknown) => message({ thinking: { type: 'enabled', budget_tokens } })
    assert.equal(thinks(99).caps.outputTokens, 100)
    for (const budget of [100, 5000]) assert.equal(thinks(budget).caps.outputTokens, 100 + budget)
    assert.equal(
      verdict(() => thinks('5000')),
      '400 invalid_type thinking.budget_tokens',
    )
  })

  test('a tier and a speed are judged by the tiers of the project, whose own is written in the words of that API', () => {
    const tiers = (preset: 'standard' | 'fast' | 'scale' | null, enabled: 'all' | ('fast' | 'flex')[]) => ({
      tier: { preset, enabled },
    })
    const tierOf = (more: object, rules: Partial<ProjectRules>) => message(more, rules).sent.service_tier
    assert.equal(tierOf({}, tiers(null, 'all')), undefined)
    assert.equal(tierOf({}, tiers('standard', 'all')), 'standard_only')
    assert.equal(tierOf({ service_tier: 'auto' }, tiers('standard', 'all')), 'standard_only')
    assert.equal(tierOf({}, tiers('fast', 'all')), undefined)
    assert.equal(tierOf({}, tiers(null, ['fast'])), undefined)
    assert.equal(tierOf({}, tiers(null, [])), 'standard_only')
    assert.equal(tierOf({ service_tier: 'auto' }, tiers(null, ['flex'])), 'standard_only')
    assert.equal(tierOf({ service_tier: 'standard_only' }, tiers('fast', [])), 'standard_only')
    const not = '400 null '
    assert.equal(
      verdict(() => message({}, tiers('fast', []))),
      `${not}service_tier`,
    )
    assert.equal(
      verdict(() => message({ service_tier: 'priority' }, tiers(null, []))),
      `${not}service_tier`,
    )
    assert.equal(
      verdict(() => message({ speed: 'fast' }, tiers(null, []))),
      `${not}speed`,
    )
    assert.equal(message({ speed: 'fast' }, tiers(null, ['fast'])).sent.speed, 'fast')
    message({ speed: 'standard' }, tiers(null, []))
    assert.equal(
      verdict(() => message({ speed: 2 })),
      '400 invalid_type speed',
    )
    assert.equal(judged('messages.countTokens', { messages: [] }, tiers('standard', [])).sent.service_tier, undefined)
  })

  test('a model server of a known kind gets all that the API has, and nothing else', () => {
    using _ = upstreamsAre({ a: dialectOf('vllm'), b: dialectOf('llama.cpp') })
    const all = {
      ...{ system: 'x', thinking: { type: 'adaptive' }, metadata: { user_id: 'x' }, tools: [weather], top_k: 1 },
      ...{ output_config: { effort: 'high' }, context_management: { edits: [] }, tool_choice: { type: 'auto' } },
    }
    for (const model of ['on-a', 'on-b', 'on-both']) message({ ...all, model })
    assert.equal(
      verdict(() => message({ model: 'on-a', telepathy: 1 })),
      '400 unknown_parameter telepathy',
    )
    assert.equal(
      verdict(() => message({ model: 'on-a', System: 'x' })),
      '400 unknown_parameter System',
    )
    assert.equal(
      verdict(() => message({ Max_Tokens: 1 })),
      '400 unknown_parameter Max_Tokens',
    )
  })
})
