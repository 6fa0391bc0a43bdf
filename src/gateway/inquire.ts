import { ApiError } from '../contract/error.ts'
import type { Edits } from './body/edits.ts'
import type { Body } from './body/read-body.ts'
import type { Asked, Call } from './call.ts'
import type { Gate } from './gate.ts'
import { judge } from './judge/judge.ts'
import { modelLeftOut } from './models/left-out.ts'
import type { Models } from './models/models.ts'
import { keepersOf } from './references.ts'

/** What is asked, and of which upstreams: those that have the model, or the one that keeps what it refers to. */
export type Inquiry = Asked & { upstreams: readonly string[] }

/** What of the gate inquiring needs. */
export type Inquiring = Pick<
  Gate,
  'defaultMaxOutputTokens' | 'defaultModels' | 'dialects' | 'lateOwners' | 'refused'
> & {
  catalogue: Pick<Models, 'find' | 'lookUp' | 'models'>
  upstreams: Pick<Gate['upstreams'], 'names'>
}

/**
 * What a call asks for, judged by its project's rules, with what it refers to looked up; and what is decided about its body,
 * which stays as it is. Without I/O but for a model that nobody lists and what it refers to that is not in memory.
 * @throws ApiError what the judge says; 404 for a response or an item that is not the project's
 */
export async function inquire(
  gate: Inquiring,
  call: Call,
  body: Pick<Body, 'model' | 'judged'>,
): Promise<{ inquiry: Inquiry; edits: Edits }> {
  const { route, grant } = call
  const defaultModel = body.model === null ? await modelLeftOut(gate, route, body.judged) : null
  const named = body.model ?? defaultModel
  const own = named === null ? null : await gate.catalogue.lookUp(named)
  const models = { find: (id: string) => (id === named ? own : gate.catalogue.find(id)) }
  const { defaultMaxOutputTokens, dialects } = gate
  const { asked, edits } = recorded(gate, call, () =>
    judge({ rules: grant.rules, route, body: body.judged, models, defaultModel, defaultMaxOutputTokens, dialects }),
  )
  const upstreams = asked.model?.upstreams ?? gate.upstreams.names
  if (asked.references.length === 0) return { inquiry: Object.assign(asked, { upstreams }), edits }
  const owners = await gate.lateOwners.find(asked.references, grant.rules)
  const kept = keepersOf(asked.references, owners, grant.rules, upstreams)
  return { inquiry: Object.assign(asked, { upstreams: kept }), edits }
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
