import { fromBefore, type SchemaChange } from '../schema-change.ts'
import { init } from './0001-init.ts'
import { groupsAndRoles } from './0002-groups-and-roles.ts'
import { rateLimits } from './0003-rate-limits.ts'
import { usage } from './0011-usage.ts'
import { certificates } from './0020-certificates.ts'
import { policies } from './0030-policies.ts'
import { spend } from './0040-spend.ts'
import { responseOwner } from './0041-response-owner.ts'
import { limitLevel } from './0042-limit-level.ts'
import { usageWriter } from './0042-usage-writer.ts'
import { inviteMaker } from './0043-invite-maker.ts'
import { roleForm } from './0044-role-form.ts'
import { owned } from './0045-owned.ts'
import { sparseLists } from './0046-sparse-lists.ts'
import { projectsOfGroup } from './0047-projects-of-group.ts'
import { disabledKeys } from './0048-disabled-keys.ts'
import { signIn } from './0050-sign-in.ts'
import { spendOfWriter } from './0051-spend-of-writer.ts'
import { keysOfOrganization } from './0052-keys-of-organization.ts'
import { attention } from './0053-attention.ts'
import { secondFactors } from './0056-second-factors.ts'
import { openidConnect } from './0057-openid-connect.ts'
import { vouchedFor } from './0058-vouched-for.ts'
import { removedAddresses } from './0059-removed-addresses.ts'
import { usageOfProject } from './0060-usage-of-project.ts'
import { signInAttempts } from './0061-sign-in-attempts.ts'
import { passkeys } from './0062-passkeys.ts'
import { expiredChallenges } from './0063-expired-challenges.ts'
import { ownedLists } from './0064-owned-lists.ts'
import { background } from './0065-background.ts'
import { batchHeld } from './0066-batch-held.ts'
import { backgroundResponses } from './0068-background-responses.ts'
import { webhooks } from './0070-webhooks.ts'
import { limitRefusals } from './0071-limit-refusals.ts'
import { webhooksOfOrganizations } from './0072-webhooks-of-organizations.ts'
import { batchesOfProject } from './0073-batches-of-project.ts'
import { batchesOfGate } from './0074-batches-of-gate.ts'
import { batchCopying } from './0076-batch-copying.ts'
import { webhookTurns } from './0077-webhook-turns.ts'

/**
 * Forward only, in the order of their names. A released one is never edited. Nodes of the version before work on beside it, so a
 * change of what they use takes two releases: "Change the schema" in CONTRIBUTING.md.
 */
export const migrations: Record<string, SchemaChange> = {
  ...fromBefore({
    '0001-init': init,
    '0002-groups-and-roles': groupsAndRoles,
    '0003-rate-limits': rateLimits,
    '0011-usage': usage,
    '0020-certificates': certificates,
    '0030-policies': policies,
    '0040-spend': spend,
    '0041-response-owner': responseOwner,
    '0042-limit-level': limitLevel,
    '0042-usage-writer': usageWriter,
    '0043-invite-maker': inviteMaker,
    '0044-role-form': roleForm,
    '0045-owned': owned,
    '0046-sparse-lists': sparseLists,
  }),
  '0047-projects-of-group': projectsOfGroup,
  '0048-disabled-keys': disabledKeys,
  '0050-sign-in': signIn,
  '0051-spend-of-writer': spendOfWriter,
  '0052-keys-of-organization': keysOfOrganization,
  '0053-attention': attention,
  '0056-second-factors': secondFactors,
  '0057-openid-connect': openidConnect,
  '0058-vouched-for': vouchedFor,
  '0059-removed-addresses': removedAddresses,
  '0060-usage-of-project': usageOfProject,
  '0061-sign-in-attempts': signInAttempts,
  '0062-passkeys': passkeys,
  '0063-expired-challenges': expiredChallenges,
  '0064-owned-lists': ownedLists,
  '0065-background': background,
  '0066-batch-held': batchHeld,
  '0068-background-responses': backgroundResponses,
  '0070-webhooks': webhooks,
  '0071-limit-refusals': limitRefusals,
  '0072-webhooks-of-organizations': webhooksOfOrganizations,
  '0073-batches-of-project': batchesOfProject,
  '0074-batches-of-gate': batchesOfGate,
  '0076-batch-copying': batchCopying,
  '0077-webhook-turns': webhookTurns,
}
