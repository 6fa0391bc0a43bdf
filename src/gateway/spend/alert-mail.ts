import { dollarText, NANOS_PER_CENT } from '../../core/money.ts'
import type { Month } from '../../core/month.ts'
import { shown } from '../../core/shown.ts'

/** A threshold that was reached. */
export type Reached = {
  organization: { id: string; name: string }
  /** Null: the organization altogether. */
  project: { id: string; name: string } | null
  thresholdCents: number
  /** Nano-dollars. */
  spent: bigint
  month: Month
  subjectPrefix: string | null
}

/** What every subject begins with, whatever people call their projects and alerts: who reads it knows where it comes from. */
const HOUSE = 'Gatehouse spend alert:'
/** Characters of a text of somebody's own that a subject shows. */
const SHOWN = 80

/** What the recipients of an alert read: plain text, with nothing in it that they could not see in the reports. */
export function alertMail(reached: Reached): { subject: string; text: string } {
  const { thresholdCents, spent, month, subjectPrefix } = reached
  const threshold = dollarsOf(thresholdCents)
  const lines = [
    `${whoOf(reached)} has reached a spend alert.`,
    '',
    ...whoseLines(reached),
    `Alert at: ${threshold}`,
    `Spent so far: ${dollarText(spent)}`,
    '',
    `An alert stops no request; a spend limit would. This one is sent once a month: the next counts from ${nextOf(month)}.`,
    '',
  ]
  const prefix = subjectPrefix === null ? '' : shown(subjectPrefix, SHOWN)
  const about = `${whoOf(reached, SHOWN)} has spent ${threshold} in ${month.name}`
  return { subject: [HOUSE, ...(prefix ? [prefix] : []), about].join(' '), text: lines.join('\n') }
}

/**
 * What is read in place of many mails of one project, or of the organization itself.
 * @param whose any of them @param listed those that the mail names, of `count`
 */
export function digestMail(whose: Reached, listed: readonly Reached[], count: number) {
  const more = count - listed.length
  const lines = [
    `${whoOf(whose)} has reached ${count} spend alerts besides those that mails were sent for.`,
    'So many mails are not sent within an hour; this one is in place of them.',
    '',
    ...whoseLines(whose),
    ...listed.map(
      ({ thresholdCents, spent, month }) =>
        `Alert at: ${dollarsOf(thresholdCents)}, with ${dollarText(spent)} spent in ${month.name}`,
    ),
    ...(more > 0 ? [`And ${more} more.`] : []),
    '',
  ]
  return { subject: `${HOUSE} ${whoOf(whose, SHOWN)} has reached ${count} more alerts`, text: lines.join('\n') }
}

const dollarsOf = (cents: number) => dollarText(BigInt(cents) * NANOS_PER_CENT)
const nextOf = (month: Month) => new Date(month.to).toISOString().slice(0, 10)

function whoOf({ organization, project }: Reached, most?: number): string {
  return project ? `Project "${shown(project.name, most)}"` : `Organization "${shown(organization.name, most)}"`
}

function whoseLines({ organization, project, month }: Reached): string[] {
  return [
    `Organization: ${shown(organization.name)} (${organization.id})`,
    ...(project ? [`Project: ${shown(project.name)} (${project.id})`] : []),
    `Month: ${month.name} (UTC)`,
  ]
}
