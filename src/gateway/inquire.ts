import { ApiError } from '../contract/error.ts'
import type { Edits } from './body/edits.ts'
import type { Body } from './body/read-body.ts'
import type { Asked, Call } from './call.ts'
import type { Gate } from './gate.ts'
import { judge } from './judge/judge.ts'
import { letInAgain } from './let-in.ts'
import { modelLeftOut } from './models/left-out.ts'
import { keepersOf } from './references.ts'

/** What is asked, and of which upstreams: those that have the model, or the one that keeps what it refers to. */
export type Inquiry = Asked & { upstreams: readonly string[] }

type Judged = Pick<Body, 'model' | 'judged'>

/**
 * What a call asks for, judged by its project's rules, with what it refers to looked up; and what is decided about its body,
 * which stays as it is. Without I/O but for a model that nobody lists and what it refers to that is not in memory.
 * @throws ApiError what the judge says; 404 for a response or an item that is not the project's; 401 or 403 where that was waited for, and the
 * call may not be made any more
 */
export async function inquire(gate: Gate, call: Call, body: Judged): Promise<{ inquiry: Inquiry; edits: Edits }> {
  const judged = await judgeCall(gate, call, body)
  const { references } = judged.asked
  if (references.length === 0) return withUpstreams(judged, upstreamsOf(gate, judged.asked))
  const { keyId, rules } = call.grant
  const { organizationId, projectId } = rules
  const { owners, waited } = await gate.lateOwners.find(references, { organizationId, projectId, keyId })
  const now = waited ? await judgeAgain(gate, call, body) : judged
  return withUpstreams(now, keepersOf(references, owners, rules, upstreamsOf(gate, now.asked)))
}

async function judgeCall(gate: Gate, call: Call, body: Judged): Promise<{ asked: Asked; edits: Edits }> {
  const { route, grant } = call
  const defaultModel = body.model === null ? await modelLeftOut(gate, route, body.judged) : null
  const named = body.model ?? defaultModel
  const own = named === null ? null : await gate.catalogue.lookUp(named)
  const models = { find: (id: string) => (id === named ? own : gate.catalogue.find(id)) }
  const { defaultMaxOutputTokens, dialects } = gate
  return recorded(gate, call, () =>
    judge({ rules: grant.rules, route, body: body.judged, models, defaultModel, defaultMaxOutputTokens, dialects }),
  )
}

/** After a second in which the key may have been revoked, and the project's rules changed. */
async function judgeAgain(gate: Gate, call: Call, body: Judged) {
  const closed = await letInAgain(gate, call)
  if (closed !== null) throw closed
  return judgeCall(gate, call, body)
}

const upstreamsOf = (gate: Gate, { model }: Asked) => model?.upstreams ?? gate.upstreams.names

const withUpstreams = ({ asked, edits }: { asked: Asked; edits: Edits }, upstreams: readonly string[]) => ({
  inquiry: Object.assign(asked, { upstreams }),
  edits,
})

/** A known key's call that is refused for who asks, not for how, is a case for the audit log. */
export function recorded<T>(gate: Pick<Gate, 'refused'>, call: Call, judgement: () => T): T {
  try {
    return judgement()
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) gate.refused(call, error)
    throw error
  }
}
