import { type OrganizationEvent, organizationEvents } from '../../../../src/core/policy.ts'

/** What an organization's endpoint can be told of, in words. */
export const words: Record<OrganizationEvent, string> = {
  'audit_log.created': 'Each event of the audit log',
  'spend_alert.reached': 'Spend alerts',
  'spend_limit.reached': 'Calls refused by a spend limit',
  'rate_limit.reached': 'Calls refused by a rate limit',
  'api_key.expiring': 'Keys two weeks before they expire',
  'certificate.expiring': 'Certificates two weeks before they expire',
}

export { type OrganizationEvent, organizationEvents }

/** @param type of an event, which a later server may have and this page not know */
export const wordOf = (type: string): string => words[type as OrganizationEvent] ?? type
