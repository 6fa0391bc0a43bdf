import { BoundedWriter } from '../log/bounded-writer.ts'

/** Where a command writes: its result on standard output, everything else on standard error. */
export type Output = {
  /** The command's result, for a person. */
  line: (text: string) => void
  /** The command's result as one JSON value. */
  json: (value: unknown) => void
  /** Anything that is not the result. */
  note: (text: string) => void
}

/**
 * A command's result waits until it is read, as long as that takes. What nobody can read, on a full disk or in a pipe that is closed,
 * is a failure in words: the key in it may be lost.
 */
export function commandOutput(): Output {
  process.stdout.once('error', ({ message }) => {
    process.stdout.on('error', () => {})
    const told = `gatehouse: what was to be printed could not be written (${message}).`
    process.stderr.write(`${told} What the command did is done: make another key for one that nobody has read.\n`)
    // Whatever the command ends with.
    process.once('exit', () => {
      process.exitCode = 1
    })
  })
  process.stderr.on('error', () => {})
  return output(
    (text) => void process.stdout.write(text),
    (text) => void process.stderr.write(text),
  )
}

/** What a server says besides its log, a text or two. Nobody may ever read it, which must hold up neither the server nor its end. */
export function servingOutput(): Output {
  const losses = { dropped: () => {}, over: () => {} }
  const say = (fd: number) => {
    // Not before there is something to say, and one for all of it, so that no text overtakes another.
    let writer: BoundedWriter | null = null
    return (text: string) => {
      writer ??= new BoundedWriter(fd, losses)
      writer.write(text)
    }
  }
  return output(say(1), say(2))
}

function output(result: (text: string) => void, other: (text: string) => void): Output {
  return {
    line: (text) => result(`${text}\n`),
    json: (value) => result(`${JSON.stringify(value)}\n`),
    note: (text) => other(`${text}\n`),
  }
}

/** A size for people: `12.3 MB`. */
export const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
