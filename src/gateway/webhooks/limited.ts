import type { ApiError } from '../../contract/error.ts'
import { Bounded } from '../../core/bounded.ts'
import type { WebhookDesk } from '../../core/webhook-asked.ts'

/** Limits that are remembered to have been told of. */
const KEPT = 10_000
const HOUR_MS = 3_600_000

/** Whose call it was. */
type Whose = { organizationId: string; projectId: string }

/** Says that a call was refused by a limit, once an hour for each of a project: a client in a loop is refused thousands of times a second. */
export function limitsTold({ limited }: Pick<WebhookDesk, 'limited'>, now: () => number) {
  const told = new Bounded<string, number>(KEPT)
  return ({ organizationId, projectId }: Whose, { failure, message }: ApiError): void => {
    const hour = Math.floor(now() / HOUR_MS)
    const name = `${projectId} ${failure}`
    if (told.get(name) === hour) return
    told.set(name, hour)
    limited({ organizationId, projectId, code: failure, message })
  }
}
