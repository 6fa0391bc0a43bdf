import type { Log } from '../../core/log.ts'
import { alertMail, digestMail, type Reached } from './alert-mail.ts'
import type { Mailer } from './mailer.ts'

export type OutboxParts = {
  mailer: Pick<Mailer, 'send'>
  log: Pick<Log, 'warn'>
  /** Milliseconds since the epoch. */
  now: () => number
}

/** An alert that was reached, and who is to hear of it. */
export type Due = Reached & { alertId: string; to: readonly string[] }

/** Mails that leave for one project in any hour, or for the alerts of one organization itself. */
export const MOST_MAILS = 30
/** Of what waits for a digest: alerts that it lists, and addresses that it goes to. */
const [LISTED, ADDRESSED] = [100, 100]
const HOUR_MS = 3_600_000

/** What leaves for one owner: when its last mails did, and what waits. */
type Box = { sentAt: number[]; held: number; listed: Due[]; to: Set<string>; timer: NodeJS.Timeout | undefined }

/**
 * Between alerts and the mail server: whoever may set alerts cannot flood anybody through it. What is too much in an hour
 * waits, and is one mail as soon as the hour has room for it. Each node counts for itself, and from its start.
 */
export class Outbox {
  readonly #parts: OutboxParts
  readonly #boxes = new Map<string, Box>()

  constructor(parts: OutboxParts) {
    this.#parts = parts
  }

  /** Sends the mail of an alert, or keeps it for the digest. Never throws and never waits. */
  send(due: Due): void {
    const now = this.#parts.now()
    this.#forgetIdle(now)
    const box = this.#open(due)
    box.sentAt = this.#recent(box, now)
    if (box.held === 0 && box.sentAt.length < MOST_MAILS) {
      box.sentAt.push(now)
      this.#parts.mailer.send({ to: due.to, ...alertMail(due) }, { alert_id: due.alertId })
      return
    }
    this.#hold(box, due, now)
  }

  /** Sends what waits at once. */
  close(): void {
    for (const box of this.#boxes.values()) this.#release(box)
  }

  #hold(box: Box, due: Due, now: number) {
    if (box.held++ === 0) {
      const about = { organization_id: due.organization.id, ...(due.project && { project_id: due.project.id }) }
      this.#parts.log.warn(
        about,
        `${MOST_MAILS} mails of spend alerts have left within an hour: further ones wait for one`,
      )
      const [oldest = now] = box.sentAt
      box.timer = setTimeout(() => this.#release(box), Math.min(oldest + HOUR_MS - now, HOUR_MS)).unref()
    }
    if (box.listed.length < LISTED) box.listed.push(due)
    for (const address of due.to) if (box.to.size < ADDRESSED) box.to.add(address)
  }

  #release(box: Box) {
    clearTimeout(box.timer)
    const [first] = box.listed
    if (first === undefined) return
    const alerts = box.listed.map(({ alertId }) => alertId)
    const mail = digestMail(first, box.listed, box.held)
    const now = this.#parts.now()
    box.sentAt = [...this.#recent(box, now), now]
    // Who hears of one alert need not learn who hears of another.
    this.#parts.mailer.send({ to: [], bcc: [...box.to], ...mail }, { alert_ids: alerts })
    Object.assign(box, { held: 0, listed: [], to: new Set<string>() })
  }

  #open({ organization, project }: Due): Box {
    const name = `${organization.id} ${project?.id ?? ''}`
    const box = this.#boxes.get(name) ?? { sentAt: [], held: 0, listed: [], to: new Set(), timer: undefined }
    this.#boxes.set(name, box)
    return box
  }

  #recent = ({ sentAt }: Box, now: number) => sentAt.filter((at) => at > now - HOUR_MS)

  #forgetIdle(now: number) {
    for (const [name, box] of this.#boxes) {
      if (box.held === 0 && this.#recent(box, now).length === 0) this.#boxes.delete(name)
    }
  }
}
