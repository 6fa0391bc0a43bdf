import { Pool } from 'undici'
import { question } from './governed.ts'

const CONNECTIONS = 16

/** One request with each of these keys. @throws Error for a reply of another status */
export async function askWithKeys(url: string, keys: readonly string[], status: number): Promise<void> {
  const { origin, pathname } = new URL(url)
  const pool = new Pool(origin, { connections: CONNECTIONS })
  let next = 0
  const one = async () => {
    while (next < keys.length) {
      const headers = { authorization: `Bearer ${keys[next++]}`, 'content-type': 'application/json' }
      const reply = await pool.request({ method: 'POST', path: pathname, headers, body: question })
      const text = await reply.body.text()
      if (reply.statusCode !== status) throw new Error(`status ${reply.statusCode}: ${text}`)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, one))
  await pool.close()
}
