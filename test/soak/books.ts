import { TEMPLATE_TOKENS } from '../../src/gateway/judge/bounds.ts'
import type { Seen } from './client.ts'
import type { Served } from './model-server.ts'
import type { Plan } from './plan.ts'
import { MOST_OUTPUT } from './stage.ts'

/** What a number must be between; nearly always there is nothing between. */
export type Between = { least: number; most: number }
export type Used = { requests: Between; input: Between; output: Between }

const exactly = (count: number): Between => ({ least: count, most: count })
const upTo = (most: number, least = 0): Between => ({ least, most })
export const NOTHING: Used = { requests: exactly(0), input: exactly(0), output: exactly(0) }

/**
 * What a call must be metered with, by what the model server and the client saw of it. It is exact wherever the reply came whole,
 * or the model server refused; where one of the two left in the middle, nobody outside knows how far the gate had read.
 */
export function usedBy(plan: Plan, seen: Seen, served: Served | undefined): Used {
  if (served === undefined) return usedUnreached(seen)
  const answers = served.status === 200
  if (!answers) return seen.status === null ? upToAll(plan, seen, served, 0) : NOTHING
  if (isWhole(plan) && seen.whole && seen.status === 200) return usedWhole(plan, seen)
  // The connection was cut before the gate had read that there is a reply.
  if (seen.status !== null && seen.status >= 400) return NOTHING
  const isLost = plan.behaviour === 'breaks' && seen.status === null
  return upToAll(plan, seen, served, isLost ? 0 : 1)
}

const isWhole = ({ behaviour }: Plan) => behaviour !== 'breaks' && behaviour !== 'stalls'

/** Of what never came to the model server: nothing, unless the client left while it was on its way there. */
function usedUnreached({ status, sent, bytes }: Seen): Used {
  if (status !== null || sent === 'part') return NOTHING
  return { requests: upTo(1), input: upTo(bytes), output: exactly(0) }
}

/** The most that a call is charged for its input, whatever a model server says: its bytes, and what a template puts around them. */
const mostInput = (bytes: number) => bytes + TEMPLATE_TOKENS

function usedWhole(plan: Plan, { bytes }: Seen): Used {
  const { behaviour, reported, words, maximum, route } = plan
  const one = exactly(1)
  const makesTokens = route !== 'embeddings' && route !== 'moderations'
  // Counted by the gate itself: of the input nothing is known from here but that it is no more than its bytes.
  const counted = route === 'transcriptions' ? exactly(0) : upTo(bytes, 1)
  if (behaviour === 'lies') {
    const most = words > 0 ? maximum : makesTokens ? MOST_OUTPUT : 0
    return { requests: one, input: upTo(mostInput(bytes), 1), output: exactly(most) }
  }
  if (behaviour === 'reports_nothing') return { requests: one, input: counted, output: exactly(words) }
  if (behaviour === 'sends_cut_json')
    return { requests: one, input: counted, output: upTo(words, plan.stream ? words : 0) }
  return { requests: one, input: exactly(reported.input), output: exactly(makesTokens ? reported.output : 0) }
}

/** Where somebody left in the middle: what was said and reported may all have come to the gate, or nothing of it. */
function upToAll(plan: Plan, seen: Seen, { words, reported }: Served, least: number): Used {
  const lies = plan.behaviour === 'lies'
  const said = lies ? Math.max(plan.maximum, MOST_OUTPUT) : Math.max(words, plan.reported.output)
  return {
    requests: upTo(1, least),
    input: upTo(lies ? mostInput(seen.bytes) : Math.max(seen.bytes, plan.reported.input)),
    output: upTo(reported ? said : words, plan.stream ? seen.words : 0),
  }
}

export function add(sum: Used, { requests, input, output }: Used): Used {
  const both = (a: Between, b: Between) => ({ least: a.least + b.least, most: a.most + b.most })
  return { requests: both(sum.requests, requests), input: both(sum.input, input), output: both(sum.output, output) }
}
