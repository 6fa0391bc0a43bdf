import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import OpenAI from 'openai'
import { question } from './governed.ts'

/** What a client sends with each call besides its host, its key and its body's length: these are the load's. */
export type Client = { name: string; headers: Record<string, string> }

/**
 * Clients by the heads of their calls: the official SDK's, which names its platform in nine headers, curl's, and the least that
 * is a chat call. What the SDK sends is caught from the one that is installed.
 */
export async function clients(): Promise<Client[]> {
  const type = { 'content-type': 'application/json' }
  return [
    { name: 'official SDK', headers: await headersOfSdk() },
    { name: 'curl', headers: { 'User-Agent': 'curl/8.14.1', Accept: '*/*', ...type } },
    { name: 'least head', headers: type },
  ]
}

const OF_THE_LOAD = ['host', 'authorization', 'content-length']

async function headersOfSdk(): Promise<Record<string, string>> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const sdk = new OpenAI({ apiKey: 'sk-bench', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 })
  // Nobody answers it; what it asks is all that is wanted.
  const asked = sdk.chat.completions.create(JSON.parse(question)).catch(() => null)
  const [socket] = await once(server, 'connection')
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  server.close()
  await asked
  const [, ...lines] = bytes.toString('latin1').split('\r\n\r\n', 1)[0]?.split('\r\n') ?? []
  const headers = lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const)
  return Object.fromEntries(headers.filter(([name]) => !OF_THE_LOAD.includes(name.toLowerCase())))
}
