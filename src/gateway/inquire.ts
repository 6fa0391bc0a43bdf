import { ApiError } from '../contract/error.ts'
import type { CatalogueModel } from '../core/catalogue.ts'
import type { Body } from './body/read.ts'
import type { Asked, Call } from './call.ts'
import type { Gate } from './gate.ts'
import { judge } from './judge/judge.ts'
import { previousResponseNotFound } from './judge/refusals.ts'
import type { Models } from './models/models.ts'

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
export function inquire(gate: Inquiring, call: Call, body: ToJudge): Inquiry | Promise<Inquiry> {
  if (body.model === null) return conclude(gate, call, body, null)
  const model = gate.catalogue.lookUp(body.model)
  // Both are there already for nearly every call, which then waits for nothing.
  if (model instanceof Promise) return model.then((found) => conclude(gate, call, body, found))
  return conclude(gate, call, body, model)
}

type ToJudge = Pick<Body, 'model' | 'judged'>

function conclude(
  gate: Inquiring,
  call: Call,
  body: ToJudge,
  model: CatalogueModel | null,
): Inquiry | Promise<Inquiry> {
  const models = { find: (id: string) => (id === body.model ? model : gate.catalogue.find(id)) }
  const { defaultMaxOutputTokens } = gate
  const { rules } = call.grant
  const asked = recorded(gate, call, () =>
    judge({ rules, route: call.route, body: body.judged, models, defaultMaxOutputTokens }),
  )
  const upstreams = asked.model?.upstreams ?? gate.upstreams.names
  if (asked.responseId !== null) return aboutResponse(gate, call, asked, asked.responseId, upstreams)
  return Object.assign(asked, { upstreams })
}

/** Narrows a call to the upstream that keeps the response it is about, if that is the project's. */
async function aboutResponse(
  gate: Inquiring,
  { grant, route }: Call,
  asked: Asked,
  responseId: string,
  upstreams: readonly string[],
): Promise<Inquiry> {
  const owner = await gate.owners.find(responseId)
  const { organizationId, projectId } = grant.rules
  const isTheirs = owner?.organizationId === organizationId && owner.projectId === projectId
  if (!isTheirs || !upstreams.includes(owner.upstream)) throw noSuchResponse(route.responseId, responseId)
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
