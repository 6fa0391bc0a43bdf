import type { Aged, KnownKeys } from './known.ts'

const younger = <T>(one: Aged<T>, other: Aged<T>) => (one.ageMs <= other.ageMs ? one : other)

/** Of what several know of the same keys, what was true last: of the key, and of its project's rules, by themselves. */
export function youngest(answers: readonly KnownKeys[]): KnownKeys {
  const [first, ...rest] = answers
  const all = new Map(first)
  for (const [hash, known] of rest.flatMap((answer) => [...answer])) {
    const other = all.get(hash) ?? known
    all.set(hash, { grant: younger(known.grant, other.grant), rules: younger(known.rules, other.rules) })
  }
  return all
}
