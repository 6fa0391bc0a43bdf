import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Batch } from 'openai/resources/batches'
import { modelsFile } from '../../support/models-file.ts'
import { startAccount } from '../account/account.ts'
import { envOf } from '../owned/shared.ts'
import { CHAT, chat, create, jsonl, startStage, upload } from './stage.ts'

/*
 * What of a file is refused, line by line: the batch is made, fails, and says why. Nothing of it is sent.
 */

const RESPONSES = '/v1/responses'
const respond = (custom_id: string, body: object) => ({
  ...{ custom_id, method: 'POST', url: RESPONSES },
  body: { model: 'm1', input: 'x', ...body },
})
// What some language or other ends a line at.
const ENDS = new RegExp(
  ['\n', '\r', '\u2028', '\u2029', '\u0085', '\u000b', '\u000c', '\u001c', '\u001d', '\u001e'].join('|'),
)
type Told = [code: string, line: number | null, param: string | null]
type Row = { what: string; lines: string | Buffer | readonly (object | string)[]; endpoint?: string; told: Told[] }
const good = chat('good')

const rows: Row[] = [
  { what: 'no line', lines: '', told: [['empty_file', null, 'input_file_id']] },
  { what: 'blank lines', lines: '\n \r\n\t\n', told: [['empty_file', null, 'input_file_id']] },
  {
    what: 'no JSON',
    lines: [good, '{"custom_id":', good.custom_id],
    told: [
      ['invalid_json_line', 2, null],
      ['invalid_json_line', 3, null],
    ],
  },
  { what: 'a list', lines: [good, '[]'], told: [['invalid_json_line', 2, null]] },
  {
    what: 'two objects in one line',
    lines: [`${JSON.stringify(good)} ${JSON.stringify(chat('b'))}`],
    told: [['invalid_json_line', 1, null]],
  },
  { what: 'a byte order mark', lines: `\ufeff${jsonl([good])}`, told: [['invalid_json_line', 1, null]] },
  {
    what: 'no UTF-8',
    lines: Buffer.concat([Buffer.from('{"custom_id":"'), Buffer.from([0xff]), Buffer.from('"}')]),
    told: [['invalid_json_line', 1, null]],
  },
  {
    what: 'UTF-16',
    lines: Buffer.from(jsonl([good]), 'utf16le'),
    told: [
      ['invalid_json_line', 1, null],
      ['invalid_json_line', 2, null],
    ],
  },
  {
    what: 'a number beyond all',
    lines: [JSON.stringify(chat('a', { seed: 1 })).replace('"seed":1', '"seed":1e999')],
    told: [['invalid_json_line', 1, null]],
  },
  {
    what: 'two members of one name',
    lines: ['{"custom_id":"a","custom_id":"b"}'],
    told: [['duplicate_parameter', 1, 'custom_id']],
  },
  {
    what: 'two models, the one escaped',
    lines: [JSON.stringify(chat('a')).replace('"model":"m1"', '"model":"m1","mod\\u0065l":"m2"')],
    told: [['duplicate_parameter', 1, null]],
  },
  {
    what: 'no custom_id',
    lines: [
      { ...good, custom_id: undefined },
      { ...good, custom_id: null },
    ],
    told: [
      ['missing_required_parameter', 1, 'custom_id'],
      ['missing_required_parameter', 2, 'custom_id'],
    ],
  },
  {
    what: 'a custom_id that is none',
    lines: [1, '', 'x'.repeat(513), 'a\u0000', 'a\nb', 'a\u2028b'].map((custom_id) => ({ ...good, custom_id })),
    told: [1, 2, 3, 4, 5, 6].map((line): Told => ['invalid_value', line, 'custom_id']),
  },
  { what: 'a custom_id twice', lines: [good, chat('b'), good], told: [['duplicate_custom_id', 3, 'custom_id']] },
  {
    what: 'another method',
    lines: [chat('a', {}, { method: 'GET' }), chat('b', {}, { method: 'post' }), chat('c', {}, { method: undefined })],
    told: [
      ['invalid_method', 1, 'method'],
      ['invalid_method', 2, 'method'],
      ['missing_required_parameter', 3, 'method'],
    ],
  },
  {
    what: 'another url',
    lines: [
      RESPONSES,
      `${CHAT}?stream=true`,
      `${CHAT}/`,
      CHAT.toUpperCase(),
      `https://api.openai.com${CHAT}`,
      '/v1/chat/./completions',
      1,
    ].map((url, i) => chat(`${i}`, {}, { url })),
    told: [1, 2, 3, 4, 5, 6, 7].map((line): Told => ['url_mismatch', line, 'url']),
  },
  {
    what: 'no body',
    lines: [chat('a', {}, { body: undefined }), chat('b', {}, { body: 'x' }), chat('c', {}, { body: [] })],
    told: [
      ['missing_required_parameter', 1, 'body'],
      ['invalid_type', 2, 'body'],
      ['invalid_type', 3, 'body'],
    ],
  },
  {
    what: 'what a line has not',
    lines: [chat('a', {}, { headers: { authorization: 'x' } })],
    told: [['unknown_parameter', 1, 'headers']],
  },
  {
    what: 'no model',
    lines: [chat('a', { model: undefined })],
    told: [['missing_required_parameter', 1, 'body.model']],
  },
  {
    what: 'a model that nobody has',
    lines: [chat('a', { model: 'nobody' })],
    told: [['model_not_found', 1, null]],
  },
  {
    what: 'a model that the project may not use',
    lines: [chat('a', { model: 'gpt-4o-mini' })],
    told: [['model_not_found', 1, null]],
  },
  { what: 'two models', lines: [chat('a'), chat('b', { model: 'm2' })], told: [['model_mismatch', 2, 'body.model']] },
  { what: 'a stream', lines: [chat('a', { stream: true })], told: [['invalid_value', 1, 'body.stream']] },
  {
    what: 'the background',
    lines: [respond('a', { background: true })],
    endpoint: RESPONSES,
    told: [['invalid_value', 1, 'body.background']],
  },
  {
    what: 'a tool that the project may not use',
    lines: [respond('a', { tools: [{ type: 'web_search' }] })],
    endpoint: RESPONSES,
    told: [['hosted_tool_not_allowed', 1, 'body.tools[0].type']],
  },
  {
    what: 'a file of nobody',
    lines: [respond('a', { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'file-nobodys' }] }] })],
    endpoint: RESPONSES,
    told: [['object_not_found', 1, 'body.file_id']],
  },
  {
    what: 'a response of nobody',
    lines: [respond('a', { previous_response_id: 'resp_nobodys' })],
    endpoint: RESPONSES,
    told: [['previous_response_not_found', 1, 'body.previous_response_id']],
  },
  {
    what: 'a field that nobody knows to be harmless',
    lines: [chat('a', { api_base: 'http://h' })],
    told: [['not_offered', 1, 'body.api_base']],
  },
]

test('a file of which a line may not be sent fails, says which and why, and nothing of it is sent', async () => {
  await using account = await startAccount({ models: ['m1', 'm2', 'gpt-4o-mini'] })
  await using file = await modelsFile({ m1: {}, m2: {} })
  await using it = await startStage({ env: { ...envOf(account), GATEHOUSE_CONFIG: file.path } })
  const { projects } = it.app.admin().organization
  await projects.modelPermissions.update(it.a.projectId, { mode: 'deny_list', model_ids: ['gpt-4o-mini'] })
  await projects.hostedToolPermissions.update(it.a.projectId, { web_search: { enabled: false } })
  const made: { row: Row; batch: Batch }[] = []
  for (const row of rows) {
    const content = typeof row.lines === 'string' || Buffer.isBuffer(row.lines) ? row.lines : jsonl(row.lines)
    made.push({ row, batch: await create(it.a.client, content, { endpoint: row.endpoint ?? CHAT }) })
  }
  for (const { row, batch } of made) {
    const failed = await it.reach(it.a.client, batch.id, 'failed')
    const told = failed.errors?.data?.map(({ code, line, param }) => [code, line, param])
    assert.deepEqual(told, row.told, `${row.what}: ${JSON.stringify(failed.errors)}`)
    assert.ok(
      failed.errors?.data?.every(({ message }) => message),
      row.what,
    )
    assert.ok(failed.failed_at)
  }
  assert.equal(account.requests.filter(({ method, path }) => method === 'POST' && path === '/v1/batches').length, 0)
  assert.equal(account.files.size, rows.length)
})

test('what readers could take for the end of a line is none in what is sent', async () => {
  await using it = await startStage()
  const within = ['\u2028', '\u2029', '\u0085', '\u000b', '\u001e', '\r'].map(
    (end) => `x${end}${JSON.stringify(chat('within', { model: 'gpt-4o-mini' }))}${end}`,
  )
  const lines = within.map((content, i) => chat(`${i}`, { messages: [{ role: 'user', content }] }))
  // As a client could write it that escapes nothing it need not.
  const { id } = await create(it.a.client, `${lines.map((line) => JSON.stringify(line)).join('\r\n')}`)
  const sent = (await it.sent(id)).lines()
  assert.equal(sent.trimEnd().split(ENDS).length, lines.length)
  assert.deepEqual(
    sent
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    lines,
  )
})

test('a number is sent as it was written, also in what is sent otherwise than it came', async () => {
  await using account = await startAccount({ models: ['theirs'] })
  await using file = await modelsFile({ m1: { name_upstream: 'theirs' } })
  await using it = await startStage({ env: { ...envOf(account), GATEHOUSE_CONFIG: file.path } })
  const { projects } = it.app.admin().organization
  // So that tools are written as they were read.
  await projects.hostedToolPermissions.update(it.a.projectId, { web_search: { enabled: false } })
  const numbers = ['12345678901234567890', '9007199254740993', '1.0', '1e2', '-0', '0.10', '1234567.1234567890123', '7']
  const tool = (number: string) =>
    `{"type":"function","function":{"name":"f","parameters":{"1":[${number}],"__proto__":{"größe":${number}}}}}`
  const lines = numbers.map(
    (number, i) =>
      `{"custom_id":"${i}","method":"POST","url":"${CHAT}","body":{"model":"m1","seed":7,"logit_bias":{"1":${number}},` +
      `"messages":[{"role":"user","content":"${number}"}],"tools":[${tool(number)}]}}`,
  )
  const { id } = await create(it.a.client, lines.join('\n'))
  const { id: theirs } = await it.sent(id)
  const sent = account.files.beside(account.batches.get(theirs).input_file_id).text()
  assert.equal(sent, lines.map((line) => `${line.replace('"model":"m1"', '"model":"theirs"')}\n`).join(''))
})

test('a batch tells of a hundred refused lines, and of too many lines by themselves', async () => {
  await using it = await startStage({ keptBytes: 50_000_000 })
  const many = await create(it.a.client, jsonl(Array.from({ length: 300 }, () => '{}')))
  const failed = await it.reach(it.a.client, many.id, 'failed')
  assert.equal(failed.errors?.data?.length, 100)
  const lines = Array.from({ length: 50_001 }, (_, i) => chat(`${i}`))
  const over = await create(it.a.client, jsonl(lines))
  assert.deepEqual(
    (await it.reach(it.a.client, over.id, 'failed')).errors?.data?.map(({ code, line }) => [code, line]),
    [['too_many_tasks', null]],
  )
})

test('what is asked for with a batch is judged exactly', async () => {
  await using it = await startStage()
  const input_file_id = await upload(it.a.client, jsonl([good]))
  const other = await it.a.client.files.create({ file: new File(['x'], 'x.txt'), purpose: 'user_data' })
  const wanted = { input_file_id, endpoint: CHAT, completion_window: '24h' }
  const refused: [object, code: string | null, param: string, status?: number][] = [
    [{ input_file_id: undefined }, 'missing_required_parameter', 'input_file_id'],
    [{ input_file_id: 1 }, 'invalid_type', 'input_file_id'],
    [{ input_file_id: 'file-nobodys' }, null, 'input_file_id', 404],
    [{ input_file_id: other.id }, 'invalid_value', 'input_file_id'],
    [{ endpoint: undefined }, 'missing_required_parameter', 'endpoint'],
    ...['/v1/videos', '/v1/batches', '/v1/files', CHAT.slice(3), `${CHAT}?x=1`].map(
      (endpoint): [object, string, string] => [{ endpoint }, 'invalid_value', 'endpoint'],
    ),
    [{ completion_window: '48h' }, 'invalid_value', 'completion_window'],
    [{ completion_window: null }, 'missing_required_parameter', 'completion_window'],
    [{ metadata: [] }, 'invalid_type', 'metadata'],
    [{ metadata: { a: 1 } }, 'invalid_type', 'metadata.a'],
    [{ metadata: { a: 'x'.repeat(513) } }, 'invalid_value', 'metadata.a'],
    [{ metadata: { ['a'.repeat(65)]: 'x' } }, 'invalid_value', 'metadata'],
    [
      { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`${i}`, 'x'])) },
      'invalid_value',
      'metadata',
    ],
    [{ output_expires_after: { anchor: 'created_at' } }, 'missing_required_parameter', 'output_expires_after.seconds'],
    [{ output_expires_after: { anchor: 'now', seconds: 3600 } }, 'invalid_value', 'output_expires_after.anchor'],
    ...[3599, 2_592_001].map((seconds): [object, string, string] => [
      { output_expires_after: { anchor: 'created_at', seconds } },
      'invalid_value',
      'output_expires_after.seconds',
    ]),
    [
      { output_expires_after: { anchor: 'created_at', seconds: 3600, x: 1 } },
      'unknown_parameter',
      'output_expires_after.x',
    ],
    [{ model: 'm1' }, 'unknown_parameter', 'model'],
  ]
  for (const [more, code, param, status = 400] of refused) {
    const reply = await it.app.send('POST', '/v1/batches', { key: it.a.key, body: { ...wanted, ...more } })
    const { error } = reply.body
    assert.deepEqual(
      [reply.status, error?.code, error?.param],
      [status, code, param],
      `${JSON.stringify(more)}: ${reply.text}`,
    )
  }
  const theirs = await it.app.send('POST', '/v1/batches', { key: it.b.key, body: wanted })
  assert.deepEqual([theirs.status, theirs.body.error.message], [404, `No such File object: ${input_file_id}`])
  assert.deepEqual((await it.a.client.batches.list()).data, [])
})
