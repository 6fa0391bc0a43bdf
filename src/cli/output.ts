/** Where a command writes: its result on standard output, everything else on standard error. */
export type Output = {
  /** The command's result, for a person. */
  line: (text: string) => void
  /** The command's result as one JSON value. */
  json: (value: unknown) => void
  /** Anything that is not the result. */
  note: (text: string) => void
}

export const standardOutput: Output = {
  line: (text) => void process.stdout.write(`${text}\n`),
  json: (value) => void process.stdout.write(`${JSON.stringify(value)}\n`),
  note: (text) => void process.stderr.write(`${text}\n`),
}
