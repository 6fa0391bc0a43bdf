import { ApiError } from '../contract/error.ts'
import type { Body } from './body/read.ts'
import type { Asked, Call } from './call.ts'
import type { Gate } from './gate.ts'
import { judge } from './judge/judge.ts'
import { previousResponseNotFound } from './judge/refusals.ts'
import type { Models } from './models.ts'

/** What is asked, and of which upstreams: those that have the model, or the one that keeps the response it is about. */
export type Inquiry = Asked & { upstreams: readonly string[] }

/** What of the gate inquiring needs. */
export type Inquiring = Pick<Gate, 'defaultMaxOutputTokens' | 'owners' | 'refused'> & {
  catalogue: Pick<Models, 'find' | 'lookUp'>
  upstreams: Pick<Gate['upstreams'], 'names'>
}

/**
 * What a call asks for, judged by its project's rules, with what it refers to looked up.
 * @throws ApiError what the judge says; 404 for a response that is not the project's
 */
export async function inquire(gate: Inquiring, call: Call, body: Pick<Body, 'model' | 'judged'>): Promise<Inquiry> {
  const { grant, route } = call
  const named = body.model
  const found = named === null ? null : gate.catalogue.lookUp(named)
  const known = found instanceof Promise ? await found : found
  const models = { find: (id: string) => (id === named ? known : gate.catalogue.find(id)) }
  const { defaultMaxOutputTokens } = gate
  const asked = recorded(gate, call, () =>
    judge({ rules: grant.rules, route, body: body.judged, models, defaultMaxOutputTokens }),
  )
  const upstreams = asked.model?.upstreams ?? gate.upstreams.names
  if (asked.responseId === null) return { ...asked, upstreams }
  const owner = await gate.owners.find(asked.responseId)
  const { organizationId, projectId } = grant.rules
  const isTheirs = owner?.organizationId === organizationId && owner.projectId === projectId
  if (!isTheirs || !upstreams.includes(owner.upstream)) throw noSuchResponse(route.responseId, asked.responseId)
  return { ...asked, upstreams: [owner.upstream] }
}

/** A known key's call that is refused for who asks, not for how, is a case for the audit log. */
export function recorded<T>(gate: Pick<Gate, 'refused'>, call: Call, judgement: () => T): T {
  try {
    return judgement()
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) gate.refused(call, error)
    throw error
  }
}

function noSuchResponse(inPath: string | null, id: string): ApiError {
  if (inPath === null) return previousResponseNotFound(id)
  return new ApiError('not_found', `Response with id '${id}' not found.`, { param: 'response_id' })
}
