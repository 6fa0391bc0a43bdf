import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judged, upstreamsAre, verdict } from '../../../test/gateway/judging.ts'
import { dialectOf, type UpstreamKind } from '../../core/upstream-kind.ts'
import type { RouteName } from '../routes/table.ts'

const CONTEXT = 8192
const messages = [{ role: 'user', content: 'hello there' }]
const plain = { model: 'reader', max_tokens: 100, max_output_tokens: 100, messages, input: 'hello there' }

/** How often the model reads its whole context, by what is set aside and by what is charged at most. */
function reads(name: RouteName, more: object): number {
  const { worst, caps } = judged(name, { ...plain, ...more })
  assert.equal(caps.inputTokens, worst.boundTokens)
  assert.equal(worst.boundTokens % CONTEXT, 0, JSON.stringify(more))
  return worst.boundTokens / CONTEXT
}
const message = (...tools: object[]) => reads('messages.create', { tools })
const respond = (more: object) => reads('responses.create', more)

const search = { type: 'web_search_20250305', name: 'web_search' }
const fetched = { type: 'web_fetch_20250910', name: 'web_fetch' }
const code = { type: 'code_execution_20250825', name: 'code_execution' }
const toolset = { type: 'mcp_toolset', mcp_server_name: 'one' }
const weather = { name: 'weather', input_schema: { type: 'object' } }
const servers = { mcp_servers: [{ type: 'url', url: 'https://mcp.example', name: 'one' }] }

test('all is read once more behind each use of a tool that the model server runs', () => {
  const cases: [tools: object[], reads: number][] = [
    [[{ ...search, max_uses: 3 }], 4],
    [[weather, { ...search, max_uses: 3 }, { ...fetched, max_uses: 5 }], 9],
    [[{ type: 'advisor_20260301', name: 'advisor', model: 'm2', max_uses: 2 }], 3],
    [[{ ...search, max_uses: 40 }], 41],
    // Without a bound the server's loop has one, whatever number of tools is in it.
    [[search], 11],
    [[{ ...search, max_uses: null }], 11],
    [[search, fetched, code, toolset], 11],
    [[{ ...search, max_uses: 3 }, code], 14],
    // What says no number that every reader takes for one, or says it of a tool that has none.
    [[{ ...search, max_uses: 0 }], 11],
    [[{ ...search, max_uses: '1' }], 11],
    [[{ ...search, max_uses: 1.5 }], 11],
    [[{ ...search, max_uses: -5 }], 11],
    [[{ ...search, max_uses: 1, Max_Uses: 9 }], 12],
    [[{ ...code, max_uses: 1 }], 12],
    [[{ type: 'telepathy_20260101', max_uses: 1 }], 12],
    // One that writes code of its own runs it as often as it likes beside its searches.
    [[{ type: 'web_search_20260209', name: 'web_search', max_uses: 1 }], 12],
    [[{ type: 'web_search_20260209', name: 'web_search', max_uses: 1, allowed_callers: ['direct'] }], 2],
  ]
  for (const [tools, times] of cases) assert.equal(message(...tools), times, JSON.stringify(tools))
  assert.equal(reads('messages.create', servers), 11)
  assert.equal(reads('messages.create', { ...servers, tools: [{ ...search, max_uses: 2 }] }), 13)
})

test('so it is with those of a response, whose bound is one for all of them', () => {
  const tools = [{ type: 'web_search' }, { type: 'mcp', server_label: 'one', server_url: 'https://mcp.example' }]
  assert.equal(respond({ tools, max_tool_calls: 3 }), 4)
  for (const none of [undefined, null, 0]) assert.equal(respond({ tools, max_tool_calls: none }), 11)
  assert.equal(respond({ tools: [{ type: 'web_search', max_uses: 1 }] }), 12)
  const more = {
    input: [{ type: 'message', tools: [{ type: 'file_search' }] }],
    tools: [{ type: 'function', name: 'f' }],
  }
  assert.equal(respond({ ...more, max_tool_calls: 1 }), 2)
  assert.equal(respond(more), 11)
  for (const max_tool_calls of ['3', 1.5, {}])
    assert.equal(
      verdict(() => respond({ tools, max_tool_calls })),
      '400 invalid_type max_tool_calls',
    )
  // No other route has it.
  const chat = { tools: [{ type: 'web_search' }], max_tool_calls: 3 }
  assert.equal(reads('chat.completions.create', chat), 11)
  assert.equal(reads('messages.create', { tools: [search], max_tool_calls: 3 }), 11)
})

test('a bound counts only where all model servers that may get the call are known to obey it', () => {
  const kinds: [UpstreamKind, number][] = [
    ['openai', 2],
    ['other', 2],
    ['vllm', 11],
    ['sglang', 11],
    ['ollama', 11],
    ['llama.cpp', 11],
  ]
  for (const [kind, times] of kinds) {
    using _ = upstreamsAre({ a: dialectOf(kind, [], 'pass') })
    const of = (name: RouteName, more: object) =>
      judged(name, { ...plain, model: 'read-by-a', ...more }).worst.boundTokens
    assert.equal(of('responses.create', { tools: [{ type: 'web_search' }], max_tool_calls: 1 }) / CONTEXT, times, kind)
    const uses = of('messages.create', { tools: [{ ...search, max_uses: 1 }] }) / CONTEXT
    assert.equal(uses, times === 2 ? 2 : 12, kind)
  }
})

test('a search among the tools that are there reads nothing but what is there, again and again', () => {
  const bound = (tools: object[], more: object = {}) =>
    judged('messages.create', { ...plain, model: 'm1', tools, ...more }).worst.boundTokens
  const once = bound([weather])
  const tools = [weather, { type: 'tool_search_tool_regex_20251119', name: 'tool_search_tool_regex' }]
  const { caps, worst } = judged('messages.create', { ...plain, model: 'm1', tools })
  assert.deepEqual([caps.unseen, caps.inputTokens], [null, worst.boundTokens])
  // With what it has said between: a hundred tokens at most.
  assert.ok(worst.boundTokens > 11 * once + 10 * 100, String(worst.boundTokens))
  const long = [{ role: 'user', content: 'x'.repeat(50_000) }]
  assert.equal(reads('messages.create', { tools, messages: long }), 11)
  const ofResponse = (more: object) =>
    judged('responses.create', { ...plain, tools: [{ type: 'tool_search', ...more }] }).worst.boundTokens
  assert.ok(ofResponse({}) > 8 * ofResponse({ execution: 'client' }))
})

test('what nobody can bound stays so', () => {
  const { caps } = judged('messages.create', { ...plain, model: 'm1', tools: [{ ...search, max_uses: 1 }] })
  assert.deepEqual([caps.inputTokens, caps.unseen], [null, 'tools'])
  const many = judged('responses.create', { ...plain, tools: [{ type: 'web_search' }], max_tool_calls: 2 ** 31 - 1 })
  assert.ok(Number.isSafeInteger(many.worst.boundTokens))
})
