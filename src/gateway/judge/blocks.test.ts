import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judged, verdict } from '../../../test/gateway/judging.ts'
import type { ProjectRules } from '../rules/index.ts'

const LINK = 'https://example.com/a.png'
const asked = (name: 'messages.create' | 'chat.completions.create', block: object) =>
  judged(name, { max_tokens: 9, messages: [{ role: 'user', content: [block] }] })
const message = (more: object, rules: Partial<ProjectRules> = {}) =>
  judged('messages.create', { max_tokens: 9, messages: [{ role: 'user', content: 'x' }], ...more }, rules)

/** What could hide that its link is followed. */
const disguises = [
  { type: 'web_search_result' },
  { type: 'web_search_result_location' },
  { type: 'web_fetch_result' },
  { type: 'text', text: 'x' },
]

test('a link to something that is looked at is one, whatever it calls itself', () => {
  for (const disguise of disguises) {
    const holder = { ...disguise, url: LINK }
    for (const name of ['image_url', 'video_url'] as const) {
      const { caps } = asked('chat.completions.create', { type: name, [name]: holder })
      assert.equal(caps.unseen, name, JSON.stringify(holder))
    }
    const { caps } = asked('messages.create', { type: 'image', source: holder })
    assert.equal(caps.unseen, 'source', JSON.stringify(holder))
  }
})

test('bytes are text in a document alone: what a careless reader takes for an image is counted as more', () => {
  const source = { type: 'text', media_type: 'image/png', data: 'A'.repeat(2000) }
  const most = (block: object) => asked('messages.create', { ...block, source }).worst.boundTokens
  assert.ok(most({ type: 'document' }) < 5000)
  for (const block of [{ type: 'image' }, { type: 'image', Type: 'document' }, { type: 'thing' }, {}])
    assert.ok(most(block) > 15_000, JSON.stringify(block))
})

test('the tools of another server are called as it likes', () => {
  const configs = { fetch_url: { enabled: false }, create_deployment: { enabled: true }, model: {} }
  const servers = { mcp_servers: [{ type: 'url', url: 'https://example.com', name: 's' }] }
  const tools = [{ type: 'mcp_toolset', mcp_server_name: 's', configs }]
  assert.deepEqual(message({ ...servers, tools }).sent.tools, tools)
  for (const name of ['file_id', 'container', 'definition', 'audio', 'connector_id', 'vector_store_ids', 'data', 'url'])
    message({ ...servers, tools: [{ ...tools[0], configs: { [name]: { enabled: true, id: 'x' } } }] })
  // What such a name stands for may refer to nothing, nor may another tool name its fields so.
  const stored = { fetch: { file_id: 'x' } }
  for (const tool of [
    { ...tools[0], configs: stored },
    { type: 'mcp', server_label: 's', configs: { file_id: 'x' } },
    { ...tools[0], Type: 'x', configs: { file_id: 'x' } },
  ])
    assert.match(
      verdict(() => message({ ...servers, tools: [tool] })),
      /^400 not_offered tools\[0\]\.configs\.(fetch\.)?file_id$/,
    )
})

test('a model in the settings of one tool of another server is judged as any other', () => {
  const servers = { mcp_servers: [{ type: 'url', url: 'https://example.com', name: 's' }] }
  const toolset = (configs: object) => ({ ...servers, tools: [{ type: 'mcp_toolset', mcp_server_name: 's', configs }] })
  assert.equal(
    verdict(() => message(toolset({ fetch: { enabled: true, model: 'nobody-has-this' } }))),
    '404 model_not_found tools[0].configs.fetch.model',
  )
  assert.match(
    verdict(() => message(toolset({ model: { endpoint: 'https://elsewhere' } }))),
    /^400 not_offered tools\[0\]\.configs\.model\.endpoint$/,
  )
})

test('a tool for the web that runs code is one for code as well', () => {
  const rules = { disabledTools: new Set(['code_interpreter'] as const) }
  const asked = (tool: object) => message({ tools: [tool] }, rules)
  const runs = [
    { type: 'web_search_20260209' },
    { type: 'web_search_20260318', allowed_callers: ['code_execution_20260521'] },
    { type: 'web_fetch_20260209', allowed_callers: ['direct', 'code_execution_20260521'] },
    { type: 'web_fetch_20260318', allowed_callers: 'direct' },
    { type: 'web_search_20260318', allowed_callers: ['direct'], Allowed_Callers: ['code_execution_20260521'] },
    { type: 'web_search_20250305_beta' },
    { type: 'web_search_20270101x' },
    { type: 'web_fetch_latest' },
    { type: 'web_search_2' },
  ]
  for (const tool of runs)
    assert.match(
      verdict(() => asked(tool)),
      /allowed_callers/,
    )
  const runsNone = [
    { type: 'web_search_20250305' },
    { type: 'web_search_20260318', allowed_callers: ['direct'] },
    { type: 'web_search_latest', allowed_callers: ['direct'] },
    ...['web_search', 'web_search_preview', 'web_search_preview_2025_03_11', 'web_search_2025_08_26', 'web_fetch'].map(
      (type) => ({ type }),
    ),
  ]
  for (const tool of runsNone) assert.deepEqual(asked(tool).sent.tools, [tool])
})
