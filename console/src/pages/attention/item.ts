import type { Reply } from '../../api/operations.ts'

export type Item = Reply<'GET /v1/organization/attention'>['data'][number]
type Kind = Item['kind']

/** One thing has several rows where several of its limits are near their end, or where it was refused for several reasons. */
export const keyOf = ({ kind, subject, project, dimension, error_code }: Item): string =>
  [kind, subject.type, subject.id, project?.id, dimension, error_code].join(' ')

/** What each kind is called: of one, and of all. */
export const kinds: Record<Kind, { one: string; all: string }> = {
  spend_limit: { one: 'Spend limit', all: 'spend limits' },
  rate_limit: { one: 'Rate limit', all: 'rate limits' },
  calls_limited: { one: 'Rate limited', all: 'calls that rate limits had no room for' },
  certificate_expiring: { one: 'Certificate', all: 'certificates' },
  key_expiring: { one: 'Key expires', all: 'keys that expire' },
  key_unused: { one: 'Unused key', all: 'keys that nobody uses' },
  calls_refused: { one: 'Refused calls', all: 'refused calls' },
}
