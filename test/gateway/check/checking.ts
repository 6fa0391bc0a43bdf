import type { Reply, TestApp } from '../../support/harness.ts'
import { CHAT } from '../gate.ts'

export type Asking = { key?: string | null; body?: unknown; headers?: Record<string, string> }

/** Asks as nginx does by our example: about a request that is named in headers. */
export function checkNamed(
  app: TestApp,
  method: string,
  uri: string,
  { headers, ...rest }: Asking = {},
): Promise<Reply> {
  const named = { 'x-original-method': method, 'x-original-uri': uri, ...headers }
  return app.send('GET', '/check', { ...rest, headers: named })
}

/** Asks as Envoy does: the request itself, behind a prefix. */
export const checkSent = (app: TestApp, method: string, path: string, asking: Asking = {}): Promise<Reply> =>
  app.send(method, `/check${path}`, asking)

export const checkChat = (app: TestApp, asking: Asking = {}): Promise<Reply> => checkSent(app, 'POST', CHAT, asking)

/** The answer in one line, for tables. */
export const told = ({ status, body }: Reply): string =>
  status === 200 ? '200' : `${status} ${body.error.code} ${body.error.param}`
