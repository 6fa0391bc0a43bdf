import { Agent, type IncomingHttpHeaders, request } from 'node:http'

/** A request as it is sent, byte for byte. */
export type Request = {
  /** By the seed and this it comes again. */
  number: number
  /** The operation or route that it was made from. */
  from: string
  method: string
  /** As it stands on the request line. */
  path: string
  headers: Record<string, string>
  body: string | Buffer | null
  /** Whose key it brings, in a word. */
  by: string
}

export type Answer = { status: number; type: string; text: string; headers?: IncomingHttpHeaders }

/** Until an answer is there, in milliseconds. */
const PATIENCE_MS = 10_000

export class Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 })
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  /** @throws Error where there is no whole answer in time */
  send({ method, path, headers, body }: Request): Promise<Answer> {
    const { hostname, port } = new URL(this.#url)
    return new Promise((resolve, reject) => {
      const call = request({ hostname, port, method, path, headers, agent: this.#agent, timeout: PATIENCE_MS })
      call.once('error', reject)
      call.once('timeout', () => call.destroy(new Error(`no answer in ${PATIENCE_MS} ms`)))
      call.once('response', (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part)).once('error', reject)
        response.once('end', () => {
          const { statusCode: status = 0, headers } = response
          const type = headers['content-type'] ?? ''
          resolve({ status, type, text: Buffer.concat(parts).toString(), headers })
        })
      })
      call.end(body ?? undefined)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** What is wrong with an answer, whatever was asked; null where nothing is. */
export function flawOf({ method }: Request, { status, type, text }: Answer): string | null {
  if (status >= 500) return `${status}`
  if (method === 'HEAD' || status < 400) return null
  if (type !== 'application/json; charset=utf-8') return `${status} of the type '${type}'`
  try {
    const { error, ...rest } = JSON.parse(text)
    const names = Object.keys(error).sort().join()
    if (Object.keys(rest).length > 0 || names !== 'code,message,param,type') return 'an envelope with other fields'
    if (typeof error.message !== 'string' || error.message === '') return 'no message'
    if (typeof error.type !== 'string' || error.type === '') return 'no type'
    for (const name of ['param', 'code'] as const) {
      if (error[name] !== null && (typeof error[name] !== 'string' || error[name] === '')) return `${name} is no text`
    }
    return null
  } catch {
    return `${status} without an envelope`
  }
}

/** A request in one line, to be read by a person. */
export function inWords({ number, from, method, path, headers, body, by }: Request): string {
  const { authorization: _, ...rest } = headers
  const text = body === null ? '' : ` ${JSON.stringify(body.toString('utf8').slice(0, 400))}`
  return `#${number} ${from} by ${by}: ${method} ${path.slice(0, 300)} ${JSON.stringify(rest).slice(0, 300)}${text}`
}
