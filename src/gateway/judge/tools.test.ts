import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judged, judgedText, refusalOf, verdict } from '../../../test/gateway/judging.ts'
import { type HostedTool, hostedTools } from '../../core/policy.ts'

const without = (...tools: HostedTool[]) => ({ disabledTools: new Set(tools) })

test('each hosted tool is refused where it is disabled, under every name that begins like it, and free where it is not', () => {
  for (const tool of hostedTools) {
    for (const type of [tool, `${tool}_2025_08_26`, `${tool}_preview`]) {
      const fields = { tools: [{ type: 'function', name: 'f' }, { type }] }
      const refused = refusalOf(() => judged('responses.create', fields, without(tool)))
      assert.deepEqual(refused, {
        status: 403,
        code: 'hosted_tool_not_allowed',
        param: 'tools[1].type',
        message: `Project \`proj_1\` does not have access to tool \`${tool}\``,
      })
      const others = without(...hostedTools.filter((one) => one !== tool))
      assert.deepEqual(judged('responses.create', fields, others).sent.tools, fields.tools)
      assert.deepEqual(judged('responses.create', fields).sent.tools, fields.tools)
      const choices: [unknown, string][] = [
        [type, 'tool_choice'],
        [{ type }, 'tool_choice.type'],
        [{ type: 'allowed_tools', tools: [{ type: 'function' }, { type }] }, 'tool_choice.tools[1].type'],
        [{ type: 'allowed_tools', allowed_tools: { tools: [{ type }] } }, 'tool_choice.allowed_tools.tools[0].type'],
      ]
      for (const [tool_choice, param] of choices) {
        assert.equal(
          verdict(() => judged('responses.create', { tool_choice }, without(tool))),
          `403 hosted_tool_not_allowed ${param}`,
        )
        assert.deepEqual(judged('responses.create', { tool_choice }).sent.tool_choice, tool_choice)
      }
    }
  }
})

test('tools that clients run are free whatever is disabled', () => {
  const all = without(...hostedTools)
  const types = ['function', 'custom', 'computer', 'computer_use_preview', 'local_shell', 'apply_patch', 'tool_search']
  for (const type of types) assert.ok(judged('responses.create', { tools: [{ type }], tool_choice: { type } }, all))
  const namespace = { type: 'namespace', tools: [{ type: 'function' }, { type: 'custom' }] }
  assert.ok(judged('responses.create', { tools: [namespace] }, all))
  for (const tool_choice of ['none', 'auto', 'required', { type: 'shell' }, { type: 'function', name: 'f' }])
    assert.ok(judged('chat.completions.create', { tool_choice }, all))
  assert.ok(judged('chat.completions.create', { functions: [{ name: 'f' }], function_call: 'auto' }, all))
  assert.ok(judged('chat.completions.create', { tools: null, tool_choice: null, web_search_options: null }, all))
})

test('a shell is code interpretation unless its environment is local', () => {
  const environments = [undefined, null, { type: 'container_auto' }, 'local', ['local'], { type: 'Local' }]
  for (const environment of environments) {
    const fields = { tools: [{ type: 'shell', environment }] }
    assert.match(
      verdict(() => judged('responses.create', fields, without('code_interpreter'))),
      /^403 hosted_tool/,
    )
    assert.ok(judged('responses.create', fields, without('mcp')))
  }
  const local = { tools: [{ type: 'shell', environment: { type: 'local' } }] }
  assert.ok(judged('responses.create', local, without(...hostedTools)))
  const program = { tools: [{ type: 'programmatic_tool_calling' }] }
  assert.match(
    verdict(() => judged('responses.create', program, without('code_interpreter'))),
    /^403 hosted_tool/,
  )
})

test('a tool that nobody knows is refused while any is disabled', () => {
  const types = [
    ...[
      ' web_search',
      'Web_search',
      'WEB_SEARCH',
      'w\u0435b_search',
      'web-search',
      'web\u200b_search',
      '\u0000mcp',
      '',
    ],
    ...['browser', '__proto__', 'constructor', 'allowed_tools', 'none', 'auto', 'function ', 'Function'],
    ...[undefined, null, 5, ['function'], { type: 'function' }],
  ]
  for (const type of types) {
    const fields = { tools: [{ type }] }
    const expected = '403 hosted_tool_not_allowed tools[0].type'
    assert.equal(
      verdict(() => judged('responses.create', fields, without('mcp'))),
      expected,
      JSON.stringify(type),
    )
    assert.ok(judged('responses.create', fields))
  }
  const long = refusalOf(() => judged('responses.create', { tools: [{ type: 'x'.repeat(1e6) }] }, without('mcp')))
  assert.ok(long.message.length < 400)
  for (const tool_choice of ['browser', { type: 'browser' }, { type: 'allowed_tools', tools: [null] }, {}])
    assert.match(
      verdict(() => judged('responses.create', { tool_choice }, without('mcp'))),
      /^403 hosted_tool/,
    )
})

test('tools of the wrong shape are told so, not passed by', () => {
  const cases: [object, string][] = [
    [{ tools: { 0: { type: 'mcp' } } }, '400 invalid_type tools'],
    [{ tools: 'mcp' }, '400 invalid_type tools'],
    [{ tools: [['mcp']] }, '400 invalid_type tools[0]'],
    [{ tools: ['mcp'] }, '400 invalid_type tools[0]'],
    [{ tools: [null] }, '400 invalid_type tools[0]'],
    [{ tool_choice: [] }, '400 invalid_type tool_choice'],
    [{ tool_choice: { type: 'allowed_tools', tools: {} } }, '400 invalid_type tool_choice.tools'],
  ]
  for (const [fields, expected] of cases)
    assert.equal(
      verdict(() => judged('responses.create', fields, without('mcp'))),
      expected,
      JSON.stringify(fields),
    )
})

test('a tool within a tool, or within the input, is a tool', () => {
  const mcp = { type: 'mcp', server_label: 's' }
  const cases: [object, string][] = [
    [{ tools: [{ type: 'namespace', tools: [mcp] }] }, 'tools[0].tools[0].type'],
    [{ tools: [{ type: 'function', tools: [mcp] }] }, 'tools[0].tools[0].type'],
    [{ input: ['x', { type: 'additional_tools', tools: [mcp] }] }, 'input[1].tools[0].type'],
    [
      { input: [{ type: 'tool_search_output', tools: [{ type: 'namespace', tools: [mcp] }] }] },
      'input[0].tools[0].tools[0].type',
    ],
    [{ messages: [{ role: 'system', tools: [mcp] }] }, 'messages[0].tools[0].type'],
  ]
  for (const [fields, param] of cases)
    assert.equal(
      verdict(() => judged('responses.create', fields, without('mcp'))),
      `403 hosted_tool_not_allowed ${param}`,
    )
  const history = { input: [{ type: 'mcp_list_tools', id: 'mcpl_1', tools: [{ name: 'x', input_schema: {} }] }] }
  assert.ok(judged('responses.create', history, without('mcp')))
})

test('models that search, and options of a search, are refused where web search is disabled', () => {
  const chat = 'chat.completions.create'
  assert.equal(
    verdict(() => judged(chat, { model: 'seeker' }, without('web_search'))),
    '403 hosted_tool_not_allowed model',
  )
  assert.ok(judged(chat, { model: 'seeker' }, without('mcp')))
  const options = { web_search_options: {} }
  const expected = '403 hosted_tool_not_allowed web_search_options'
  assert.equal(
    verdict(() => judged(chat, options, without('web_search'))),
    expected,
  )
  assert.equal(
    verdict(() => judged(chat, { web_search_options: false }, without('web_search'))),
    expected,
  )
  assert.ok(judged(chat, options, without('mcp')))
})

test('the tools that were judged are the tools that are sent, also where a key occurs twice', () => {
  const twice =
    '{"model":"m1","tools":[{"type":"web_search","type":"function","name":"f"}],"tool_choice":{"type":"mcp","type":"function"}}'
  const { sent, edited } = judgedText('responses.create', twice, without('web_search'))
  assert.deepEqual(edited, ['tools', 'tool_choice'])
  assert.deepEqual(sent.tools, [{ type: 'function', name: 'f' }])
  const other = '{"model":"m1","tools":[{"type":"function","Type":"web_search"}]}'
  assert.match(
    verdict(() => judgedText('responses.create', other, without('web_search'))),
    /^403 hosted_tool/,
  )
  const proto = '{"model":"m1","tools":[{"__proto__":{"type":"function"},"type":"mcp"}]}'
  assert.match(
    verdict(() => judgedText('responses.create', proto, without('mcp'))),
    /^403 hosted_tool/,
  )
  const inherited = '{"model":"m1","tools":[{"__proto__":{"type":"function"}}]}'
  assert.match(
    verdict(() => judgedText('responses.create', inherited, without('mcp'))),
    /^403 hosted_tool/,
  )
  assert.deepEqual(judged('chat.completions.create', { tools: [{ type: 'function' }] }).edited, [])
})

test('what other model servers call a search of the web is one', () => {
  const chat = 'chat.completions.create'
  const searches = [
    { search_parameters: { mode: 'on' } },
    { enable_search: true },
    { web_search: true },
    { plugins: [{ id: 'web' }] },
    { search_parameters: { mode: 'off', Mode: 'on' } },
  ]
  for (const fields of searches) {
    const [name] = Object.keys(fields)
    assert.equal(
      verdict(() => judged(chat, fields, without('web_search'))),
      `403 hosted_tool_not_allowed ${name}`,
    )
    assert.ok(judged(chat, fields, without('mcp')))
  }
  const none = { enable_search: false, web_search: false, plugins: [], search_parameters: { mode: 'off' } }
  assert.ok(judged(chat, none, without('web_search')))
})
