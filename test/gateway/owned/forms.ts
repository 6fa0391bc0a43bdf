import { request } from 'node:http'

/** A project and a key of it, made by the Administration API of a process. */
export async function projectAt(url: string, adminKey: string): Promise<{ id: string; key: string }> {
  const post = async (path: string, body: object) => {
    const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' }
    const reply = await fetch(`${url}/v1/organization/projects${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    return (await reply.json()) as { id: string; api_key?: { value: string } }
  }
  const { id } = await post('', { name: 'p' })
  const { api_key } = await post(`/${id}/service_accounts`, { name: 's' })
  return { id, key: api_key?.value ?? '' }
}

/** A small form of a file. */
export function formOf(fields: Record<string, string> = { purpose: 'user_data' }): FormData {
  const form = new FormData()
  form.append('file', new Blob(['x']), 'x.txt')
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  return form
}

/** The head of a form, and what stands behind its file. */
export const head = `--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n--b\r\ncontent-disposition: form-data; name="file"; filename="l.bin"\r\n\r\n`
export const tail = '\r\n--b--\r\n'

/** The head of a form that is a part of an upload. */
export const partHead = `--b\r\ncontent-disposition: form-data; name="data"; filename="part"\r\n\r\n`

/** A form that a test sends bit by bit. */
export function openForm(
  url: string,
  key: string,
  more: Record<string, string> = {},
  { path, begin } = { path: '/v1/files', begin: head },
) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'multipart/form-data; boundary=b', ...more }
  const call = request(url + path, { method: 'POST', headers, agent: false })
  const reply = new Promise<number | null>((resolve) => {
    call.once('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? null)
    })
    call.once('error', () => resolve(null))
  })
  call.write(begin)
  return { call, reply }
}
