import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { spokenAt } from '../../src/gateway/routes/api.ts'

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
  /** What it names that is not the project's whose keys ask. */
  strange?: string | null
}

export type Answer = { status: number; type: string; text: string; headers?: IncomingHttpHeaders }

/** Until an answer is there, in milliseconds: what hangs never ends, and a busy machine may take long. */
const PATIENCE_MS = 60_000

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
export function flawOf({ method, path = '', headers: sent = {} }: Request, answer: Answer): string | null {
  const { status, type, text, headers = {} } = answer
  if (status >= 500) return `${status}`
  if (method === 'HEAD' || status < 400) return null
  // What a model server says of a call goes on as it said it.
  const isOthers = headers['x-gatehouse-error-source'] === 'upstream' && type === 'application/json'
  if (!isOthers && type !== 'application/json; charset=utf-8') return `${status} of the type '${type}'`
  try {
    const { error, ...rest } = JSON.parse(text)
    // What the listener refuses before anybody reads the path has the one envelope.
    const isOther = rest.type === 'error' && spokenAt(askedFor(path, sent), sent) === 'anthropic'
    if (isOther) return anthropicFlaw({ error, ...rest }, headers['request-id'])
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

/**
 * The path that is asked for. The check door reads it in headers or behind its own path (src/gateway/check/original.ts); where it is told two
 * different ones it answers as it does to everybody.
 */
function askedFor(path: string, sent: Record<string, string>): string {
  if (!/^\/check(?=[/?]|$)/.test(path)) return path
  const behind = path.slice('/check'.length)
  const told = [sent['x-original-uri'], sent['x-forwarded-uri'], /^\/./.test(behind) ? behind : undefined]
  const [first = '', ...more] = new Set(told.filter((url) => url !== undefined))
  return more.length > 0 ? '' : first
}

/** The same of the shape that the Anthropic API has for it. */
function anthropicFlaw({ type, error, request_id, ...rest }: Record<string, unknown>, id: unknown): string | null {
  if (type !== 'error' || Object.keys(rest).length > 0) return 'an envelope with other fields'
  const { type: kind, message, details = { error_code: 'x' }, ...more } = Object(error)
  if (Object.keys(more).length > 0) return 'an envelope with other fields'
  if (typeof message !== 'string' || message === '') return 'no message'
  if (typeof kind !== 'string' || !/^(\w+_error|request_too_large)$/.test(kind)) return 'no type'
  if (typeof details.error_code !== 'string' || details.error_code === '') return 'code is no text'
  return typeof request_id === 'string' && request_id === id ? null : 'another id than its header'
}

/** A request in one line, to be read by a person. */
export function inWords({ number, from, method, path, headers, body, by }: Request): string {
  const { authorization: _, ...rest } = headers
  const text = body === null ? '' : ` ${JSON.stringify(body.toString('utf8').slice(0, 400))}`
  return `#${number} ${from} by ${by}: ${method} ${path.slice(0, 300)} ${JSON.stringify(rest).slice(0, 300)}${text}`
}
