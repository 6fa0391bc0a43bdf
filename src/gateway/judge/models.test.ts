import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  judged,
  judgedForm,
  judgedPath,
  judgedText,
  refusalOf,
  upstreamsAre,
  verdict,
} from '../../../test/gateway/judging.ts'
import { dialectOf } from '../../core/upstream-kind.ts'
import type { ProjectRules } from '../rules/index.ts'

const allow: Partial<ProjectRules> = { models: { mode: 'allow_list', ids: new Set(['m1', 'alias']) } }
const deny: Partial<ProjectRules> = { models: { mode: 'deny_list', ids: new Set(['m2', 'pics']) } }

test('a request names its model with a text, or is told so', () => {
  const cases: [unknown, string][] = [
    [undefined, '400 missing_required_parameter model'],
    [null, '400 missing_required_parameter model'],
    [7, '400 invalid_type model'],
    [['m1'], '400 invalid_type model'],
    [{ id: 'm1' }, '400 invalid_type model'],
    [true, '400 invalid_type model'],
    ['', '404 model_not_found null'],
    ['M1', '404 model_not_found null'],
    ['m1 ', '404 model_not_found null'],
    ['__proto__', '404 model_not_found null'],
    ['constructor', '404 model_not_found null'],
    ['\u0000', '404 model_not_found null'],
  ]
  for (const [model, expected] of cases) {
    assert.equal(
      verdict(() => judged('chat.completions.create', { model })),
      expected,
      JSON.stringify(model),
    )
  }
  for (const name of ['moderations.create', 'responses.inputTokens.count', 'images.generate'] as const)
    assert.equal(
      verdict(() => judged(name, { model: undefined })),
      '400 missing_required_parameter model',
    )
  assert.equal(
    verdict(() => judgedText('chat.completions.create', '{}')),
    '400 missing_required_parameter model',
  )
  assert.equal(
    verdict(() => judgedPath('POST', '/v1/chat/completions')),
    '400 missing_required_parameter model',
  )
})

test('an unknown model is the original 404, its id shortened', () => {
  const { message } = refusalOf(() => judged('chat.completions.create', { model: 'x'.repeat(100_000) }))
  assert.equal(message, `The model \`${'x'.repeat(200)}\` does not exist or you do not have access to it.`)
})

test('a model policy judges the id that the client wrote', () => {
  for (const rules of [allow, deny]) {
    assert.equal(judged('chat.completions.create', { model: 'm1' }, rules).model?.id, 'm1')
    const refused = refusalOf(() => judged('chat.completions.create', { model: 'm2' }, rules))
    assert.deepEqual(refused, {
      status: 403,
      code: 'model_not_found',
      param: null,
      message: 'Project `proj_1` does not have access to model `m2`',
    })
  }
  assert.equal(
    verdict(() => judgedForm('images.edit', { model: 'pics' }, [], deny)),
    '403 model_not_found null',
  )
})

test('a model goes to its upstream by the name it has there', () => {
  assert.equal(judged('chat.completions.create', { model: 'alias' }).sent.model, 'real/name')
  assert.equal(judgedForm('images.edit', { model: 'pics' }).sent.model, 'image-9')
  assert.deepEqual(judged('chat.completions.create', {}).edited, [])
  assert.equal(
    verdict(() => judged('chat.completions.create', { model: 'real/name' })),
    '404 model_not_found null',
  )
})

test('a model that a tool or another field names is judged too, and renamed', () => {
  const tool = { type: 'image_generation', model: 'pics', svg: { model: 'alias' } }
  assert.deepEqual(judged('responses.create', { tools: [tool] }).sent.tools, [
    { type: 'image_generation', model: 'image-9', svg: { model: 'real/name' } },
  ])
  const cases: [object, string][] = [
    [{ tools: [{ type: 'function' }, tool] }, '403 model_not_found tools[1].model'],
    [{ tools: [{ type: 'image_generation', svg: { model: 'm2' } }] }, '403 model_not_found tools[0].svg.model'],
    [{ tools: [{ type: 'image_generation', model: 'gone' }] }, '404 model_not_found tools[0].model'],
    [{ tools: [{ type: 'image_generation', model: 5 }] }, '400 invalid_type tools[0].model'],
    [{ tools: [{ type: 'image_generation', Model: 'm2' }] }, '403 model_not_found tools[0].Model'],
    [{ tools: [{ type: 'function', model: 'm2' }] }, '403 model_not_found tools[0].model'],
    [{ tools: [{ type: 'function', Model: 'm2' }] }, '403 model_not_found tools[0].Model'],
    [{ tools: [{ type: 'custom', custom: { model: 'm2' } }] }, '403 model_not_found tools[0].custom.model'],
    [
      { tools: [{ type: 'namespace', tools: [{ type: 'x', model: 'm2' }] }] },
      '403 model_not_found tools[0].tools[0].model',
    ],
    [{ input: [{ type: 'additional_tools', tools: [tool] }] }, '403 model_not_found input[0].tools[0].model'],
    [{ moderation: { model: 'm2' } }, '403 model_not_found moderation.model'],
    [{ svg: { model: 'm2' } }, '403 model_not_found svg.model'],
  ]
  for (const [fields, expected] of cases)
    assert.equal(
      verdict(() => judged('responses.create', fields, deny)),
      expected,
      JSON.stringify(fields),
    )
  assert.deepEqual(judged('responses.create', { moderation: { model: 'alias' } }).sent.moderation, {
    model: 'real/name',
  })
  assert.equal(
    verdict(() => judgedForm('images.edit', { 'svg[model]': 'm2' }, [], deny)),
    '403 model_not_found svg[model]',
  )
  assert.equal(judgedForm('images.edit', { 'svg[model]': 'alias' }).sent['svg[model]'], 'real/name')
})

test('a model that is named in a list, or under a name that is a schema elsewhere, is judged and renamed all the same', () => {
  const chat = 'chat.completions.create'
  const named = (model: string): [object, string][] => [
    [{ tools: [{ type: 'openrouter:image_generation', parameters: { model } }] }, 'tools[0].parameters.model'],
    [{ tools: [{ type: 'x', agents: [{ model }] }] }, 'tools[0].agents[0].model'],
    [
      { tools: [{ type: 'function', function: { name: 'f', parameters: {} }, agents: [{ model }] }] },
      'tools[0].agents[0].model',
    ],
    [{ tools: [{ type: 'custom', custom: { form: { model } } }] }, 'tools[0].custom.form.model'],
    [{ tools: [{ type: 'x', config: [[{ model }]] }] }, 'tools[0].config[0][0].model'],
    [{ tools: [{ type: 'x', schema: { model } }] }, 'tools[0].schema.model'],
    [{ tools: [{ type: 'x', function: { parameters: { model } } }] }, 'tools[0].function.parameters.model'],
    [{ tools: [{ parameters: { model } }] }, 'tools[0].parameters.model'],
    [{ tools: [{ type: 'function', Type: 'x', parameters: { model } }] }, 'tools[0].parameters.model'],
    [{ tools: [{ type: 'function', function: { Parameters: { model } } }] }, 'tools[0].function.Parameters.model'],
    [{ tools: [{ type: 'x', tools: [{ type: 'y', schema: [{ model }] }] }] }, 'tools[0].tools[0].schema[0].model'],
    [{ svg: [{ model }] }, 'svg[0].model'],
    [{ svg: { schema: { model } } }, 'svg.schema.model'],
    [{ moderation: [{ model }] }, 'moderation[0].model'],
    [{ moderation: { list: [{ Model: model }] } }, 'moderation.list[0].Model'],
    [{ messages: [{ role: 'system', tools: [{ type: 'x', a: [{ model }] }] }] }, 'messages[0].tools[0].a[0].model'],
    [{ input: [{ tools: [{ type: 'x', parameters: { model } }] }] }, 'input[0].tools[0].parameters.model'],
  ]
  const sent = named('image-9')
  for (const [i, [fields, param]] of named('pics').entries()) {
    assert.equal(
      verdict(() => judged(chat, fields, deny)),
      `403 model_not_found ${param}`,
    )
    const { sent: whole, within } = judged(chat, fields)
    const [field = ''] = Object.keys(fields)
    assert.deepEqual(whole[field], Object.values(sent[i]?.[0] ?? {})[0], param)
    assert.deepEqual(
      within.map((one) => [one.model.id, one.param]),
      [['pics', param]],
    )
  }
})

test('schemas of what the client runs may have properties of any name', () => {
  const schema = {
    type: 'object',
    properties: { model: { type: 'string' }, url: {}, api_base: {} },
    model: 'm2',
    anyOf: [{ model: 'm2' }],
  }
  const tools = [
    { type: 'function', function: { name: 'f', parameters: schema, returns: schema } },
    { function: { name: 'f', parameters: schema } },
    { type: 'function', name: 'f', parameters: schema, output_schema: schema },
    { name: 'f', input_schema: schema },
    { type: 'custom', name: 'f', input_schema: schema },
    { type: 'custom', custom: { name: 'f', format: { type: 'json_schema', schema } } },
    { type: 'tool_search', execution: 'client', parameters: schema },
    { type: 'namespace', name: 'n', tools: [{ type: 'function', name: 'f', parameters: schema }] },
  ]
  for (const tool of tools) {
    assert.deepEqual(judged('responses.create', { tools: [tool] }, deny).within, [], JSON.stringify(tool))
    assert.ok(judged('chat.completions.create', { messages: [{ role: 'system', tools: [tool] }] }, deny))
  }
  for (const key of ['value', 'schema', 'json_schema'])
    assert.ok(judged('chat.completions.create', { response_format: { type: 'json_object', [key]: schema } }, deny))
})

test('a field that a model server is spared names no model', () => {
  using _ = upstreamsAre({ a: dialectOf('openai', [], 'drop') })
  const { sent, within } = judged('chat.completions.create', { model: 'on-a', svg: [{ model: 'pics' }] }, deny)
  assert.deepEqual([sent.svg, within], [undefined, []])
})

test('what a function takes, and the headers of an MCP server, are no models', () => {
  const parameters = { type: 'object', properties: { model: { type: 'string' } }, model: 'm2' }
  const tools = [
    { type: 'function', function: { name: 'f', parameters } },
    { type: 'mcp', server_label: 's', headers: { model: 'm2' } },
  ]
  assert.deepEqual(judged('responses.create', { tools }, deny).sent.tools, tools)
})

test('a second model under a name that a careless reader takes for the first is refused', () => {
  for (const key of [
    'Model',
    'MODEL',
    'mOdel',
    'Tools',
    'ſtore',
    'ſtream',
    'toolſ',
    'N',
    'Max_Tokens',
    'bac\u212Aground',
  ])
    assert.equal(
      verdict(() => judged('chat.completions.create', { [key]: 'm2' })),
      `400 unknown_parameter ${key}`,
    )
  for (const key of ['model\u0000', ' model', 'model ', 'Something', 'm\u043edel'])
    assert.equal(judged('chat.completions.create', { [key]: 'm2' }).model?.id, 'm1')
})
