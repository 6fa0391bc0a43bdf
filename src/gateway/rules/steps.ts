import { rules } from './index.ts'
import type { Rule } from './rule.ts'

type Field = keyof typeof rules
type Step = Rule<never>['step']
type RuleAt<S extends Step> = Extract<Rule<unknown>, { step: S }>

/** The rules of one step. The cast forgets which value belongs to which rule: both are always taken by the same field. */
export function at<S extends Step>(step: S): readonly { field: Field; rule: RuleAt<S> }[] {
  const fields = (Object.keys(rules) as Field[]).filter((field) => rules[field].step === step)
  return fields.map((field) => ({ field, rule: rules[field] as unknown as RuleAt<S> }))
}

/** What is taken is taken in one act, so it is one rule that says how much: a second one would have to be added up here. */
export function only<S extends 'limits' | 'money'>(step: S): { field: Field; rule: RuleAt<S> } {
  const [one, ...more] = at(step)
  if (one === undefined || more.length > 0) throw new Error(`rules of the step '${step}': ${1 + more.length}`)
  return one
}
