import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { modelsFile } from '../support/models-file.ts'
import { makeKey, startGate, type TestGate } from './gate.ts'
import { judged, judgedForm, verdict } from './judging.ts'
import { json, until } from './upstream.ts'

/*
 * An image is edited by a form, or by JSON with links: the same route, judged alike.
 */

const EDITS = '/v1/images/edits'
const edit = 'images.edit'
const png = `data:image/png;base64,${'A'.repeat(4000)}`
const link = 'https://images.example/a.png'
const images = [{ image_url: png }]

test('an image costs what it costs in a form, however JSON brings it', () => {
  const form = judgedForm(edit, { prompt: 'hello', n: '2' }, [3000])
  const ways: Record<string, object> = {
    'the original': { images },
    'a list of data': { images: [png] },
    'one image': { image: png },
    'one in an object': { images: { image_url: png } },
    'a mask': { images: [], mask: { image_url: png } },
    'a mask of another server': { mask: png },
  }
  for (const [what, fields] of Object.entries(ways)) {
    const { worst, besideText, inputText } = judged(edit, { prompt: 'hello', n: 2, ...fields })
    assert.equal(inputText(), 'hello', what)
    assert.equal(besideText, form.besideText, what)
    assert.equal(worst.inputTokens, form.worst.inputTokens, what)
    assert.equal(worst.images, 2, what)
    assert.ok(worst.boundTokens >= 50_000, what)
    assert.ok(worst.boundTokens < 53_000, `${what}: its bytes are no text`)
  }
  assert.equal(judged(edit, { images: [...images, ...images], mask: { image_url: png } }).besideText, 3000)
  assert.equal(judged('images.generate', { prompt: 'x', image: [png, png] }).besideText, 2000)
})

test('behind a link stands what nobody bounds, wherever it is', () => {
  for (const fields of [
    { images: [{ image_url: link }] },
    { images: [link] },
    { image: link },
    { images: [{ url: link }] },
    { images, mask: { image_url: link } },
    { mask: link },
    { images: [{ image_url: { url: link } }] },
  ]) {
    assert.notEqual(judged(edit, fields).caps.unseen, null, JSON.stringify(fields))
    assert.equal(judged(edit, { model: 'reader', ...fields }).caps.inputTokens, 8192)
  }
  assert.equal(judged(edit, { images }).caps.unseen, null)
  assert.notEqual(judged('images.generate', { image: link }).caps.unseen, null)
})

test('what is refused in a form is refused in JSON, and a file by its id in both', () => {
  const refused: [fields: object, says: string][] = [
    [{ images: [{ file_id: 'file-1' }] }, '400 not_offered images[0].file_id'],
    [{ images: [...images, { file_id: 'file-1' }] }, '400 not_offered images[1].file_id'],
    [{ images: [{ image_url: png, file_id: 'file-1' }] }, '400 not_offered images[0].file_id'],
    [{ images: { file_id: 'file-1' } }, '400 not_offered images.file_id'],
    [{ images, mask: { file_id: 'file-1' } }, '400 not_offered mask.file_id'],
    [{ image: { File_ID: 'file-1' } }, '400 not_offered image.File_ID'],
    [{ image: { url: link } }, '400 not_offered image.url'],
    [{ images, model: 'nobodys' }, '404 model_not_found null'],
    [{ images, n: 0 }, '400 integer_below_min_value n'],
    [{ images, n: 129 }, '400 integer_above_max_value n'],
    [{ images, stream: 'yes' }, '400 invalid_type stream'],
    [{ images, Model: 'm2' }, '400 unknown_parameter Model'],
    [{ images, Images: [] }, '400 unknown_parameter Images'],
    [{ images, models: ['m2'] }, '400 not_offered models'],
    [{ images, api_base: 'http://10.0.0.1' }, '400 not_offered api_base'],
    [{ images, svg: { model: 'nobodys' } }, '404 model_not_found svg.model'],
    [{ images, previous_response_id: 'resp_1' }, '400 not_offered previous_response_id'],
  ]
  for (const [fields, says] of refused)
    assert.equal(
      verdict(() => judged(edit, fields)),
      says,
    )
  // A variation is asked for with a form only.
  assert.throws(() => judged('images.createVariation', { image: png }))
})

describe('through the gate', () => {
  let gate: TestGate
  let file: Awaited<ReturnType<typeof modelsFile>>
  before(async () => {
    file = await modelsFile({
      m1: {
        dimensions: ['images'],
        max_output_tokens: 100,
        price_per_million: { input: 1000, output: 1000 },
        name_upstream: 'image-9',
      },
    })
    gate = await startGate({ env: { GATEHOUSE_CONFIG: file.path }, models: [{ id: 'image-9' }] })
    const usage = { input_tokens: 7, output_tokens: 2, total_tokens: 9 }
    gate.upstream.answer(json({ created: 1, data: [{ b64_json: 'AA' }], usage }))
  })
  after(async () => {
    await gate[Symbol.asyncDispose]()
    await file[Symbol.asyncDispose]()
  })
  const send = (key: string, body: unknown, headers: Record<string, string> = {}) =>
    gate.app.send('POST', EDITS, { key, body, headers })

  test('JSON goes on as JSON, under the name that the model server knows, and is metered and priced as an edit', async () => {
    const { key, projectId } = await makeKey(gate.app)
    const before = gate.upstream.calls.length
    assert.equal((await send(key, { model: 'm1', prompt: 'x', images })).status, 200)
    const call = await gate.upstream.call(before)
    await call.whole
    assert.deepEqual(JSON.parse(call.body.toString()), { model: 'image-9', prompt: 'x', images })
    assert.equal(call.header('content-type'), 'application/json')
    const rows = () => gate.app.db.selectFrom('usage_rollup').selectAll().where('project_id', '=', projectId).execute()
    await until(async () => (await rows()).length > 0, 'the use of an edit')
    const [row] = (await rows()).filter(({ kind }) => kind === 'images')
    assert.deepEqual([row?.source, row?.num_model_requests, row?.units], ['image.edit', 1, 1])
    const costs = (await rows()).filter(({ kind, grain }) => kind === 'costs' && grain === 60)
    assert.deepEqual(costs.map(({ line_item }) => line_item).sort(), ['m1, input_tokens', 'm1, output_tokens'])
  })

  test('a limit of images holds for both, and so does a link where a spend limit holds', async () => {
    const { key, projectId } = await makeKey(gate.app)
    const { projects } = gate.app.admin().organization
    const limit = { project_id: projectId, max_images_per_1_minute: 1 }
    await projects.rateLimits.updateRateLimit('rl-m1', limit)
    const refused = await send(key, { model: 'm1', prompt: 'x', images, n: 2 })
    assert.deepEqual([refused.status, refused.body.error.type], [429, 'input-images'], refused.text)
    await projects.spendLimit.update(projectId, { currency: 'USD', interval: 'month', threshold_amount: 100_000 })
    const linked = await send(key, { model: 'm1', prompt: 'x', images: [{ image_url: link }] })
    assert.equal(linked.body.error.code, 'context_tokens_unknown', linked.text)
    assert.equal(linked.body.error.param, 'image_url')
  })

  test('another type is refused with both that are taken', async () => {
    const { key } = await makeKey(gate.app)
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonl']) {
      const { status, body } = await send(key, '{}', { 'content-type': type })
      assert.deepEqual([status, body.error.code], [400, 'unsupported_content_type'])
      assert.match(body.error.message, /only accepts 'multipart\/form-data' or 'application\/json' requests/)
    }
    const { body } = await send(key, '{}', { 'content-type': 'application/json; charset=utf-16' })
    assert.equal(body.error.code, 'unsupported_content_type')
  })
})
