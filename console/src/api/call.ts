import type { Input, Operation, Reply } from './operations.ts'

/** What the server said no to, or that it could not be asked. */
export class CallError extends Error {
  override readonly name = 'CallError'
  /** 0: there was no answer. */
  readonly status: number
  readonly code: string | null
  /** The field at fault, where it was one. */
  readonly param: string | null
  readonly requestId: string | null

  constructor(
    status: number,
    said: { message: string; code?: string | null; param?: string | null },
    id: string | null,
  ) {
    super(said.message)
    this.status = status
    this.code = said.code ?? null
    this.param = said.param ?? null
    this.requestId = id
  }
}

/** What becomes of who is not signed in (any more), by the error's code: set once, by who shows pages. */
let onSignedOut = (_code: string | null) => {}
export const whenSignedOut = (then: (code: string | null) => void) => {
  onSignedOut = then
}

type Loose = { params?: Record<string, string>; query?: Record<string, unknown>; body?: unknown }

/**
 * Calls an operation as who is signed in.
 * @param operation its method and path: `GET /v1/organization/projects/:project_id`
 * @param keepalive whether it goes on where the page is left meanwhile
 * @throws CallError what the server refused, in its words, or that there was no answer
 */
export async function call<O extends Operation>(
  operation: O,
  input: Input<O>,
  signal?: AbortSignal,
  keepalive = false,
): Promise<Reply<O>> {
  const { params = {}, query = {}, body } = input as Loose
  const [method = 'GET', path = '/'] = operation.split(' ')
  const filled = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
  const request: RequestInit = {
    method,
    // A cookie counts with this header alone: no page of another origin can send it.
    headers: {
      'x-gatehouse-console': '1',
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    cache: 'no-store',
    keepalive,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  }
  const response = await fetch(filled + written(query), request).catch((error: unknown) => {
    if (signal?.aborted) throw error
    throw new CallError(0, { message: 'The server did not answer. Check the connection, then try again.' }, null)
  })
  const answer = await response.json().catch(() => null)
  if (response.ok && answer !== null) return answer as Reply<O>
  const said = answer?.error ?? { message: `The server answered with status ${response.status} and no words.` }
  const error = new CallError(response.status, said, response.headers.get('x-request-id'))
  // A permission that one lacks is a 401 as well, as the original has it; that has no code.
  if (response.status === 401 && isSignedOut(error)) onSignedOut(error.code)
  throw error
}

const isSignedOut = ({ code, message }: CallError) =>
  code === 'session_ended' || code === 'second_factor_setup_required' || message.startsWith('Missing bearer')

function written(query: Record<string, unknown>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const one of value) search.append(`${name}[]`, String(one))
    else if (typeof value === 'object' && value !== null) {
      for (const [inner, one] of Object.entries(value))
        if (one !== undefined) search.set(`${name}[${inner}]`, String(one))
    } else if (value !== undefined && value !== null && value !== '') search.set(name, String(value))
  }
  const text = search.toString()
  return text === '' ? '' : `?${text}`
}
