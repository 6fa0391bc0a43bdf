import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { judged, judgedText, refusalOf, upstreamsAre, verdict } from '../../../test/gateway/judging.ts'
import { hostedTools } from '../../core/policy.ts'
import { dialectOf } from '../../core/upstream-kind.ts'
import type { ProjectRules } from '../rules/index.ts'

const image = { type: 'base64', media_type: 'image/png', data: 'A'.repeat(4000) }
const user = (...content: unknown[]) => ({ role: 'user', content })
const plain = { max_tokens: 100, messages: [user({ type: 'text', text: 'hello there' })] }
const message = (more: object, rules: Partial<ProjectRules> = {}) =>
  judged('messages.create', { ...plain, ...more }, rules)
const within = (...content: unknown[]) => message({ messages: [user(...content)] })
const result = (...content: unknown[]) => within({ type: 'tool_result', tool_use_id: 'toolu_1', content })

const weather = { name: 'weather', description: 'x', input_schema: { type: 'object', properties: { model: {} } } }

/** Tools that the client runs, or that arrange others. */
const clientTools = [
  weather,
  { ...weather, type: 'custom', cache_control: { type: 'ephemeral' }, strict: true, input_examples: [{ model: 'x' }] },
  { type: 'bash_20250124', name: 'bash', input_examples: [{ model: 'x', file_id: 'y' }] },
  { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool', max_characters: 1000 },
  { type: 'memory_20250818', name: 'memory' },
  { type: 'computer_20251124', name: 'computer', display_width_px: 800, display_height_px: 600 },
  { type: 'computer_toolset_20260801', configs: { zoom: { enabled: false } } },
  { type: 'browser_toolset_20260801' },
  { type: 'tool_search_tool_bm25_20251119', name: 'tool_search_tool_bm25' },
  { type: 'tool_search_tool_regex', name: 'tool_search_tool_regex' },
]
/** Tools that the model server runs, by the setting that is about them. */
const serverTools = {
  web_search: [
    {
      type: 'web_search_20250305',
      name: 'web_search',
      max_uses: 3,
      user_location: { type: 'approximate', region: 'x' },
    },
    { type: 'web_search_20260318', name: 'web_search', allowed_callers: ['direct'] },
    {
      type: 'web_fetch_20260318',
      name: 'web_fetch',
      allowed_callers: ['direct'],
      max_content_tokens: 1000,
      url_sources: { user_input: { type: 'all' } },
    },
  ],
  code_interpreter: [
    { type: 'code_execution_20250522', name: 'code_execution' },
    { type: 'code_execution_20260521', name: 'code_execution' },
  ],
  mcp: [{ type: 'mcp_toolset', mcp_server_name: 'one', default_config: { enabled: true } }],
}
const servers = { mcp_servers: [{ type: 'url', url: 'https://mcp.example', name: 'one', authorization_token: 'x' }] }

const disabled = (...tools: (typeof hostedTools)[number][]) => ({ disabledTools: new Set(tools) })
const ALL = disabled(...hostedTools)

describe('a message is judged like its counterparts:', () => {
  test('tools that the client runs pass whatever is disabled, and are sent as they were read', () => {
    for (const tool of clientTools) {
      const { sent } = message({ tools: [tool], tool_choice: { type: 'tool', name: 'weather' } }, ALL)
      assert.deepEqual(sent.tools, [tool])
      for (const type of ['auto', 'any', 'none']) message({ tools: [tool], tool_choice: { type } }, ALL)
    }
  })

  test('tools that the model server runs are hosted tools', () => {
    for (const [setting, tools] of Object.entries(serverTools)) {
      const own = disabled(setting as (typeof hostedTools)[number])
      const others = disabled(...hostedTools.filter((tool) => tool !== setting))
      for (const tool of tools) {
        assert.deepEqual(message({ tools: [tool] }, others).sent.tools, [tool])
        assert.equal(
          verdict(() => message({ tools: [weather, tool] }, own)),
          '403 hosted_tool_not_allowed tools[1].type',
        )
        const count = () => judged('messages.countTokens', { messages: plain.messages, tools: [tool] }, own)
        assert.equal(verdict(count), '403 hosted_tool_not_allowed tools[0].type')
      }
    }
    message(servers, disabled('web_search'))
    assert.equal(
      verdict(() => message(servers, disabled('mcp'))),
      '403 hosted_tool_not_allowed mcp_servers',
    )
  })

  test('a tool that nobody knows passes only where nothing is disabled, however its type is hidden', () => {
    const bare = { name: 'x', input_schema: { type: 'object' } }
    const odd: object[] = [
      { type: 'telepathy_20260101', name: 'x' },
      { type: 'bash_20250124_hosted', name: 'x' },
      { type: 'bash', name: 'x' },
      { ...bare, run_on: 'server' },
      { ...bare, Type: 'web_search_20250305' },
      { ...bare, type: 5 },
      { name: 'web_search' },
    ]
    for (const tool of odd) {
      message({ tools: [tool] })
      assert.equal(refusalOf(() => message({ tools: [tool] }, ALL)).status, 403, JSON.stringify(tool))
    }
  })

  test('what no tool of its own names chooses a model', () => {
    const advisor = { type: 'advisor_20260301', name: 'advisor', model: 'm2' }
    assert.deepEqual(
      message({ tools: [advisor] }).within.map(({ model, param }) => [model.id, param]),
      [['m2', 'tools[0].model']],
    )
    assert.equal(
      verdict(() => message({ tools: [{ ...advisor, model: 'nobodys' }] })),
      '404 model_not_found tools[0].model',
    )
    assert.equal(
      verdict(() => message({ tools: [{ ...advisor, max_tokens: 9 }] })),
      '400 not_offered tools[0].max_tokens',
    )
  })

  const file = { type: 'file', file_id: 'file_1' }
  const refused: Record<string, [call: () => unknown, param: string]> = {
    'an image by the id of a file': [
      () => within({ type: 'image', source: file }),
      'messages[0].content[0].source.file_id',
    ],
    'a document by the id of a file': [
      () => within({ type: 'document', source: file }),
      'messages[0].content[0].source.file_id',
    ],
    'a file within the result of a tool': [
      () => result({ type: 'text', text: 'x' }, { type: 'image', source: file }),
      'messages[0].content[0].content[1].source.file_id',
    ],
    'a file within a document within the result of a tool': [
      () => result({ type: 'document', source: { type: 'content', content: [{ type: 'image', source: file }] } }),
      'messages[0].content[0].content[0].source.content[0].source.file_id',
    ],
    'a file within the system prompt': [
      () => message({ system: [{ type: 'document', source: file }] }),
      'system[0].source.file_id',
    ],
    'a file in another letter case': [
      () => within({ type: 'image', source: { type: 'file', File_ID: 'x' } }),
      'messages[0].content[0].source.File_ID',
    ],
    'a file that is put into a container': [
      () => within({ type: 'container_upload', file_id: 'x' }),
      'messages[0].content[0].file_id',
    ],
    'a file that code has written': [
      () =>
        within({
          type: 'code_execution_tool_result',
          content: { content: [{ type: 'code_execution_output', file_id: 'x' }] },
        }),
      'messages[0].content[0].content.content[0].file_id',
    ],
    'a container': [() => message({ container: 'container_1' }), 'container'],
    'a container with skills': [
      () => message({ container: { skills: [{ type: 'custom', skill_id: 's' }] } }),
      'container',
    ],
    'an earlier message, for its cache': [
      () => message({ diagnostics: { previous_message_id: 'msg_1' } }),
      'diagnostics.previous_message_id',
    ],
    'a thread': [() => message({ thread: { type: 'continue', previous_message_id: 'msg_1' } }), 'thread'],
    'other models to fall back on': [() => message({ fallbacks: [{ model: 'm2' }] }), 'fallbacks'],
    'those of the model server': [() => message({ fallbacks: 'default' }), 'fallbacks'],
    'a token to fall back with': [() => message({ fallback_credit_token: 'x' }), 'fallback_credit_token'],
    'where it is computed': [() => message({ inference_geo: 'us' }), 'inference_geo'],
    'a workspace': [() => message({ workspace_id: 'wrkspc_1' }), 'workspace_id'],
    'who pays for it': [
      () => message({ billing_policy: { type: 'billing_policy', bill_to: 'user_profile' } }),
      'billing_policy',
    ],
    'a summary of the conversation': [() => message({ compaction: { type: 'summarize' } }), 'compaction'],
    'a conversation that is shortened by another answer': [
      () =>
        message({ context_management: { edits: [{ type: 'clear_thinking_20251015' }, { type: 'compact_20260112' }] } }),
      'context_management',
    ],
    'a tool that is defined in the middle of messages': [
      () =>
        within({
          type: 'tool_addition',
          tool: { type: 'tool_definition', definition: { type: 'web_search_20250305' } },
        }),
      'messages[0].content[0].tool.definition',
    ],
    'an answer of another response': [() => message({ previous_response_id: 'resp_1' }), 'previous_response_id'],
    'input that no estimate sees': [() => message({ prompt_embeds: 'x' }), 'prompt_embeds'],
    'another name for a longer answer': [() => message({ max_tokens_to_sample: 9000 }), 'max_tokens_to_sample'],
  }
  for (const [what, [call, param]] of Object.entries(refused)) {
    test(`it may not name ${what}`, () => {
      assert.equal(verdict(call), `400 not_offered ${param}`)
    })
  }

  test('what says that it asks for nothing passes, and so does what only the client reads', () => {
    for (const more of [
      { container: null, fallbacks: null, mcp_servers: null, inference_geo: null, thread: null },
      { context_management: { edits: [{ type: 'clear_tool_uses_20250919', keep: { type: 'tool_uses', value: 3 } }] } },
      { diagnostics: { previous_message_id: null } },
      { metadata: { user_id: 'x', model: 'm2', file_id: 'y' } },
      { thinking: { type: 'enabled', budget_tokens: 50 }, top_k: 5, stop_sequences: ['a'] },
      {
        output_config: {
          effort: 'low',
          format: { type: 'json_schema', schema: { properties: { model: {}, url: {} } } },
        },
      },
      { system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '1h' } }], cache_control: null },
    ])
      assert.deepEqual(message(more).edited, [])
    const call = {
      type: 'tool_use',
      id: 'toolu_1',
      name: 'x',
      input: { file_id: 'x', container: 'y', url: 'https://x' },
    }
    assert.equal(within(call).caps.unseen, null)
    assert.equal(
      verdict(() => within({ ...call, type: 'document' })),
      '400 not_offered messages[0].content[0].input.file_id',
    )
    assert.equal(
      verdict(() => within({ ...call, Type: 'x' })),
      '400 not_offered messages[0].content[0].input.file_id',
    )
  })

  test('links are what nobody has seen, and data is not', () => {
    const link = { type: 'url', url: 'https://example.com/a.png' }
    assert.equal(within({ type: 'image', source: link }).caps.unseen, 'source')
    assert.equal(within({ type: 'document', source: link }).caps.unseen, 'source')
    assert.equal(result({ type: 'image', source: link }).caps.unseen, 'source')
    assert.equal(within({ type: 'image', source: image }).caps.unseen, null)
    const found = { type: 'web_search_result', url: 'https://example.com', title: 'x', encrypted_content: 'y' }
    assert.equal(within({ type: 'web_search_tool_result', content: [found] }).caps.unseen, null)
    for (const tool of Object.values(serverTools).flat()) assert.equal(message({ tools: [tool] }).caps.unseen, 'tools')
    for (const tool of clientTools) assert.equal(message({ tools: [tool] }).caps.unseen, null)
    assert.equal(message(servers).caps.unseen, 'mcp_servers')
  })

  test('its input is estimated and bounded by what it is made of', () => {
    const few = message({}).worst
    const system = message({ system: 'x'.repeat(4000) }).worst
    assert.equal(system.inputTokens - few.inputTokens, 1000)
    const picture = within({ type: 'image', source: image }).worst
    assert.ok(picture.inputTokens >= 1000 && picture.boundTokens < 55_000, JSON.stringify(picture))
    const paper = within({ type: 'document', source: { ...image, media_type: 'application/pdf' } }).worst
    assert.ok(paper.boundTokens > 58_000, JSON.stringify(paper))
    const written = within({
      type: 'document',
      source: { type: 'text', media_type: 'text/plain', data: 'A'.repeat(4000) },
    })
    assert.ok(written.worst.inputTokens >= 1000 && written.worst.boundTokens < 6000, JSON.stringify(written.worst))
    const tools = message({ tools: [{ ...weather, description: 'x'.repeat(4000) }] }).worst
    assert.ok(tools.inputTokens - few.inputTokens >= 1000)
    const call = within({ type: 'tool_use', id: 't', name: 'x', input: { a: 'x'.repeat(4000) } }).worst
    assert.ok(call.inputTokens >= 1000)
    // What is no text is read, too.
    const numbers = within({
      type: 'tool_use',
      id: 't',
      name: 'x',
      input: { a: Array(2000).fill(77), b: true, c: null },
    })
    assert.ok(numbers.worst.inputTokens >= 1000, String(numbers.worst.inputTokens))
    assert.ok(numbers.inputText()?.includes('77\n77\n'), 'and counted where nobody reports it')
  })

  test('the result of a tool stands in a message of the user, and its images are bounded as what its server makes of them', () => {
    const shown = {
      type: 'tool_result',
      tool_use_id: 't',
      content: [{ type: 'image', source: { ...image, data: 'A'.repeat(90_000) } }],
    }
    for (const role of ['assistant', 'system', 'tool', 'User', undefined])
      assert.equal(
        verdict(() => message({ messages: [user('x'), { role, content: [{ type: 'text', text: 'x' }, shown] }] })),
        '400 invalid_value messages[1].content[1].type',
      )
    message({ messages: [{ role: 'assistant', content: 'tool_result' }, user(shown)] })
    using _ = upstreamsAre({ a: dialectOf('vllm'), b: dialectOf('sglang') })
    const worst = (model: string, ...content: unknown[]) => message({ model, messages: [user(...content)] }).worst
    assert.ok(worst('on-b', shown).boundTokens < 60_000)
    // Some versions of vLLM write it down as it is.
    for (const model of ['on-a', 'on-both']) assert.ok(worst(model, shown).boundTokens > 90_000)
    assert.ok(worst('on-a', ...shown.content).boundTokens < 60_000)
    assert.equal(worst('on-a', shown).inputTokens, worst('on-b', shown).inputTokens)
  })

  test('a second reading of a tool without a type finds no other tool', () => {
    const tools = '[{"type":null,"name":"x","input_schema":{"type":"object"}}]'
    const { edited } = judgedText('messages.create', `{"model":"m1","max_tokens":1,"messages":[],"tools":${tools}}`)
    assert.deepEqual(edited, ['tools'])
  })
})
