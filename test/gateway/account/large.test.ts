import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { startAccount } from './account.ts'
import { generated } from './content.ts'

/*
 * That the account keeps nothing of what is large, and gives it back all the same.
 */

const MB = 1_048_576

function sha256(chunks: Iterable<Buffer>): string {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

async function sha256Of(reply: Response): Promise<[bytes: number, sha256: string]> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of reply.body ?? []) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return [bytes, hash.digest('hex')]
}

/** A form as it is made while it is sent. */
function* form(name: string, content: Iterable<Buffer>, fields: Record<string, string> = {}): Generator<Buffer> {
  const begin = '--b\r\ncontent-disposition: form-data; name='
  for (const [field, value] of Object.entries(fields)) yield Buffer.from(`${begin}"${field}"\r\n\r\n${value}\r\n`)
  yield Buffer.from(`${begin}"${name}"; filename="large.bin"\r\n\r\n`)
  yield* content
  yield Buffer.from('\r\n--b--\r\n')
}

async function started() {
  const account = await startAccount()
  const authorization = `Bearer ${account.key}`
  const send = async (path: string, body: Iterable<Buffer>, type = 'multipart/form-data; boundary=b') => {
    const headers = { authorization, 'content-type': type }
    const reply = await fetch(account.url + path, {
      method: 'POST',
      headers,
      body: ReadableStream.from(body),
      duplex: 'half',
    })
    return { status: reply.status, body: (await reply.json()) as { id: string; bytes: number; file: { id: string } } }
  }
  const sendJson = (path: string, body: object) => send(path, [Buffer.from(JSON.stringify(body))], 'application/json')
  const get = (path: string) => fetch(account.url + path, { headers: { authorization } })
  return { account, send, sendJson, get, [Symbol.asyncDispose]: () => account[Symbol.asyncDispose]() }
}

test('a file of 512 MB goes up and comes down, and takes no memory', async () => {
  await using it = await started()
  const bytes = 512 * MB + 5
  const before = process.resourceUsage().maxRSS
  const { status, body } = await it.send('/files', form('file', generated(bytes, 7), { purpose: 'user_data' }))
  assert.deepEqual([status, body.bytes], [200, bytes])
  const [length, hash] = await sha256Of(await it.get(`/files/${body.id}/content`))
  assert.deepEqual([length, hash], [bytes, it.account.files.beside(body.id).sha256])
  const grownBytes = (process.resourceUsage().maxRSS - before) * 1024
  assert.ok(grownBytes < 256 * MB, `the process grew by ${Math.round(grownBytes / MB)} MB`)
})

test('an upload of large parts is what the parts were', async () => {
  await using it = await started()
  const [first, second] = [2 * MB, MB + 100]
  const wanted = { bytes: first + second, filename: 'u', mime_type: 'x/y', purpose: 'user_data' }
  const upload = (await it.sendJson('/uploads', wanted)).body.id
  const part = async (content: Iterable<Buffer>) =>
    (await it.send(`/uploads/${upload}/parts`, form('data', content))).body.id
  const part_ids = [await part(generated(first, 3)), await part(generated(second, 3, first))]
  const { body } = await it.sendJson(`/uploads/${upload}/complete`, { part_ids })
  const [, hash] = await sha256Of(await it.get(`/files/${body.file.id}/content`))
  assert.equal(hash, sha256(generated(first + second, 3)))
})

test('a large content that was changed on its way up does not come down whole', async () => {
  await using it = await started()
  const changed = generated(2 * MB).map((chunk, index) => (index === 9 ? Buffer.alloc(chunk.length) : chunk))
  const { body } = await it.send('/files', form('file', changed, { purpose: 'user_data' }))
  await assert.rejects(async () => sha256Of(await it.get(`/files/${body.id}/content`)))
})
