import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toFile } from 'openai'
import { references } from '../../../src/gateway/judge/meanings.ts'
import { naming } from '../../../src/gateway/kinds/kinds.ts'
import type { Account } from '../account/account.ts'
import { startShared } from './shared.ts'

/*
 * What names a file in a way that the original has not: some model server reads it all the same, so that it never gets it.
 */

type Body = Record<string, unknown> | FormData
type Sent = { what: string; path: string; body: Body }

const [chat, responses, edits, heard] = [
  '/v1/chat/completions',
  '/v1/responses',
  '/v1/images/edits',
  '/v1/audio/transcriptions',
] as const
const messages = [{ role: 'user', content: 'x' }]
const asked = (fields: object) => ({ model: 'm1', messages, ...fields })
const told = (content: unknown, role = 'user') => ({ model: 'm1', messages: [{ role, content }] })
const input = (content: object, more: object = {}) => ({
  model: 'm1',
  input: [{ role: 'user', content: [content] }],
  ...more,
})
function form(fields: Record<string, string>): FormData {
  const sent = new FormData()
  for (const [name, value] of Object.entries({ model: 'm1', ...fields })) sent.append(name, value)
  return sent
}
const formed = (fields: Record<string, string>) => {
  const sent = form(fields)
  sent.append('file', new Blob(['x']), 'x.mp3')
  return sent
}

/** Where a name can stand, at the top and deeper, in fields of the original and in others. */
const places: Record<string, (name: string, value: unknown) => Omit<Sent, 'what'>> = {
  'at the top of a chat': (name, value) => ({ path: chat, body: asked({ [name]: value }) }),
  'within a field that nobody knows': (name, value) => ({
    path: chat,
    body: asked({ of_nobody: [{ a: { [name]: value } }] }),
  }),
  'in a document': (name, value) => ({
    path: chat,
    body: asked({ documents: [{ text: 'x', more: { [name]: value } }] }),
  }),
  'in a message': (name, value) => ({
    path: chat,
    body: { model: 'm1', messages: [{ ...messages[0], [name]: value }] },
  }),
  'in a part of a message': (name, value) => ({ path: chat, body: told([{ type: 'file', [name]: value }]) }),
  'in the file of a part': (name, value) => ({ path: chat, body: told([{ type: 'file', file: { [name]: value } }]) }),
  'in a tool': (name, value) => ({ path: chat, body: asked({ tools: [{ type: 'x', [name]: value }] }) }),
  'beside a format': (name, value) => ({
    path: chat,
    body: asked({ response_format: { type: 'text', [name]: value } }),
  }),
  'at the top of a response': (name, value) => ({ path: responses, body: input({}, { [name]: value }) }),
  'in a field of a response': (name, value) => ({ path: responses, body: input({}, { reasoning: { [name]: value } }) }),
  'in a part of its input': (name, value) => ({ path: responses, body: input({ type: 'input_file', [name]: value }) }),
  'in an image to edit': (name, value) => ({
    path: edits,
    body: { model: 'm1', prompt: 'x', images: [{ [name]: value }] },
  }),
  'beside it': (name, value) => ({ path: edits, body: { model: 'm1', prompt: 'x', images: [], [name]: value } }),
  'in a form': (name, value) => ({ path: heard, body: formed({ [name]: String(value) }) }),
  'in a list of a form': (name, value) => ({ path: heard, body: formed({ [`${name}[]`]: String(value) }) }),
  'in a field of a form': (name, value) => ({ path: heard, body: formed({ [`of_nobody[${name}]`]: String(value) }) }),
  'in JSON in a form': (name, value) => ({
    path: heard,
    body: formed({ of_nobody: JSON.stringify({ [name]: value }) }),
  }),
}

/** As servers in other languages, and careless ones, write a name. */
function spellings(name: string): string[] {
  const steps = name.split('_')
  const upper = (step: string) => step.charAt(0).toUpperCase() + step.slice(1)
  const pascal = steps.map(upper).join('')
  return [
    ...[name, name.toUpperCase(), steps.map(upper).join('_'), steps.join('-'), steps.join('.'), steps.join('')],
    ...[
      name.charAt(0) + pascal.slice(1),
      pascal,
      pascal.replace(/Id(s?)$/, 'ID$1'),
      `input_${name}`,
      `x-${steps.join('-')}`,
    ],
    `input${pascal}`,
  ]
}

const written = (name: string) => /^[\w.[\]-]+$/.test(name)

/** Every way of every name. */
function table(id: string): Sent[] {
  return references.flatMap((name) =>
    spellings(name).flatMap((spelled) =>
      Object.entries(places).flatMap(([where, place]) => {
        const value = name.endsWith('s') ? [id] : id
        const sent = place(spelled, value)
        return sent.body instanceof FormData && !written(spelled) ? [] : [{ what: `${spelled} ${where}`, ...sent }]
      }),
    ),
  )
}

/** What names it by no name of the kind. */
const others = (id: string): Sent[] =>
  [
    ...[
      { file: id },
      { file: { id } },
      { file: { ID: id } },
      { file: [id] },
      { input_file: id },
      { attachments: [{ id }] },
    ],
    ...[{ attachments: [id] }, { Attachments: [{ id }] }, { attachment: { id } }, { container: id }, { files: [id] }],
    ...[{ previousResponseId: id }, { 'previous-response-id': id }, { voice: { id } }, { of_nobody: { file: id } }],
    ...[
      { of_nobody: { file: { id } } },
      { tools: [{ type: 'x', file: { id } }] },
      { tools: [{ type: 'x', file: id }] },
    ],
  ]
    .map((fields): Sent => ({ what: JSON.stringify(fields), path: chat, body: asked(fields) }))
    .concat(
      [
        ...[
          { file: { id } },
          { file: { Id: id } },
          { file: id },
          { file: ` ${id}` },
          { file: [{ id }] },
          { file: `ms://${id}` },
        ],
        ...[{ image_url: { url: id } }, { image_url: id }, { image_url: { id } }, { url: id }, { source: { id } }],
        ...[
          { image_url: { url: `ms://${id}` } },
          { image_url: { url: ` fileid://${id}` } },
          { file_url: `file:///${id}` },
        ],
        ...[
          { video_url: { url: id } },
          { audio: { id } },
          { source: { type: 'url', url: id } },
          { image_file: { id } },
        ],
        { text: `fileid://${id}` },
      ].flatMap((part) => [
        { what: `a part ${JSON.stringify(part)}`, path: chat, body: told([part]) },
        { what: `a part of a response's ${JSON.stringify(part)}`, path: responses, body: input(part) },
      ]),
    )
    .concat(
      ['system', 'user'].map((role) => ({ what: `a text of ${role}`, path: chat, body: told(`fileid://${id}`, role) })),
      { what: 'instructions', path: responses, body: { model: 'm1', instructions: `FileID://${id},x`, input: 'x' } },
      ...[{ image: id }, { images: [id] }, { images: [{ id }] }, { mask: id }, { mask: { id } }].map((fields) => ({
        what: `to edit ${JSON.stringify(fields)}`,
        path: edits,
        body: { model: 'm1', prompt: 'x', ...fields },
      })),
      { what: 'a file of a form as a text', path: heard, body: form({ file: id }) },
    )

async function refusals(url: string, account: Account, key: string, sent: Sent[], codes: (string | null)[]) {
  const before = account.requests.length
  const wrong: string[] = []
  for (const { what, path, body } of sent) {
    const isForm = body instanceof FormData
    const headers = { authorization: `Bearer ${key}`, ...(!isForm && { 'content-type': 'application/json' }) }
    const reply = await fetch(url + path, { method: 'POST', headers, body: isForm ? body : JSON.stringify(body) })
    const text = await reply.text()
    const code = reply.status === 404 || reply.status === 400 ? JSON.parse(text).error.code : reply.status
    if (!codes.includes(code)) wrong.push(`${what}: ${reply.status} ${text.slice(0, 200)}`)
  }
  assert.deepEqual(wrong, [])
  assert.equal(account.requests.length, before, 'the model server was asked')
}

test('whatever names a file, wherever and however it is written, reaches no model server but by who owns it', async () => {
  assert.ok(naming.every((name) => references.includes(name)))
  await using it = await startShared()
  const { account, app, a, b } = it
  const { id } = await a.client.files.create({ file: await toFile(Buffer.from('x'), 'a.txt'), purpose: 'user_data' })
  // A file that is not one's own is no such object, which has no code.
  await refusals(app.url, account, b.key, [...table(id), ...others(id)], ['not_offered', null])
  // One's own, too, by these other ways: nobody asks whose it is.
  await refusals(app.url, account, a.key, others(id), ['not_offered'])
})

test('where no files are offered, they are named in no way', async () => {
  await using it = await startShared({ env: { GATEHOUSE_UPSTREAM_OFFERS: '' } })
  await refusals(it.app.url, it.account, it.b.key, [...table('file-1'), ...others('file-1')], ['not_offered'])
})

test('what no upstream offers is not there, and is named in vain', async () => {
  await using it = await startShared({ env: { GATEHOUSE_UPSTREAM_OFFERS: '' } })
  for (const [method, path] of [
    ['GET', '/v1/files'],
    ['GET', '/v1/files/file-x'],
    ['DELETE', '/v1/files/file-x'],
  ] as const) {
    const { status, body } = await it.app.send(method, path, { key: it.a.key })
    assert.deepEqual([status, body.error.code], [404, 'not_offered'])
  }
  const messages = [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-x' } }] }]
  const { status, body } = await it.app.send('POST', '/v1/chat/completions', {
    key: it.a.key,
    body: { model: 'm1', messages },
  })
  assert.deepEqual(
    [status, body.error.code, body.error.param],
    [400, 'not_offered', 'messages[0].content[0].file.file_id'],
  )
})

test('what only looks like one passes', async () => {
  await using it = await startShared()
  const fine: Sent['body'][] = [
    asked({ profile_id: 'x', of_nobody: { profileId: 'x', valid: true, userProfileIds: [] } }),
    asked({
      metadata: { file_id: 'x', fileId: 'y' },
      tools: [
        { type: 'function', function: { name: 'f', parameters: { properties: { fileId: {}, file: { id: 'x' } } } } },
      ],
    }),
    asked({ documents: [{ id: 'doc-1', url: 'x', file: 'a.txt', text: 'x' }] }),
    asked({ file_ids: null, fileId: null, attachments: null, tools: [{ type: 'x', file_ids: [] }] }),
    told([
      { type: 'text', text: 'What is fileid:// for?' },
      { type: 'text', text: 'file-1' },
    ]),
    told([{ type: 'file', file: { filename: 'a', file_data: 'data:text/plain;base64,QQ==' } }]),
    told([{ type: 'image_url', image_url: { url: 'HTTPS://example.com/a.png' } }]),
    told([{ type: 'image_url', image_url: { url: 'data:image/png;base64,QQ==' } }]),
    told([{ type: 'image_url', image_url: { url: `${'A'.repeat(300)}` } }]),
    told([{ type: 'image_url', image_url: { url: 'iVBORw0KGgo+AAAA/8A=' } }]),
  ]
  for (const body of fine) {
    const reply = await it.app.send('POST', chat, { key: it.a.key, body })
    // The account says itself what it does not have.
    assert.notEqual(reply.headers.get('x-gatehouse-error-source'), 'gateway', reply.text)
  }
})
