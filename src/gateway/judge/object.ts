import type { OwnedKind } from '../../core/owned.ts'
import { Edits } from '../body/edits.ts'
import { isForm, isGiven, type JudgedBody } from '../body/fields.ts'
import type { Asked } from '../call.ts'
import { checkFilename, notOffered, unknownParameter } from '../invalid.ts'
import type { Reference } from '../references.ts'
import type { ObjectShape } from '../routes/declaration.ts'
import { bringsTools } from '../rules/disabled-tools.ts'
import { Content } from './content.ts'
import { Foreign } from './foreign.ts'
import { itemsReferredTo } from './items.ts'
import { refuseKeptTools } from './kept-items.ts'
import { known } from './references.ts'

/**
 * Judges JSON that describes something which is kept: it says nothing that the original has not, and what it names is the project's.
 * Items are judged as a response's input is, whose model is not known yet.
 * @param about what its path asks for
 * @param accepts the kinds of things that it may name
 */
export function judgeObject(
  { fields: allowed, refused, free, items }: ObjectShape,
  body: JudgedBody,
  about: Asked,
  accepts: ReadonlySet<OwnedKind>,
): Asked {
  if (body === null || isForm(body)) return about
  const content = new Content(null, { accepts, free })
  for (const name of Object.keys(body.fields)) {
    if (!allowed.has(name)) throw unknownParameter(name)
    if (refused.has(name) && isGiven(body.fields[name])) throw notOffered(name)
    const found = content.readField(body.fields, name)
    if (found !== null) throw notOffered(found)
  }
  const { filename } = body.fields
  if (typeof filename === 'string') checkFilename('filename', filename)
  const referred = items === null ? null : judgeItems(items, body.fields[items])
  return { ...about, references: known([...about.references, ...(referred ?? []), ...content.referred]) }
}

/** @returns what stands for stored items; null where nothing does */
function judgeItems(name: string, items: unknown): Reference[] | null {
  refuseKeptTools(name, items)
  if (Array.isArray(items)) {
    const foreign = new Foreign([], new Edits({}), false)
    for (const [i, item] of items.entries())
      if (bringsTools(item)) foreign.tools(name, item.tools, `${name}[${i}].tools`)
  }
  return itemsReferredTo(name, items, null)
}
