import { rules } from './index.ts'
import type { Rule } from './rule.ts'

type Field = keyof typeof rules
type Step = Rule<never>['step']
type RuleAt<S extends Step> = Extract<Rule<unknown>, { step: S }>

/** The rules without what they decode to: a rule and its value are always taken by the same field. */
const all: Readonly<Record<Field, { step: Step }>> = rules

/** The rules of one step. */
export function at<S extends Step>(step: S): readonly { field: Field; rule: RuleAt<S> }[] {
  const fields = (Object.keys(all) as Field[]).filter((field) => all[field].step === step)
  return fields.map((field) => ({ field, rule: all[field] as RuleAt<S> }))
}

/** What is taken is taken in one act, so it is one rule that says how much: a second one would have to be added up here. */
export function only<S extends 'limits' | 'money'>(step: S): { field: Field; rule: RuleAt<S> } {
  const [one, ...more] = at(step)
  if (one === undefined || more.length > 0) throw new Error(`rules of the step '${step}': ${1 + more.length}`)
  return one
}
