/** The files that take longest, with the longest first: begun last, one of them would run when nothing else does any more. */
export const longest: readonly string[] = [
  'test/contract/input.test.ts',
  'test/decision/sessions.test.ts',
  'test/decision/table.test.ts',
  'test/console/session.test.ts',
  'test/console/pages.test.ts',
  'test/console/hostile.test.ts',
  'test/console/may.test.ts',
  'test/contract/contract.test.ts',
  'test/console/opened.test.ts',
  'test/gateway/labels.test.ts',
  'test/gateway/lies.test.ts',
  'test/gateway/reported.test.ts',
  'test/gateway/shared-moments.test.ts',
  'test/fuzz/fuzz.test.ts',
  'test/listener/budget.test.ts',
  'test/recipes/route.test.ts',
  'test/recipes/resource.test.ts',
  'test/recipes/rule.test.ts',
  'test/storage/plans.test.ts',
  'test/listener/budget-headers.test.ts',
  'test/gateway/settings.test.ts',
  'test/gateway/failed-inside.test.ts',
  'test/gateway/items.test.ts',
  'test/gateway/declared.test.ts',
  'test/gateway/bodies.test.ts',
  'test/gateway/revocation.test.ts',
  'test/process/crash.test.ts',
  'test/gateway/statements.test.ts',
  'test/soak/soak.test.ts',
  'test/listener/transport.test.ts',
  'test/listener/malformed.test.ts',
  'test/gateway/revocation-load.test.ts',
  'test/gateway/limits-load.test.ts',
  'test/process/process.test.ts',
  'test/process/nodes.test.ts',
  'test/gateway/limits-restart.test.ts',
  'test/contract/changes.test.ts',
  'test/gateway/hostile-upstreams.test.ts',
  'test/gateway/rules.test.ts',
  'test/gateway/model-names.test.ts',
]

/** The same files in the order in which a run of several at once is soonest over. */
export function longestFirst(files: readonly string[]): string[] {
  const rank = (file: string) => (longest.includes(file) ? longest.indexOf(file) : longest.length)
  return files.toSorted((a, b) => rank(a) - rank(b))
}
