/** What the server needs is away, or did not answer in time. Its code is PostgreSQL's for a connection that failed: an outage, like those. */
export class NoAnswer extends Error {
  readonly code = '08006'
}

/**
 * An answer, if it comes within so many milliseconds. What is late is read by nobody.
 * @param whose in the words of the failure @throws NoAnswer where it does not come
 */
export function inTime<T>(ms: number, answer: Promise<T>, whose = 'the database'): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const late = () => reject(new NoAnswer(`${whose} did not answer within ${ms} ms`))
  // Where this process itself was held up, the answer may be there and unread: it is looked for once more.
  const timer = setTimeout(() => setImmediate(late), ms)
  answer.then(resolve, reject).finally(() => clearTimeout(timer))
  return promise
}
