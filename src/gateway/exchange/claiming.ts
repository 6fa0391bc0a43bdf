import type { Origin, Owners } from '../../ledger/owners.ts'
import type { Asked } from '../call.ts'
import type { OnShown } from '../observe/observer.ts'
import { idKinds } from '../routes/ids.ts'
import type { GatewayRoute } from '../routes/table.ts'
import type { ProjectIds } from '../rules/rule.ts'

/** Items that one reply brings to its project, and what else, at most: a model server can name as many as it likes. */
const MOST_ITEMS = 1000
const MOST_BESIDE = 1000

/** Whose call it is, and what it is about. */
type Of = { grant: { rules: ProjectIds }; route: Pick<GatewayRoute, 'ids' | 'ends'> }

type Claims = Pick<Asked, 'references' | 'stored'> & {
  /** Whether who answers has containers that can be asked for again. */
  hasContainers: boolean
}

/**
 * What takes for a call's project all that its reply shows, from before the ids are known to anybody. Items are of the
 * response that the reply names, or that the call is about; those of a conversation are of that. Where nothing is stored they are nobody's. What lives
 * by itself, as a container that a tool has made, is the project's also then.
 * @param upstream the one that answers
 */
export function claiming(
  owners: Pick<Owners, 'claim'>,
  { grant, route }: Of,
  { references, stored, hasContainers }: Claims,
  upstream: string,
): OnShown {
  const { organizationId, projectId } = grant.rules
  const { response_id: responseId = null, conversation_id: conversation } = route.ids
  const origin: Origin = {
    ...{ organizationId, projectId, upstream, responseId },
    conversationId: references.find(({ kind }) => kind === 'conversation')?.id ?? null,
    isNew: responseId === null && conversation === undefined,
  }
  // What the database knows counts more: it may have been there before.
  const alone: Origin = { ...origin, responseId: null, conversationId: null, isNew: false }
  let items = 0
  let beside = 0
  return (kind, id) => {
    // Whose it is was asked when it was named.
    if (kind === 'conversation') {
      origin.conversationId ??= id
      return
    }
    if (kind === 'container' || kind === 'container_file') {
      if (hasContainers && beside < MOST_BESIDE && owners.claim({ kind, id }, alone)) beside++
      return
    }
    if (!stored) return
    if (kind === 'response') origin.responseId ??= id
    else if (items >= MOST_ITEMS) return
    if (owners.claim({ kind, id }, origin) && kind === 'item') items++
  }
}

/** What a call was to end, and its model server has, is nobody's any more. */
export function endsNamed(owners: Pick<Owners, 'end'>, { grant, route }: Of): void {
  const { ends, ids } = route
  if (ends === null) return
  const [kind, id] = [idKinds[ends].owned, ids[ends]]
  if (kind !== null && id !== undefined) owners.end({ kind, id }, grant.rules)
}
