import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { Changed, type ChangeScope, type Changes } from './changed.ts'

/** A change on its way to a thread, and its number. */
type Announced = { number: number; scope: ChangeScope | null }

/** What a thread hears of changes by: handed to it when it starts, with the port among the transferred. */
export type ChangesLine = { port: MessagePort; generation: SharedArrayBuffer }

/**
 * Tells other threads of changes. A change lies on every thread's port before the generation, which all share, is raised, and both
 * are done when `publish` returns: so whoever asks in a thread after that compares the generation and finds the change, though
 * that thread has not come to its loop since.
 */
export class ChangesToThreads {
  readonly #generation = new Int32Array(new SharedArrayBuffer(4))
  readonly #ports = new Set<MessagePort>()

  constructor(changed: Pick<Changed, 'subscribe'>) {
    changed.subscribe((scope) => this.#announce(scope))
  }

  /** Has a thread hear of all that changes from now on, until its end of the channel is closed. */
  line(): ChangesLine {
    const { port1, port2 } = new MessageChannel()
    this.#ports.add(port1)
    port1.once('close', () => this.#ports.delete(port1))
    port1.unref()
    return { port: port2, generation: this.#generation.buffer }
  }

  #announce(scope: ChangeScope | null): void {
    const announced: Announced = { number: (Atomics.load(this.#generation, 0) + 1) | 0, scope }
    for (const port of this.#ports) port.postMessage(announced)
    Atomics.store(this.#generation, 0, announced.number)
  }
}

/** The thread's side: hears of a change as soon as the loop comes to it, or when somebody here asks, whichever is first. */
export class ChangesHere implements Changes, Disposable {
  readonly #changed = new Changed()
  readonly #port: MessagePort
  readonly #generation: Int32Array
  /** The number of the last change that those who subscribed have heard of. */
  #heard: number

  /** To be made before anything is remembered here. */
  constructor({ port, generation }: ChangesLine) {
    this.#port = port
    this.#generation = new Int32Array(generation)
    this.#heard = Atomics.load(this.#generation, 0)
    // Somebody may wait for a change who asks for nothing: what is heard here may have been taken already.
    port.on('message', (announced: Announced) => this.#hear(announced)).unref()
  }

  subscribe(hear: Parameters<Changed['subscribe']>[0]): void {
    this.#changed.subscribe(hear)
  }

  catchUp(): void {
    const generation = Atomics.load(this.#generation, 0)
    if (generation !== this.#heard) this.#takeUntil(generation)
  }

  [Symbol.dispose](): void {
    this.#port.close()
  }

  #takeUntil(generation: number): void {
    for (;;) {
      const waiting = receiveMessageOnPort(this.#port) as { message: Announced } | undefined
      if (waiting === undefined) break
      this.#hear(waiting.message)
    }
    // The generation is raised behind the change. Where that is not there for all that, nobody knows what it was.
    if (((generation - this.#heard) | 0) > 0) this.#hear({ number: generation, scope: null })
  }

  #hear({ number, scope }: Announced): void {
    this.#heard = number
    this.#changed.publish(scope)
  }
}
