import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FormBody, readForm } from '../../src/gateway/body/form-body.ts'
import { startBodyServer } from './body-server.ts'

const MB = 1024 * 1024
export type Made = { fields: [string, string][]; files: FormBody['files']; type: string; sent: string }

/** A server that reads forms, and answers with what it understood and with what it would send. */
export async function startForms(before: (form: FormBody) => void = () => {}, budgetBytes = 256 * MB) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-form-'))
  const server = await startBodyServer(
    (request, budget) => readForm(request, budget, folder),
    async (form) => {
      if (form === null) return null
      before(form)
      const sent: Buffer = Buffer.concat(await form.stream().toArray())
      assert.equal(sent.length, form.length)
      form.release()
      form.release()
      return { fields: [...form.fields], files: form.files, type: form.contentType, sent: sent.toString('latin1') }
    },
    { budgetBytes },
  )
  return {
    ...server,
    folder,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      assert.deepEqual(readdirSync(folder), [], 'a temporary file is left')
      assert.equal(server.budget.used, 0)
      rmSync(folder, { recursive: true })
    },
  }
}

export async function post(server: { url: string }, body: FormData | string | Buffer, type?: string) {
  const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
  const content = body instanceof FormData ? body : new Uint8Array(Buffer.from(body))
  const response = await fetch(`${server.url}/v1/any`, { method: 'POST', body: content, headers })
  return { status: response.status, body: JSON.parse(await response.text()) }
}

/** What another parser reads in what would be sent. */
export const reread = ({ sent, type }: Made) =>
  new Response(new Uint8Array(Buffer.from(sent, 'latin1')), { headers: { 'content-type': type } }).formData()

export const part = (headers: string, content: string) => `--b\r\n${headers}\r\n\r\n${content}\r\n`
export const field = (name: string, content: string) => part(`Content-Disposition: form-data; name="${name}"`, content)
export const file = (name: string, content = 'RIFF') =>
  part(`Content-Disposition: form-data; name="${name}"; filename="a.wav"\r\nContent-Type: audio/wav`, content)
export const TYPE = 'multipart/form-data; boundary=b'
export const MODEL = field('model', 'whisper-1')
export const END = '--b--\r\n'

export async function refusal(server: { url: string }, body: string | Buffer, type = TYPE) {
  const reply = await post(server, body, type)
  assert.equal(reply.status, 400, reply.body.sent ?? JSON.stringify(reply.body))
  return reply.body.error
}
