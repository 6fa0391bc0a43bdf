import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { startBodyServer } from '../../../test/gateway/body-server.ts'
import {
  END,
  field,
  file,
  type Made,
  MODEL,
  part,
  post,
  refusal,
  reread,
  startForms,
  TYPE,
} from '../../../test/gateway/form-server.ts'
import { until } from '../../../test/gateway/upstream.ts'
import { Wire } from '../../../test/gateway/wire.ts'
import { readForm } from './form-body.ts'
import { BODY_LIMIT, ClientGone } from './receive-bytes.ts'

const MB = 1024 * 1024
test('what is sent is what was understood, between new boundaries, in the same order', async () => {
  await using server = await startForms()
  const form = new FormData()
  const content = randomBytes(3 * MB)
  form.append('file', new Blob([content], { type: 'audio/wav' }), 'naïve "take" 1.wav')
  form.append('model', 'whisper-1')
  form.append('prompt', 'Grüße,\r\n漢字\r\n--')
  const { body } = await post(server, form)
  assert.deepEqual(body.fields, [
    ['model', 'whisper-1'],
    ['prompt', 'Grüße,\r\n漢字\r\n--'],
  ])
  assert.equal(body.files[0].bytes, content.length)
  const read = await reread(body)
  assert.deepEqual([...read.keys()], ['file', 'model', 'prompt'])
  assert.equal(read.get('prompt'), 'Grüße,\r\n漢字\r\n--')
  const sent = read.get('file')
  assert.ok(sent instanceof File)
  assert.deepEqual([sent.name, sent.type], ['naïve "take" 1.wav', 'audio/wav'])
  assert.ok(Buffer.from(await sent.arrayBuffer()).equals(content))
})

test('a file that says that it has parts of its own is bytes to who gets it', async () => {
  await using server = await startForms()
  for (const type of ['multipart/mixed; boundary=x', 'Multipart/Form-Data', 'multipart/']) {
    const form = new FormData()
    form.append('file', new File(['--x'], 'a', { type }))
    form.append('model', 'm1')
    const sent = (await reread((await post(server, form)).body)).get('file')
    assert.ok(sent instanceof File)
    assert.equal(sent.type, 'application/octet-stream', type)
  }
})

test('any fields and files arrive as they were sent, in whatever pieces', async () => {
  await using server = await startForms()
  const text = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.toWellFormed())
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
    fc.stringMatching(/^(\r\n|--b|-|\r|\n|b){0,40}$/).map((text) => Buffer.from(text)),
  )
  const field = fc.record({ name: fc.stringMatching(/^x[a-z_]{1,8}$/), text })
  const forms = fc.record({
    fields: fc.uniqueArray(field, { selector: ({ name }) => name, maxLength: 5 }),
    files: fc.array(bytes, { maxLength: 4 }),
    pieces: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 }),
  })
  await fc.assert(
    fc.asyncProperty(forms, async ({ fields, files, pieces }) => {
      const whole = Buffer.concat([
        ...fields.map(({ name, text }) =>
          Buffer.from(`--bQ\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`),
        ),
        ...files.flatMap((content) => [
          Buffer.from('--bQ\r\ncontent-disposition: form-data; name="image[]"; filename="f"\r\n\r\n'),
          content,
          Buffer.from('\r\n'),
        ]),
        Buffer.from('--bQ--\r\n'),
      ])
      using wire = await Wire.open(server.url)
      await wire.send(
        `POST /v1/any HTTP/1.1\r\nhost: a\r\ncontent-type: ${TYPE}Q\r\ntransfer-encoding: chunked\r\n\r\n`,
      )
      for (let at = 0, i = 0; at < whole.length; i++) {
        const piece = whole.subarray(at, at + (pieces[i % pieces.length] ?? 1))
        await wire.send(Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]))
        at += piece.length
      }
      await wire.send('0\r\n\r\n')
      const reply = await wire.reply()
      const body: Made = JSON.parse(reply.body.toString())
      assert.equal(reply.status, 200, JSON.stringify(body))
      assert.deepEqual(
        body.fields,
        fields.map(({ name, text }) => [name, text]),
      )
      assert.deepEqual(
        body.files.map(({ bytes }) => bytes),
        files.map(({ length }) => length),
      )
      const sent = await reread(body)
      for (const { name, text } of fields) assert.equal(sent.get(name), text)
      const again = await Promise.all(
        sent.getAll('image[]').map(async (one) => Buffer.from(await (one as File).arrayBuffer())),
      )
      assert.deepEqual(again, files)
    }),
    { numRuns: 60 },
  )
})

test('a form without fields or with an empty file is one, and an empty body is none', async () => {
  await using server = await startForms()
  assert.deepEqual((await post(server, END, TYPE)).body.fields, [])
  assert.equal((await post(server, `${file('file', '')}${MODEL}${END}`, TYPE)).body.files[0].bytes, 0)
  assert.equal((await post(server, `${MODEL}${field('prompt', '')}${END}`, TYPE)).body.fields.length, 2)
  assert.equal((await post(server, '', 'text/plain')).body, null)
})

test('a set field is sent in place of the one that came, or before all else', async () => {
  await using server = await startForms((form) => {
    form.set('model', 'upstream/whisper')
    form.set('stream', 'true')
    assert.equal(form.fields.get('model'), 'upstream/whisper')
  })
  const { body } = await post(server, `${file('file')}${MODEL}${END}`, TYPE)
  const sent = await reread(body)
  assert.deepEqual([...sent.keys()], ['stream', 'file', 'model'])
  assert.deepEqual([sent.get('model'), sent.get('stream')], ['upstream/whisper', 'true'])
})

test('a field that would have others read in other letters goes no further', async () => {
  await using server = await startForms()
  const { body } = await post(
    server,
    `${field('_charset_', 'utf-7')}${MODEL}${field('_Charset_', 'ibm037')}${END}`,
    TYPE,
  )
  assert.deepEqual(body.fields, [['model', 'whisper-1']])
  assert.deepEqual([...(await reread(body)).keys()], ['model'])
})

test('lists may repeat; every other name may not, as field, as file or as both', async () => {
  await using server = await startForms()
  const lists = `${field('include[]', 'a')}${field('include[]', 'b')}${file('image[]')}${file('image[]')}${END}`
  const { body } = await post(server, lists, TYPE)
  assert.deepEqual([body.fields, body.files.length], [[['include[]', 'a,b']], 2])
  assert.deepEqual((await reread(body)).getAll('include[]'), ['a', 'b'])
  for (const twice of [
    MODEL + MODEL,
    file('file') + file('file'),
    field('file', 'x') + file('file'),
    field('svg[model]', 'a').repeat(2),
  ]) {
    assert.equal((await refusal(server, twice + END)).code, 'duplicate_parameter')
  }
})

test('what some reader could take for a governed field is refused, however it is dressed', async () => {
  await using server = await startForms()
  for (const name of [
    'model',
    'n',
    'response_format',
    'stream',
    'size',
    'service_tier',
    'user',
    'prompt',
    'anything',
  ]) {
    const { code, param } = await refusal(server, MODEL.replace('model', 'x') + file(name) + END)
    assert.deepEqual([code, param], ['invalid_type', name])
  }
  for (const name of ['model[]', 'model[0]', 'Model', 'MODEL[x]', 'n[]', 'stream.x']) {
    assert.equal((await refusal(server, MODEL + field(name, 'gpt-9') + END)).code, 'unknown_parameter', name)
  }
  const dispositions = [
    'name="model"; name="x"',
    "name*=UTF-8''model",
    'name="x"; name*=UTF-8\'\'model',
    'name="mo\\del"',
    'name="model\u0000"',
    'name=" model"',
    'name="model',
    'name="m\u00f6del"',
    'filename="x"',
    'name="file"; filename="a"; filename="b"',
    'name="file"; filename*=latin1\'\'a',
    'name="file"; filename*=UTF-8\'\'%ff',
    'name="x" nonsense',
  ]
  for (const parameters of dispositions) {
    const odd = part(`Content-Disposition: form-data; ${parameters}`, 'x')
    await refusal(server, Buffer.from(MODEL + odd + END, 'latin1'))
  }
  for (const headers of [
    'Content-Disposition: attachment; name="model"',
    'Content-Type: text/plain',
    'Content-Disposition: form-data; name="x"\r\nContent-Disposition: form-data; name="model"',
    'Content-Disposition: form-data; name="x"\r\nContent-Transfer-Encoding: base64',
    'Content-Disposition: form-data; name="x"\r\nContent-Type: text/plain; charset=utf-7',
    `Content-Disposition: form-data; name="x"\r\nX-Long: ${'x'.repeat(9000)}`,
    `Content-Disposition: form-data; name="x"${'\r\nX-More: 1'.repeat(20)}`,
  ]) {
    await refusal(server, MODEL + part(headers, 'x') + END)
  }
})

test('an extended file name counts before the plain one, and only its last step', async () => {
  await using server = await startForms()
  const named = (parameters: string) => part(`Content-Disposition: form-data; name="file"; ${parameters}`, 'x') + END
  for (const [parameters, name] of [
    ['filename="plain.wav"; filename*=UTF-8\'\'na%C3%AFve.wav', 'naïve.wav'],
    ['filename="../../etc/passwd"', 'passwd'],
    ['filename="C:\\music\\a.mp3"', 'a.mp3'],
    ['filename=bare.mp3', 'bare.mp3'],
    ['filename=""', ''],
  ]) {
    const { body } = await post(server, named(parameters ?? ''), TYPE)
    assert.equal(body.files[0].filename, name)
    assert.doesNotMatch(body.sent, /filename\*/)
  }
})

test('a broken form is 400 and is never waited for', async () => {
  await using server = await startForms()
  for (const body of [
    'nothing',
    MODEL,
    MODEL.slice(0, -2),
    '--b',
    '--b\r\n',
    '--b\r\nContent-Disposition: form-data; name="model"',
    '--b\r\nContent-Disposition: form-data; name="model"\r\n--b--\r\n',
    `${MODEL}--b\r\n\r\nx\r\n${END}`,
    file('file', 'x'.repeat(2 * MB)),
    field('prompt', '\u00ff') + END,
    Array.from({ length: 65 }, (_, i) => field(`x${i}`, '1')).join('') + END,
    file('image[]').repeat(21) + END,
  ]) {
    const error = await refusal(server, Buffer.from(body, 'latin1'))
    assert.match(error.message, /^We could not parse the multipart form of your request\. /)
    assert.deepEqual([error.type, error.code], ['invalid_request_error', null])
  }
  const long = await refusal(server, field('prompt', 'x'.repeat(MB + 1)) + END)
  assert.deepEqual([long.code, long.param], ['string_above_max_length', 'prompt'])
  for (const type of [
    'multipart/form-data',
    'multipart/form-data; boundary=',
    `multipart/form-data; boundary=${'b'.repeat(71)}`,
    'multipart/mixed; boundary=b',
    'application/json',
  ]) {
    const error = await refusal(server, MODEL + END, type)
    assert.equal(error.code, 'unsupported_content_type', type)
    assert.match(error.message, /only accepts 'multipart\/form-data' requests/)
  }
})

test('garbage in place of a form is decided', async () => {
  await using server = await startForms()
  const piece = fc.constantFrom(
    '--b',
    '--b--',
    '\r\n',
    '\r',
    '\n',
    '-',
    ':',
    'Content-Disposition: form-data; name="a"',
    'x',
    ';',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 15 }), async (pieces) => {
      const { status, body } = await post(server, pieces.join(''), TYPE)
      assert.ok(status === 400 || status === 200, JSON.stringify(body))
    }),
    { numRuns: 200 },
  )
})

test('a large form lies in a file without a name, and every byte of it counts against the budget', async () => {
  let held = 0
  let names: string[] = ['not looked yet']
  await using server = await startForms(() => {
    held = server.budget.used
    names = readdirSync(server.folder)
  }, 12 * MB)
  const content = randomBytes(8 * MB).toString('latin1')
  const { status, body } = await post(server, Buffer.from(file('file', content) + MODEL + END, 'latin1'), TYPE)
  assert.deepEqual([status, names], [200, []])
  assert.ok(held >= 8 * MB && held <= 11 * MB, `${held} bytes are held`)
  assert.ok(body.sent.includes(content))
  const refused = await post(server, Buffer.alloc(13 * MB), TYPE)
  assert.deepEqual([refused.status, refused.body.error.code], [503, 'service_unavailable'])
})

test('a form above the limit is 413, and one that cannot be kept is 503', async () => {
  await using server = await startForms()
  const reply = await post(server, Buffer.alloc(BODY_LIMIT + 1), TYPE)
  assert.equal(reply.status, 413)
  await using broken = await startBodyServer(
    (request, budget) => readForm(request, budget, join(server.folder, 'not', 'there')),
    () => null,
  )
  const { status, body } = await post(broken, file('file', 'x'.repeat(3 * MB)) + MODEL + END, TYPE)
  assert.deepEqual([status, body.error.code], [503, 'service_unavailable'])
  assert.equal(broken.budget.used, 0)
})

test('a client that leaves in the middle of a file leaves nothing behind', async () => {
  await using server = await startForms()
  using wire = await Wire.open(server.url)
  await wire.send(`POST /v1/any HTTP/1.1\r\nhost: a\r\ncontent-type: ${TYPE}\r\ncontent-length: ${20 * MB}\r\n\r\n`)
  await wire.send(file('file', 'x'.repeat(5 * MB)).slice(0, -2))
  await until(() => server.budget.used > 4 * MB, 'the file to arrive')
  wire.socket.destroy()
  await until(() => server.budget.used === 0 && server.thrown.length === 1, 'the reader to give up')
  assert.ok(server.thrown[0] instanceof ClientGone)
})

test('what is sent breaks off where the form is released meanwhile', async () => {
  let error: unknown = null
  await using server = await startBodyServer(readForm, async (form) => {
    const stream = form?.stream()
    form?.release()
    await stream?.toArray().catch((thrown) => {
      error = thrown
    })
    return null
  })
  await post(server, file('file', 'x'.repeat(2 * MB)) + END, TYPE)
  assert.ok(error instanceof Error)
  assert.equal(server.budget.used, 0)
})
