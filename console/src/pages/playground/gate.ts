import { CallError } from '../../api/call.ts'
import { errorIn } from './refusal.ts'

/*
 * The gate is asked as any program asks it: with a key, which is all that counts there. The browser's cookie plays no part, and
 * goes along only because a certificate of the browser would not come without.
 */

/** Asks the gate of this address. @throws CallError where there is no answer */
export async function askGate(path: string, key: string | null, init: RequestInit = {}): Promise<Response> {
  const headers = {
    ...(key !== null && { authorization: `Bearer ${key}` }),
    ...(init.body != null && { 'content-type': 'application/json' }),
  }
  try {
    return await fetch(path, { ...init, headers, cache: 'no-store' })
  } catch (error) {
    if (init.signal?.aborted) throw error
    throw new CallError(0, { message: 'The gate did not answer. Check the connection, then try again.' }, null)
  }
}

/** What an answer says no with. */
export async function refusalOf(response: Response): Promise<CallError> {
  const said = errorIn(await response.json().catch(() => null))
  const unsaid = { message: `The answer has the status ${response.status} and no words.` }
  return new CallError(response.status, said ?? unsaid, response.headers.get('x-request-id'))
}

/** Whether the gate is at this address at all (`serve --only`): without a key it says that one is missing, where nobody else would. */
export async function isGateHere(signal: AbortSignal): Promise<boolean> {
  const response = await askGate('/v1/models', null, { signal })
  if (response.status >= 500) throw await refusalOf(response)
  return response.status !== 404
}

/** The models that a key may call, by their names. @throws CallError */
export async function modelsOf(key: string, signal: AbortSignal): Promise<string[]> {
  const response = await askGate('/v1/models', key, { signal })
  if (!response.ok) throw await refusalOf(response)
  const { data } = (await response.json()) as { data: { id: string }[] }
  return data.map(({ id }) => id)
}
