import { Worker } from 'node:worker_threads'

const MOST_MEMORY_MB = 512

type Spare = { thread: Worker; idle: NodeJS.Timeout }

/**
 * Threads with nothing to do whose counter was closed, by their script. A process may open one gate after another, and each would read the
 * vocabulary again: half a second of a processor, and 75 MB.
 */
const spares = new Map<string, Spare>()

/**
 * A thread that counts: one that is spare, or a new one.
 * @throws Error where no thread is to be had
 */
export function takeThread({ href }: URL): Worker {
  const thread = taken(href)
  if (thread === undefined) {
    return new Worker(new URL(href), { resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB } })
  }
  thread.ref()
  return thread
}

/**
 * Keeps a thread that has nothing to do for whoever counts next; it keeps no process from ending.
 * @param idleMs after which it is ended where nobody does
 */
export function spareThread({ href }: URL, thread: Worker, idleMs: number): void {
  silence(thread)
  if (spares.has(href)) {
    endThread(thread)
    return
  }
  thread.unref()
  const idle = setTimeout(() => {
    taken(href)
    endThread(thread)
  }, idleMs).unref()
  // One that fails meanwhile is none any more.
  const gone = () => void taken(href)
  thread.on('error', gone).on('exit', gone)
  spares.set(href, { thread, idle })
}

/** Ends a thread, whatever it does. */
export function endThread(thread: Worker): void {
  silence(thread)
  // What it throws while it ends is nobody's.
  thread.on('error', () => {})
  thread.terminate().catch(() => {})
}

function taken(href: string): Worker | undefined {
  const spare = spares.get(href)
  if (spare === undefined) return undefined
  spares.delete(href)
  clearTimeout(spare.idle)
  silence(spare.thread)
  return spare.thread
}

const silence = (thread: Worker) => {
  for (const event of ['message', 'error', 'exit']) thread.removeAllListeners(event)
}
