import type { IncomingHttpHeaders } from 'node:http'
import type { Transform } from 'node:stream'
import type { Outcome } from '../call.ts'
import { type Sending, sendInTurn } from '../turn.ts'
import { failureOf, isConnection } from './broken.ts'
import { decoderFor } from './decode.ts'
import { invalidReply, refusalOf, type UpstreamFailure } from './failures.ts'
import {
  type Forwarding,
  isEventStream,
  type Reply,
  type ReplyObserver,
  Unreached,
  type Witness,
} from './forwarding.ts'
import { writeOnce } from './give-back.ts'
import { contentTypeOf, replyHeaders } from './headers.ts'
import { HeldRefusal, isHeld } from './held-refusal.ts'
import type { Control, ReplyHandler } from './http1/handler.ts'
import { Patience } from './patience.ts'
import type { Secret } from './secret.ts'
import { Veil } from './veil.ts'

/** Bytes of a reply that nobody gets which are read away, so that the connection can be kept; beyond, it is cut. */
const READ_AWAY = 65_536

/** Bytes of a body up to which a copy costs less than a second piece to write. */
const ONE_PIECE = 16_384

class Abandoned extends Error {}

/** What is true of every reply of one upstream. */
export type Terms = {
  /** Milliseconds that the client may leave the reply unread, after which it counts as gone. */
  unreadTimeoutMs: number
  /** Milliseconds until the reply must begin, whatever the upstream says before. */
  replyTimeoutMs: number
  /** What no reply may show. */
  secret: Secret | null
}

/** Sends a call once more, in another way, and settles it in its place. */
export type Again = (
  call: Forwarding,
  witness: Witness,
  resolve: (outcome: Outcome) => void,
  reject: (error: unknown) => void,
) => void

/** Carries one reply from the upstream to the client, no faster than the client reads. */
export class Relay implements ReplyHandler, Sending {
  readonly #call: Forwarding
  readonly #witness: Witness
  readonly #response: Reply
  readonly #resolve: (outcome: Outcome) => void
  readonly #reject: (error: unknown) => void
  #controller: Control | null = null
  #observer: ReplyObserver | null = null
  readonly #veil: Veil | null
  readonly #terms: Terms
  /** Begun with the first interim answer, which few upstreams send. */
  #patience: Patience | null = null
  #decoder: Transform | null = null
  /** Bytes that the client was told to expect; -1 where it was not. */
  #length = -1
  /** A body that came whole: it goes out together with its head. */
  #whole: Buffer | null = null
  /** Runs while the client leaves something unread: until then, nobody else can tell that it will not read it. */
  #unread: NodeJS.Timeout | null = null
  /** Bytes of a refused reply that were read; -1 where it is not refused. */
  #readAway = -1
  /** What is done where a refusal names what the gate has put into the request; null: nothing. */
  readonly #again: Again | null
  #held: HeldRefusal | null = null
  /** Nobody waits for this relay any more: its promise is settled. */
  #over = false

  constructor(
    call: Forwarding,
    witness: Witness,
    terms: Terms,
    resolve: (outcome: Outcome) => void,
    reject: (error: unknown) => void,
    again: Again | null = null,
  ) {
    this.#call = call
    this.#witness = witness
    this.#response = call.response
    this.#terms = terms
    this.#veil = terms.secret && new Veil(terms.secret)
    this.#resolve = resolve
    this.#reject = reject
    this.#again = again
    this.#response.on('close', this.#closed)
  }

  /** The reply is over, or the client's connection is: then nobody wants the rest, and the upstream's work is cancelled. */
  readonly #closed = (): void => {
    if (this.#over) return
    if (this.#response.writableFinished) {
      this.#finish('complete')
      return
    }
    this.#finish(this.#controller === null ? 'never_sent' : 'client_gone')
    this.#stop()
  }

  /** The body that is sent cannot be read to its end. */
  bodyFailed(error: Error): void {
    this.#fail(error)
  }

  onRequestStart(controller: Control): void {
    this.#controller = controller
    if (this.#over) controller.abort(new Abandoned())
    else this.#witness.reached()
  }

  onResponseStart(_controller: Control, status: number, headers: IncomingHttpHeaders): void {
    if (this.#over) return
    if (status < 200) this.#patience ??= new Patience()
    if (this.#patience?.outlasts(status, this.#terms.replyTimeoutMs)) return
    const refusal = refusalOf(status, headers, this.#witness.name) ?? this.#undecodable(headers)
    try {
      if (refusal) this.#refuse(refusal, status >= 200)
      else if (isHeld(status, this.#again !== null, this.#call.holdsMissing))
        this.#held = new HeldRefusal(status, headers)
      else this.#begin(status, headers, null)
    } catch (error) {
      this.#fail(error)
    }
  }

  onResponseData(controller: Control, chunk: Buffer): void {
    if (this.#readAway >= 0) {
      this.#readAway += chunk.length
      if (this.#readAway > READ_AWAY) controller.abort(new Abandoned())
    } else if (this.#decoder) {
      if (this.#decoder.write(chunk)) return
      controller.pause()
      this.#decoder.once('drain', () => controller.resume())
    } else if (!this.#send(chunk)) {
      controller.pause()
      this.#onceRead(() => controller.resume())
    }
  }

  onResponseEnd(): void {
    if (this.#readAway >= 0) return
    if (this.#decoder) this.#decoder.end()
    else this.#complete()
  }

  onResponseError(_controller: Control, error: Error): void {
    if (this.#over) return
    const { request } = this.#call
    if (request.destroyed && !request.complete) {
      this.#response.destroy()
      this.#finish('client_gone')
    } else if (this.#response.headersSent) this.#breakOff(error)
    else if (this.#controller === null && isConnection(error)) this.#fail(new Unreached('', { cause: error }))
    else {
      const refusal = failureOf(error)
      this.#witness.failed(refusal.reason, error)
      this.#fail(refusal.error)
    }
  }

  #begin(status: number, headers: IncomingHttpHeaders, held: Buffer | null): void {
    const events = isEventStream(contentTypeOf(headers))
    const { headers: extra, observer } = this.#call.begin(status, headers, this.#witness.name, held)
    this.#observer = observer
    const ours = status < 400 ? extra : { 'x-gatehouse-error-source': 'upstream', ...extra }
    const sameLength = this.#decoder === null && !events && observer?.resizes !== true
    if (sameLength && headers['content-length'] !== undefined) this.#length = Number(headers['content-length'])
    this.#response.writeHead(status, replyHeaders(headers, { status, sameLength, ours, secret: this.#terms.secret }))
    // The first byte of a stream may be seconds away; that it began is news already. flushHeaders() would write a header's bytes
    // as UTF-8, twice encoded. Node writes what else comes in this turn of the loop together with it.
    if (events) this.#response.write('', 'latin1')
  }

  /** @returns whether the client reads fast enough for more */
  #send(chunk: Buffer): boolean {
    return this.#pass(this.#veil === null ? chunk : this.#veil.chunk(chunk))
  }

  #pass(chunk: Buffer): boolean {
    if (this.#over || chunk.length === 0) return true
    if (this.#held !== null) return this.#held.add(chunk) || this.#letGo(this.#held)
    const out = this.#observer === null ? chunk : this.#observed(chunk)
    if (this.#observer?.overran) {
      this.#breakOff(new Error('the reply is more than twice as long as it can be'), 'overran')
      return true
    }
    if (out === null || out.length === 0) return true
    if (out.length === this.#length) {
      // As many bytes as were announced can only be all of them.
      this.#whole = out
      return true
    }
    const isOurs = this.#observer?.passes === true && this.#decoder === null
    return isOurs ? writeOnce(this.#response, out) : this.#response.write(out)
  }

  /** The refusal is for the client after all. */
  #letGo({ status, headers, bytes }: HeldRefusal): boolean {
    this.#held = null
    try {
      this.#begin(status, headers, bytes)
    } catch (error) {
      this.#fail(error)
    }
    return this.#pass(bytes)
  }

  #observed(chunk: Buffer | null): Buffer | null {
    try {
      return (chunk ? this.#observer?.chunk(chunk) : this.#observer?.end()) ?? null
    } catch (error) {
      this.#fail(error)
      return null
    }
  }

  #complete(): void {
    const held = this.#veil === null ? null : this.#veil.end()
    if (held !== null) this.#pass(held)
    if (this.#again !== null && this.#held?.namesUsage && !this.#over) {
      this.#leave()
      this.#again(this.#call, this.#witness, this.#resolve, this.#reject)
      return
    }
    if (this.#held !== null) this.#letGo(this.#held)
    const last = this.#observer === null ? null : this.#observed(null)
    if (this.#over) return
    if (last !== null && last.length > 0) this.#response.write(last)
    sendInTurn(this)
  }

  /** Ends the reply, and with it sends one that came whole. */
  send(): void {
    if (this.#over) return
    if (this.#whole === null) this.#response.end()
    // As text it is written together with its head: one piece costs less than two.
    else if (this.#whole.length <= ONE_PIECE) this.#response.end(this.#whole.toString('latin1'), 'latin1')
    else this.#response.end(this.#whole)
    // Most replies are with the system by now, which takes them as long as the client reads.
    if (this.#response.writableLength > 0) this.#awaitReader()
  }

  /** Goes on when the client has read what it was sent. */
  #onceRead(resume: () => void): void {
    this.#awaitReader()
    this.#response.once('drain', () => {
      this.#stopWaiting()
      resume()
    })
  }

  #awaitReader(): void {
    if (!this.#over) this.#unread ??= setTimeout(() => this.#leftUnread(), this.#terms.unreadTimeoutMs)
  }

  #stopWaiting(): void {
    if (this.#unread === null) return
    clearTimeout(this.#unread)
    this.#unread = null
  }

  /** Whoever does not read would keep what is reserved for the call, and the model server, for as long as it likes. */
  #leftUnread(): void {
    this.#unread = null
    // Behind earlier answers on its connection it has to wait its turn, unless that will never come.
    if (this.#response.socket === null && !this.#call.request.socket.destroyed) {
      this.#awaitReader()
      return
    }
    this.#finish('client_gone')
    this.#response.destroy()
    this.#stop()
  }

  /** Null where the reply is as it is, or can be decoded. */
  #undecodable(headers: IncomingHttpHeaders): UpstreamFailure | null {
    const coding = headers['content-encoding']
    if (coding === undefined) return null
    try {
      this.#decoder = decoderFor(coding)
    } catch (error) {
      return { reason: 'invalid_reply', error: invalidReply(error as Error) }
    }
    this.#decoder
      ?.on('data', (chunk: Buffer) => {
        if (this.#send(chunk)) return
        this.#decoder?.pause()
        this.#onceRead(() => this.#decoder?.resume())
      })
      .once('end', () => this.#complete())
      .once('error', (error) => this.#breakOff(error))
    return null
  }

  /** The client hears in our words what went wrong; what the upstream said of it is read away where that has an end. */
  #refuse({ reason, error }: UpstreamFailure, hasEnd: boolean): void {
    this.#readAway = 0
    this.#witness.failed(reason, error.cause)
    this.#settle()
    this.#reject(error)
    if (!hasEnd) this.#stop()
  }

  /** What was promised cannot be completed: a cut connection says so, a clean end would lie. */
  #breakOff(error: Error, reason: 'broke' | 'overran' = 'broke'): void {
    if (this.#over) return
    this.#witness.failed(reason, error)
    this.#response.destroy()
    this.#finish(reason === 'broke' ? 'upstream_broke' : reason)
    this.#stop()
  }

  #fail(error: unknown): void {
    if (this.#over) return
    this.#leave()
    this.#reject(error)
    this.#stop()
  }

  /** Another relay may try in its place. */
  #leave(): void {
    this.#settle()
    this.#response.off('close', this.#closed)
  }

  #finish(end: Outcome['end']): void {
    if (this.#over) return
    this.#settle()
    const status = this.#response.headersSent ? this.#response.statusCode : (this.#held?.status ?? null)
    this.#resolve({ status, end })
  }

  #settle(): void {
    this.#over = true
    this.#stopWaiting()
  }

  #stop(): void {
    this.#controller?.abort(new Abandoned())
    this.#decoder?.destroy()
  }
}
