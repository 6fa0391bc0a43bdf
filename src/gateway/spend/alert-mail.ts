import { dollarText, NANOS_PER_CENT } from '../../core/money.ts'
import type { Month } from '../../core/month.ts'

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

/** What the recipients of an alert read: plain text, with nothing in it that they could not see in the reports. */
export function alertMail(reached: Reached): { subject: string; text: string } {
  const { organization, project, thresholdCents, spent, month, subjectPrefix } = reached
  const threshold = dollarText(BigInt(thresholdCents) * NANOS_PER_CENT)
  const who = project ? `Project "${project.name}"` : `Organization "${organization.name}"`
  const about = `${who} has spent ${threshold} in ${month.name}`
  const lines = [
    `${who} has reached a spend alert.`,
    '',
    `Organization: ${organization.name} (${organization.id})`,
    ...(project ? [`Project: ${project.name} (${project.id})`] : []),
    `Month: ${month.name} (UTC)`,
    `Alert at: ${threshold}`,
    `Spent so far: ${dollarText(spent)}`,
    '',
    `An alert stops no request; a spend limit would. This one is sent once a month: the next counts from ${new Date(month.to).toISOString().slice(0, 10)}.`,
    '',
  ]
  return { subject: subjectPrefix ? `${subjectPrefix} ${about}` : about, text: lines.join('\n') }
}
