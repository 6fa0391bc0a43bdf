import type { ApiError } from '../../../contract/error.ts'
import type { BatchRow } from '../../../db/batch.ts'
import type { Gate } from '../../gate.ts'
import { keyGone, ownRefusal } from '../../keys/authorize.ts'
import type { Grant } from '../../keys/grant.ts'
import type { GatewayRoute } from '../../routes/table.ts'

/** What the key that made a batch may do at this moment: a statement for each line costs little beside its call. @returns why it may not make that */
export async function runGrant(
  gate: Pick<Gate, 'grants' | 'now'>,
  {
    organization_id: organizationId,
    project_id: projectId,
    key_id: keyId,
  }: Pick<BatchRow, 'organization_id' | 'project_id' | 'key_id'>,
  { permission }: GatewayRoute,
): Promise<Grant | ApiError> {
  const grant = await gate.grants.ofKey({ organizationId, keyId })
  if (grant === null || grant.rules.projectId !== projectId) return keyGone()
  return ownRefusal(grant, permission, Math.floor(gate.now() / 1000)) ?? grant
}
