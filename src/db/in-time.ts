/** The database is away, or did not answer in time. Its code is PostgreSQL's for a connection that failed: an outage, like those. */
export class NoAnswer extends Error {
  readonly code = '08006'
}

/** An answer, if it comes within so many milliseconds. What is late is read by nobody. @throws NoAnswer where it does not */
export function inTime<T>(ms: number, answer: Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const timer = setTimeout(() => reject(new NoAnswer(`the database did not answer within ${ms} ms`)), ms)
  answer.then(resolve, reject).finally(() => clearTimeout(timer))
  return promise
}
