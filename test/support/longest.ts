/** The files that take longest, with the longest first: begun last, one of them would run when nothing else does any more. */
const longest: readonly string[] = ['test/contract/input.test.ts', 'test/contract/contract.test.ts']

/** The same files in the order in which a run of several at once is soonest over. */
export function longestFirst(files: readonly string[]): string[] {
  const rank = (file: string) => (longest.includes(file) ? longest.indexOf(file) : longest.length)
  return files.toSorted((a, b) => rank(a) - rank(b))
}
