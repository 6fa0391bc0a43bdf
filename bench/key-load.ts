import { Pool } from 'undici'

const CONNECTIONS = 16

/** What is asked with each key; a request without a body is a GET. */
export type Asked = { url: string; body: string | null; status: number }

/** One request with each of these keys. @throws Error for a reply of another status */
export async function askWithKeys({ url, body, status }: Asked, keys: readonly string[]): Promise<void> {
  const { origin, pathname } = new URL(url)
  const pool = new Pool(origin, { connections: CONNECTIONS })
  const method = body === null ? 'GET' : 'POST'
  let next = 0
  const one = async () => {
    while (next < keys.length) {
      const headers = { authorization: `Bearer ${keys[next++]}`, 'content-type': 'application/json' }
      const reply = await pool.request({ method, path: pathname, headers, body })
      const text = await reply.body.text()
      if (reply.statusCode !== status) throw new Error(`status ${reply.statusCode}: ${text}`)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, one))
  await pool.close()
}
