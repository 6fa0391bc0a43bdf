import { ApiError } from '../contract/error.ts'
import type { CatalogueModel } from '../core/catalogue.ts'
import { OWN_UPSTREAM, ownOffers } from '../core/offer.ts'
import type { Edits } from './body/edits.ts'
import type { Body } from './body/read-body.ts'
import type { Asked, Call } from './call.ts'
import type { Gate } from './gate.ts'
import { notOffered } from './invalid.ts'
import { inPath, type Judgement, judge } from './judge/judge.ts'
import { letInAgain } from './let-in.ts'
import { modelLeftOut } from './models/left-out.ts'
import { keepersOf } from './references.ts'

/** What is asked, and of which upstreams: those that have the model, or the one that keeps what it refers to. */
export type Inquiry = Asked & { upstreams: readonly string[] }

type Judged = Pick<Body, 'model' | 'judged'>

/** What is asked, and what is decided about the body. */
type Inquired = { inquiry: Inquiry; edits: Edits }

/**
 * What a call asks for, judged by its project's rules, with what it refers to looked up; and what is decided about its body,
 * which stays as it is. A promise only for a model that it does not name or nobody lists, and for what it refers to.
 * @throws ApiError what the judge says; 404 for a response or an item that is not the project's; 401 or 403 where that was waited for, and the
 * call may not be made any more
 */
export function inquire(gate: Gate, call: Call, body: Judged): Inquired | Promise<Inquired> {
  const judged = judgeCall(gate, call, body)
  if (judged instanceof Promise) return judged.then((one) => lookUpNamed(gate, call, body, one))
  return lookUpNamed(gate, call, body, judged)
}

function lookUpNamed(gate: Gate, call: Call, body: Judged, judged: Judgement): Inquired | Promise<Inquired> {
  if (judged.asked.references.length > 0) return lookUp(gate, call, body, judged)
  return withUpstreams(judged, upstreamsOf(gate, call, judged.asked))
}

async function lookUp(gate: Gate, call: Call, body: Judged, judged: Judgement): Promise<Inquired> {
  const { references } = judged.asked
  const { keyId, rules } = call.grant
  const { organizationId, projectId } = rules
  const { owners, waited } = await gate.lateOwners.find(references, { organizationId, projectId, keyId })
  const now = waited ? await judgeAgain(gate, call, body) : judged
  return withUpstreams(now, keepersOf(references, owners, rules, ableOf(gate, call, now.asked)))
}

function judgeCall(gate: Gate, call: Call, body: Judged): Judgement | Promise<Judgement> {
  if (body.model !== null) return judgeAbout(gate, call, body, body.model, null)
  return modelLeftOut(gate, call.grant.rules, call.route, body.judged).then((meant) =>
    judgeAbout(gate, call, body, meant, meant),
  )
}

/** @param name of the model that it is about @param defaultModel the same where the body leaves it out */
function judgeAbout(
  gate: Gate,
  call: Call,
  body: Judged,
  name: string | null,
  defaultModel: string | null,
): Judgement | Promise<Judgement> {
  const { defaultMaxOutputTokens, dialects, accepts, mcpHosts } = gate
  const { rules } = call.grant
  const judged = (own: CatalogueModel | null) => {
    const models = { find: (id: string) => (id === name ? own : gate.catalogue.find(rules, id)) }
    return recorded(gate, call, () =>
      judge({
        ...{ rules, route: call.route, body: body.judged, models },
        ...{ defaultModel, defaultMaxOutputTokens, dialects, accepts, mcpHosts },
      }),
    )
  }
  const own = name === null ? null : gate.catalogue.lookUp(rules, name)
  return own instanceof Promise ? own.then(judged) : judged(own)
}

/** After a second in which the key may have been revoked, and the project's rules changed. */
async function judgeAgain(gate: Gate, call: Call, body: Judged): Promise<Judgement> {
  const closed = await letInAgain(gate, call)
  if (closed !== null) throw closed
  return judgeCall(gate, call, body)
}

/**
 * A file that a form names in the place of one that it brings has to be the project's, and kept where that is which its path is about.
 * @throws ApiError 404 where it is not; 400 where no files are kept
 */
export async function refersToFile(gate: Gate, { grant, route }: Call, param: string, id: string): Promise<void> {
  if (!gate.accepts.has('file')) throw notOffered(param)
  const { keyId, rules } = grant
  const { organizationId, projectId } = rules
  const references = [...inPath(route), { kind: 'file', id, param, isIfKept: false } as const]
  const { owners } = await gate.lateOwners.find(references, { organizationId, projectId, keyId })
  keepersOf(references, owners, rules, gate.upstreams.names)
}

/**
 * Those that have the call's model, or what its route asks for.
 * @throws ApiError 400 for a response in the background, where none of them makes any
 */
function upstreamsOf(gate: Gate, { route: { offered } }: Call, { model, background }: Asked): readonly string[] {
  const all = model?.upstreams ?? (offered === null ? gate.upstreams.names : (gate.offers.get(offered) ?? []))
  if (!background) return all
  const able = all.filter((name) => gate.offers.get('background')?.includes(name))
  if (able.length === 0) throw notOffered('background')
  return able
}

/** Those that something which it names may be at: what the gate keeps itself is there also where another keeps what is new. */
function ableOf(gate: Gate, call: Call, asked: Asked): readonly string[] {
  const { offered } = call.route
  const isOwn = gate.keepsFiles && offered !== null && ownOffers.includes(offered)
  const upstreams = upstreamsOf(gate, call, asked)
  return isOwn && !upstreams.includes(OWN_UPSTREAM) ? [...upstreams, OWN_UPSTREAM] : upstreams
}

const withUpstreams = ({ asked, edits }: Judgement, upstreams: readonly string[]): Inquired => ({
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
