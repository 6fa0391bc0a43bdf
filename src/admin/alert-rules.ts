import { ApiError } from '../contract/error.ts'
import { MOST_ALERTS, type SpendAlertInput } from '../contract/spend-alerts.ts'
import type { Db, Row } from '../db/tables.ts'
import type { Caller } from './handlers.ts'
import { emailKey, members } from './users.ts'

/** Each alert is a mail a month, and changing one is another: the mail server is the house's. */
export async function refuseMore(db: Db, scope: Pick<Row<'spend_alert'>, 'organization_id' | 'project_id'>) {
  const { count } = await db
    .selectFrom('spend_alert')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where((eb) => eb.and(scope))
    .executeTakeFirstOrThrow()
  if (Number(count) < MOST_ALERTS) return
  const whose = scope.project_id === null ? 'The organization' : `Project '${scope.project_id}'`
  const message = `${whose} has ${MOST_ALERTS} spend alerts, which is the maximum. Change or delete one of them.`
  throw new ApiError('too_many_spend_alerts', message)
}

/** Mail to people who are not in the organization is an owner's to order: it speaks for the house. */
export async function refuseStrangers({ db, caller, body }: { db: Db; caller: Caller; body: SpendAlertInput }) {
  if (caller.access.owner) return
  const { recipients } = body.notification_channel
  const found = await members(db, caller.organizationId).where('email_key', 'in', recipients.map(emailKey)).execute()
  const known = new Set(found.map(({ email_key }) => email_key))
  const at = recipients.findIndex((address) => !known.has(emailKey(address)))
  if (at < 0) return
  const param = `notification_channel.recipients[${at}]`
  const message = `Invalid '${param}': '${recipients[at]}' is not a member of the organization. Only an owner of the organization can have mail sent to others.`
  throw new ApiError('recipient_outside_organization', message, { param })
}
