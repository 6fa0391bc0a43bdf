import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judged, judgedForm, judgedPath, refusalOf, verdict } from '../../../test/gateway/judging.ts'
import type { RouteName } from '../routes/table.ts'

const responses = ['responses.create', 'responses.compact', 'responses.inputTokens.count'] as const
const inMessage = (part: object) => ({ messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }, part] }] })
const inTool = (tool: object) => ({ tools: [{ type: 'function', name: 'f' }, tool] })

/** Each field of a request that names something stored, from the types of openai 7.57. */
const references: [RouteName, object, string][] = [
  ['chat.completions.create', { models: ['m2'] }, 'models'],
  ['completions.create', { fallbacks: [{ model: 'm2' }] }, 'fallbacks'],
  ['chat.completions.create', { api_base: 'http://10.0.0.1/v1' }, 'api_base'],
  ['chat.completions.create', { n_predict: 1_000_000 }, 'n_predict'],
  ['chat.completions.create', { previous_response_id: 'resp_1' }, 'previous_response_id'],
  ['chat.completions.create', { conversation: 'conv_1' }, 'conversation'],
  ...responses.flatMap((name): [RouteName, object, string][] => [
    // Where no upstream keeps any.
    [name, { conversation: 'conv_1' }, 'conversation'],
    [name, { conversation: { id: 'conv_1' } }, 'conversation'],
    [name, { prompt: { id: 'pmpt_1' } }, 'prompt'],
    [name, { prompt: 'pmpt_1' }, 'prompt'],
    // The first can be in the background, where an upstream offers that.
    ...(name === 'responses.create'
      ? []
      : ([true, 'true'] as const).map((background): [RouteName, object, string] => [
          name,
          { background },
          'background',
        ])),
    [name, { multi_agent: { enabled: true } }, 'multi_agent'],
    [name, { input: [{ type: 'code_interpreter_call', container_id: 'cntr_1' }] }, 'input[0].container_id'],
    [name, { input: [{ type: 'computer_call_output', output: { file_id: 'file-1' } }] }, 'input[0].output.file_id'],
    [
      name,
      { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'f' }] }] },
      'input[0].content[0].file_id',
    ],
    [
      name,
      { input: [{ type: 'shell_call', environment: { container_id: 'c' } }] },
      'input[0].environment.container_id',
    ],
    [name, { input: [{ type: 'function_call_output', output: [{ file_id: 'f' }] }] }, 'input[0].output[0].file_id'],
  ]),
  ['responses.create', inTool({ type: 'file_search', vector_store_ids: ['vs_1'] }), 'tools[1].vector_store_ids'],
  ['responses.create', inTool({ type: 'file_search', vector_store_ids: 'vs_1' }), 'tools[1].vector_store_ids'],
  ['responses.create', inTool({ type: 'code_interpreter', container: 'cntr_1' }), 'tools[1].container'],
  ['responses.create', inTool({ type: 'code_interpreter', container: ['cntr_1'] }), 'tools[1].container'],
  ['responses.create', inTool({ type: 'code_interpreter', container: { id: 'cntr_1' } }), 'tools[1].container'],
  ['responses.create', inTool({ container: { type: 'auto', file_ids: ['f'] } }), 'tools[1].container.file_ids'],
  ['responses.create', inTool({ type: 'mcp', connector_id: 'connector_gmail' }), 'tools[1].connector_id'],
  ['responses.create', inTool({ type: 'mcp', tunnel_id: 't' }), 'tools[1].tunnel_id'],
  ['responses.create', inTool({ input_image_mask: { file_id: 'f' } }), 'tools[1].input_image_mask.file_id'],
  [
    'responses.create',
    inTool({ environment: { skills: [{ skill_id: 's' }] } }),
    'tools[1].environment.skills[0].skill_id',
  ],
  ['responses.create', inTool({ type: 'x', File_ID: 'f' }), 'tools[1].File_ID'],
  [
    'chat.completions.create',
    inMessage({ type: 'file', file: { file_id: 'f' } }),
    'messages[0].content[1].file.file_id',
  ],
  ['chat.completions.create', inMessage({ type: 'file', file: { file_id: 7 } }), 'messages[0].content[1].file.file_id'],
  ['chat.completions.create', { messages: [{ role: 'assistant', audio: { id: 'audio_1' } }] }, 'messages[0].audio.id'],
  ['chat.completions.create', { audio: { format: 'mp3', voice: { id: 'voice_1' } } }, 'audio.voice.id'],
  ['audio.speech.create', { input: 'x', voice: { id: 'voice_1' } }, 'voice.id'],
]

test('what names a stored thing in a body is 400 not_offered, and the field is named', () => {
  for (const [name, fields, param] of references)
    assert.equal(
      verdict(() => judged(name, fields)),
      `400 not_offered ${param}`,
      JSON.stringify(fields),
    )
  const { message } = refusalOf(() => judged('responses.create', { conversation: 'conv_1' }))
  assert.equal(message, "The parameter 'conversation' is not offered by this server yet.")
  assert.equal(
    verdict(() => judgedForm('images.edit', { 'image[file_id]': 'f' })),
    '400 not_offered image[file_id]',
  )
  assert.equal(
    verdict(() => judgedForm('audio.translations.create', { file_id: 'f' })),
    '400 not_offered file_id',
  )
})

test('fields that could name something and do not are let through', () => {
  const schema = { type: 'object', properties: { file_id: { type: 'string' }, container: {} }, required: ['file_id'] }
  const fine: [RouteName, object][] = [
    [
      'responses.create',
      { conversation: null, prompt: null, background: false, prompt_cache_options: { mode: 'explicit' } },
    ],
    [
      'responses.create',
      {
        input: [
          { role: 'user', content: 'my file_id is file-1' },
          { type: 'message', id: 'msg_1', content: 'x' },
        ],
      },
    ],
    ['responses.create', { input: [{ type: 'image_generation_call', id: 'ig_1', result: 'QUJD' }] }],
    ['responses.create', { input: [{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'x' }] }],
    [
      'responses.create',
      { input: [{ role: 'user', content: [{ type: 'input_image', file_id: null, image_url: 'https://u' }] }] },
    ],
    ['responses.create', { input: [{ type: 'tool_search_call', arguments: { file_id: 'f' } }] }],
    ['responses.create', { metadata: { file_id: 'f', conversation: 'c' } }],
    ['responses.create', inTool({ type: 'code_interpreter', container: { type: 'auto', file_ids: [] } })],
    ['responses.create', inTool({ type: 'function', parameters: schema })],
    ['chat.completions.create', inTool({ type: 'function', function: { name: 'f', parameters: schema } })],
    [
      'chat.completions.create',
      { messages: [{ role: 'assistant', audio: null, content: 'x' }], audio: { voice: 'alloy' } },
    ],
    ['completions.create', { prompt: 'p' }],
    ['images.generate', { prompt: 'p', background: 'transparent' }],
    ['audio.speech.create', { input: 'x', voice: 'alloy' }],
  ]
  for (const [name, fields] of fine) assert.ok(judged(name, fields), JSON.stringify(fields))
})

/** Items that are nothing but a reference; those that are one if somebody keeps the thing; and those that bring all of theirs. */
const referring: object[] = [
  { type: 'item_reference', id: 'x_1' },
  { id: 'x_1' },
  { type: null, id: 'x_1' },
  { type: 'image_generation_call', id: 'x_1' },
  { type: 'image_generation_call', id: 'x_1', result: null },
]
const bare: object[] = [
  { type: 'reasoning', id: 'x_1' },
  { type: 'reasoning', id: 'x_1', summary: [{ type: 'summary_text', text: 'x' }], content: [] },
  { type: 'reasoning', id: 'x_1', summary: [], encrypted_content: '' },
  { type: 'message', id: 'x_1', role: 'assistant', phase: 'commentary' },
  { id: 'x_1', role: 'assistant', name: 'x' },
  { type: 'function_call', id: 'x_1', call_id: 'call_1', name: 'f' },
  { type: 'custom_tool_call', id: 'x_1', call_id: 'call_1', name: 'f', input: '' },
  { type: 'function_call_output', id: 'x_1', call_id: 'call_1' },
  { type: 'compaction', id: 'x_1', created_by: 'x' },
  { type: 'message', id: 'x_1' },
  { type: 'message', id: 'x_1', role: 'assistant', content: [] },
  { id: 'x_1', role: 'assistant', content: null },
  { type: 'function_call', id: 'x_1', status: 'completed' },
  { type: 'web_search_call', id: 'x_1' },
  { type: 'anything', id: 'x_1', output: [] },
]
const complete: object[] = [
  { type: 'image_generation_call', id: 'x_1', result: 'QUJD' },
  { type: 'reasoning', id: 'x_1', summary: [], encrypted_content: 'x' },
  { type: 'reasoning', id: 'x_1', summary: [], content: [{ type: 'reasoning_text', text: 'x' }] },
  { type: 'reasoning', summary: [] },
  { type: 'message', id: 'x_1', role: 'assistant', content: [{ type: 'output_text', text: 'x' }] },
  { id: 'x_1', role: 'assistant', content: 'x' },
  { role: 'user' },
  { type: 'function_call', id: 'x_1', call_id: 'call_1', name: 'f', arguments: '{}' },
  { type: 'web_search_call', id: 'x_1', action: { type: 'search', query: 'x' } },
  { type: 'function_call_output', call_id: 'call_1', output: '' },
]

test('an item that brings nothing but its id is told to whoever knows its owner, and no other is', () => {
  for (const name of responses) {
    for (const item of [...referring, ...bare]) {
      const { references } = judged(name, { input: ['x', item] })
      const found = { kind: 'item', id: 'x_1', param: 'input[1].id', isIfKept: bare.includes(item) }
      assert.deepEqual(references, [found], JSON.stringify(item))
    }
    for (const id of [null, 5, '', 'a/b', 'x'.repeat(201)])
      assert.equal(judged(name, { input: [{ type: 'reasoning', id, summary: [] }] }).references.length, 0)
    for (const item of complete)
      assert.equal(judged(name, { input: [item] }).references.length, 0, JSON.stringify(item))
    const input = [{ type: 'item_reference', id: 'msg_1' }]
    const all = { input, previous_response_id: 'resp_1', prompt_cache_options: { comparison_response_id: 'resp_2' } }
    assert.deepEqual(
      judged(name, all).references.map(({ kind, id }) => `${kind} ${id}`),
      ['response resp_1', 'response resp_2', 'item msg_1'],
    )
    for (const id of [null, 5, {}])
      assert.equal(
        verdict(() => judged(name, { input: [{ type: 'item_reference', id }] })),
        '400 invalid_type input[0].id',
      )
    for (const id of ['', 'a/b', 'x'.repeat(201), '\ud800']) {
      const { status, code, message } = refusalOf(() => judged(name, { input: [{ type: 'item_reference', id }] }))
      assert.deepEqual([status, code], [404, null])
      assert.match(message, /^Item with id '.*' not found\. /)
    }
    const many = Array.from({ length: 4097 }, (_, i) => ({ type: 'item_reference', id: `msg_${i}` }))
    assert.equal(judged(name, { input: many.slice(1) }).references.length, 4096)
    assert.equal(
      verdict(() => judged(name, { input: many })),
      '400 invalid_value input',
    )
  }
})

test('the response that a request goes on from is told to whoever knows its owner', () => {
  for (const name of responses) {
    assert.equal(judged(name, { previous_response_id: 'resp_1' }).references[0]?.id, 'resp_1')
    assert.equal(judged(name, { previous_response_id: null }).references.length, 0)
    assert.equal(
      verdict(() => judged(name, { previous_response_id: 5 })),
      '400 invalid_type previous_response_id',
    )
    for (const id of ['', 'a/b', '..', 'resp 1', 'r\u00e9']) {
      const refused = refusalOf(() => judged(name, { previous_response_id: id }))
      assert.deepEqual([refused.status, refused.message], [404, `Previous response with id '${id}' not found.`])
    }
  }
  const long = (units: number) => () => judged('responses.create', { previous_response_id: 'r'.repeat(units) })
  assert.equal(long(200)().references[0]?.id, 'r'.repeat(200))
  assert.equal(refusalOf(long(201)).status, 404)
  const about = judgedPath('GET', '/v1/responses/resp_1?stream=true')
  assert.deepEqual([about.references[0]?.id, about.stream, about.model], ['resp_1', true, null])
  assert.equal(judgedPath('DELETE', '/v1/responses/resp_1').references[0]?.id, 'resp_1')
})

test('a body as deep as it is long is refused, in a time that its length bounds', () => {
  const deep = (open: string, close: string, levels: number): unknown =>
    JSON.parse(`${open.repeat(levels)}1${close.repeat(levels)}`)
  for (const levels of [66, 5000]) {
    for (const value of [deep('[', ']', levels), deep('{"a":', '}', levels), deep('[{"parameters":', '}]', levels)]) {
      for (const field of [
        'input',
        'messages',
        'prompt',
        'functions',
        'tool_choice',
        'moderation',
        'svg',
        'stream_options',
      ]) {
        const call = () => judged('chat.completions.create', { [field]: value, stream: true })
        assert.equal(verdict(call), `400 invalid_value ${field}`)
      }
      assert.equal(
        verdict(() => judged('responses.create', { tools: [{ type: 'x', a: value }] })),
        '400 invalid_value tools',
      )
    }
  }
  assert.ok(judged('chat.completions.create', { messages: deep('[', ']', 60) }))
})
