import { plainModel } from '../../core/catalogue.ts'
import { type CostEntry, costEntries } from '../../core/price.ts'
import type { UsageEntry } from '../../core/usage-entry.ts'
import type { Asked } from '../call.ts'
import { NO_CAPS } from '../caps.ts'
import { capped } from '../exchange/capped.ts'
import { usageEntries } from '../observe/entries.ts'
import { observe } from '../observe/observe.ts'
import type { TokenCounter } from '../observe/token-counter.ts'
import type { GatewayRoute } from '../routes/table.ts'
import { NO_WORST, NOTHING_USED, type Used } from '../use.ts'
import type { ShownByLines } from './shown.ts'
import { leftOf, type Terms } from './terms.ts'

/** Whose a batch is: the key that made it, and who had that. */
export type BatchOwner = { organizationId: string; projectId: string; keyId: string; userId: string }

export type Replied = {
  owner: BatchOwner
  /** Of its lines. */
  route: GatewayRoute
  tokens: TokenCounter
  /** Epoch milliseconds: when this is settled. */
  at: number
  /** Whether it is no batch's, but one call that is settled later. */
  isLive?: true
  /** Who is told of what a line's answer shows; null: nobody. */
  shown: Pick<ShownByLines, 'ofLine'> | null
}

/** What one line has used and cost. @property excess tokens that were reported beyond what it can have used */
export type SettledLine = { entries: UsageEntry[]; nano: number; excess: number }

/** What a line of a batch's results says of the call. @property status null: it was not made, or nobody knows */
export type ReplyLine = {
  status: number | null
  body: object | null
  /** Of an answer that there is and that cannot be read: it is longer than any is, or no JSON. */
  unreadBytes?: number
}

/** Characters of text that a token is estimated by. */
const CHARACTERS_EACH = 4

/**
 * What a line of a batch's results has used: read as the reply to a live call is, bounded by what the batch was let in with, and at the price that it
 * was let in at. The terms are brought on by it.
 * @returns null for a line that failed, and so costs nothing
 */
export async function settleLine(line: ReplyLine, terms: Terms, replied: Replied): Promise<SettledLine | null> {
  // More answers than there were questions: to nobody's.
  if (terms.used.lines >= terms.lines) return null
  const asked = askedOf(terms, replied)
  const seen = await usedBy(line, asked, replied)
  if (seen === null) return null
  const { used, excess } = capped(seen, asked)
  const { used: all } = terms
  all.lines++
  all.inputTokens += used.inputTokens
  all.outputTokens += used.outputTokens
  all.images += used.images
  const costs = asked.model === null ? [] : costEntries(asked.model, used)
  const nano = costs.reduce((sum, { amount_nano }) => sum + amount_nano, 0)
  return { entries: entriesOf(asked, used, costs, replied), nano, excess }
}

async function usedBy(
  { status, body, unreadBytes }: ReplyLine,
  asked: Asked,
  { route, tokens, shown }: Replied,
): Promise<Used | null> {
  if (unreadBytes !== undefined) return mostOf(asked, unreadBytes)
  if (status === null || status < 200 || status >= 400 || body === null) return null
  const observer = observe({ route, asked, contentType: 'application/json', status, tokens })
  observer.onShown = shown?.ofLine() ?? null
  observer.chunk(Buffer.from(JSON.stringify(body)))
  return observer.used('complete')
}

/** What nobody can read may have used all that it could. Where nobody has bounded that, it is estimated by its length. */
const mostOf = ({ caps, worst }: Asked, bytes: number): Used => ({
  ...NOTHING_USED,
  inputTokens: caps.inputTokens ?? worst.inputTokens,
  outputTokens: caps.outputTokens ?? Math.ceil(bytes / CHARACTERS_EACH),
  images: worst.images,
})

/** A line as what answers it is read by: what of its request nobody has any more is reckoned with as for all lines together. */
function askedOf(terms: Terms, { owner }: Replied): Asked {
  const left = leftOf(terms)
  const inputTokens = Math.ceil(terms.inputTokens / terms.lines)
  return {
    projectId: owner.projectId,
    model: { ...plainModel(terms.model), price: terms.price },
    within: [],
    worst: { ...NO_WORST, inputTokens, boundTokens: left.inputTokens ?? Number.MAX_SAFE_INTEGER, images: left.images },
    caps: { ...NO_CAPS, inputTokens: left.inputTokens, outputTokens: left.outputTokens },
    stream: false,
    usageWanted: true,
    streamOptions: null,
    references: [],
    stored: false,
    background: false,
    inputText: () => null,
    echoes: false,
    besideText: 0,
    characters: 0,
    size: null,
    serviceTier: null,
  }
}

function entriesOf(
  asked: Asked,
  used: Used,
  costs: readonly CostEntry[],
  { owner, route, at, isLive }: Replied,
): UsageEntry[] {
  const { organizationId, projectId, keyId, userId } = owner
  const grant = { keyId, ownerId: userId, rules: { organizationId, projectId } }
  const who = { organization_id: organizationId, project_id: projectId, user_id: userId, api_key_id: keyId }
  const paid = costs.map((cost): UsageEntry => ({ kind: 'costs', at: Math.floor(at / 1000), ...who, ...cost }))
  const entries = [...usageEntries({ grant, route, at, asked, used }), ...paid]
  return isLive ? entries : entries.map((entry) => ({ ...entry, batch: 1 }))
}
