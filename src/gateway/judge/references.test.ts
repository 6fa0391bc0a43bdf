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
    [name, { conversation: 'conv_1' }, 'conversation'],
    [name, { conversation: { id: 'conv_1' } }, 'conversation'],
    [name, { prompt: { id: 'pmpt_1' } }, 'prompt'],
    [name, { prompt: 'pmpt_1' }, 'prompt'],
    [name, { background: true }, 'background'],
    [name, { background: 'true' }, 'background'],
    [name, { multi_agent: { enabled: true } }, 'multi_agent'],
    [
      name,
      { prompt_cache_options: { comparison_response_id: 'resp_1' } },
      'prompt_cache_options.comparison_response_id',
    ],
    [name, { input: ['x', { type: 'item_reference', id: 'msg_1' }] }, 'input[1].id'],
    [name, { input: [{ id: 'msg_1' }] }, 'input[0].id'],
    [name, { input: [{ type: null, id: 'msg_1' }] }, 'input[0].id'],
    [name, { input: [{ type: 'image_generation_call', id: 'ig_1' }] }, 'input[0].id'],
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
          { type: 'message', id: 'msg_1' },
        ],
      },
    ],
    ['responses.create', { input: [{ type: 'image_generation_call', id: 'ig_1', result: 'QUJD' }] }],
    ['responses.create', { input: [{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'x' }] }],
    [
      'responses.create',
      { input: [{ role: 'user', content: [{ type: 'input_image', file_id: null, image_url: 'u' }] }] },
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

test('the response that a request goes on from is told to whoever knows its owner', () => {
  for (const name of responses) {
    assert.equal(judged(name, { previous_response_id: 'resp_1' }).responseId, 'resp_1')
    assert.equal(judged(name, { previous_response_id: null }).responseId, null)
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
  assert.equal(long(200)().responseId, 'r'.repeat(200))
  assert.equal(refusalOf(long(201)).status, 404)
  const about = judgedPath('GET', '/v1/responses/resp_1?stream=true')
  assert.deepEqual([about.responseId, about.stream, about.model], ['resp_1', true, null])
  assert.equal(judgedPath('DELETE', '/v1/responses/resp_1').responseId, 'resp_1')
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
