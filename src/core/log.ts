/** Just what the program logs with: fields, then a sentence. pino has it; who needs less of it takes a `Pick`. */
export type Log = Record<'debug' | 'info' | 'warn' | 'error', (fields: object, message: string) => void>
