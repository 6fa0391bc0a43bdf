import { randomUUID } from 'node:crypto'
import { closeResponse, noteResponse, type OpenResponse, openResponse } from '../../db/background-responses.ts'
import { inTransaction } from '../../db/transaction.ts'
import { amountsOf, type Terms, writeTerms } from '../batches/terms.ts'
import type { Asked, Call, Outcome } from '../call.ts'
import type { Later } from '../exchange/later.ts'
import type { Ticket } from '../exchange/ticket.ts'
import type { Gate } from '../gate.ts'
import { userOf } from '../keys/grant.ts'
import type { OnShown } from '../observe/observer.ts'
import type { Reply } from '../upstreams/forwarding.ts'
import { NOTHING_USED } from '../use.ts'
import { HeldReply } from './held-reply.ts'
import { FIRST_MS } from './pace.ts'

/** After so many milliseconds nobody waits any more for the name of a response whose call went down with its server. */
const UNNAMED_MS = 3_600_000

/**
 * A call that is answered in the background. It is written down before anything is sent, with the money that it holds; and how its model
 * server calls it, before its client hears that. From then on it is settled by what its model server says of it, whoever asks or leaves.
 */
export class InBackground implements Later {
  readonly #gate: Gate
  readonly #call: Call
  readonly #asked: Asked
  readonly #ticket: Ticket
  readonly #row: OpenResponse
  #reply: HeldReply | null = null
  #naming: Promise<boolean> | null = null

  constructor(gate: Gate, call: Call, asked: Asked, ticket: Ticket, row: OpenResponse) {
    this.#gate = gate
    this.#call = call
    this.#asked = asked
    this.#ticket = ticket
    this.#row = row
  }

  /** The client's side. */
  holding(reply: Reply): Reply {
    this.#reply = new HeldReply(reply, () => {
      if (this.#naming === null) this.#reply?.release()
    })
    return this.#reply
  }

  /** Takes note of what the reply shows, besides who owns it. */
  noting(upstream: string, claims: OnShown | null): OnShown {
    return (kind, id) => {
      claims?.(kind, id)
      if (kind === 'response') this.#naming ??= this.#name(id, upstream)
    }
  }

  /** @returns whether its model server has named it, so that it is settled later */
  async ended({ end }: Outcome): Promise<boolean> {
    const isNamed = (await this.#naming) ?? false
    const db = this.#gate.db.write
    if (!isNamed) await inTransaction(db, (tx) => closeResponse(tx, this.#row, async () => {}))
    else if (this.#asked.stream && end === 'complete') await noteResponse(db, this.#row, { due_at: this.#gate.now() })
    return isNamed
  }

  /** Nothing of it was made. Never throws. */
  async failed(): Promise<void> {
    const { db, log } = this.#gate
    if (await this.#naming) return
    await inTransaction(db.write, (tx) => closeResponse(tx, this.#row, async () => {})).catch((err: unknown) =>
      log.warn({ err }, 'what a call holds that failed is given back in an hour'),
    )
  }

  async #name(response_id: string, upstream: string): Promise<boolean> {
    const { db, later, log, now, tally } = this.#gate
    try {
      await noteResponse(db.write, this.#row, { response_id, upstream, due_at: now() + FIRST_MS })
      await later.read(this.#call.grant.rules)
    } catch (err) {
      log.error(
        { err, upstream, response: response_id },
        'a response in the background could not be written down: its client is not told of it',
      )
      this.#reply?.destroy()
      return false
    }
    // From here on its row holds the money. Of its limits everything stays as it was taken.
    this.#ticket.handOver()
    const { grant, route, at } = this.#call
    for (const { model } of this.#asked.within)
      tally.add({ grant, route, at, asked: { ...this.#asked, model, serviceTier: null }, used: NOTHING_USED }, [])
    this.#reply?.release()
    return true
  }
}

/** Writes a call down that is to be answered in the background. @throws what the database says: then nothing is sent, and its ticket is settled */
export async function beginInBackground(gate: Gate, call: Call, asked: Asked, ticket: Ticket): Promise<InBackground> {
  const { rules, keyId } = call.grant
  const made_at = gate.now()
  const row: OpenResponse = {
    ...{ id: randomUUID(), organization_id: rules.organizationId, project_id: rules.projectId },
    ...{ key_id: keyId, user_id: userOf(call.grant) ?? call.grant.ownerId, response_id: null, upstream: null },
    ...{ made_at, due_at: made_at + UNNAMED_MS, reserved_nano: ticket.nano, terms: writeTerms(termsOf(asked)) },
  }
  try {
    await openResponse(gate.db.write, row)
  } catch (error) {
    ticket.settle(null)
    throw error
  }
  return new InBackground(gate, call, asked, ticket, row)
}

function termsOf({ model, worst, caps }: Asked): Terms {
  const most = amountsOf({ caps, worst })
  return {
    ...{ model: model?.id ?? '', price: model?.price ?? null, lines: 1, inputTokens: worst.inputTokens },
    ...{ keys: { project: '', organization: '' }, most: { line: most, all: most } },
    used: { lines: 0, inputTokens: 0, outputTokens: 0, images: 0 },
  }
}
