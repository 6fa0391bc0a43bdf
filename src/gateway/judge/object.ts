import type { OwnedKind } from '../../core/owned.ts'
import { isForm, type JudgedBody } from '../body/fields.ts'
import type { Asked } from '../call.ts'
import { notOffered, unknownParameter } from '../invalid.ts'
import type { ObjectShape } from '../routes/declaration.ts'
import { Content } from './content.ts'
import { known } from './references.ts'

/**
 * Judges JSON that describes something which is kept: it says nothing that the original has not, and what it names is the project's.
 * @param about what its path asks for
 * @param accepts the kinds of things that it may name
 */
export function judgeObject(
  { fields: allowed }: ObjectShape,
  body: JudgedBody,
  about: Asked,
  accepts: ReadonlySet<OwnedKind>,
): Asked {
  if (body === null || isForm(body)) return about
  const content = new Content(null, { accepts })
  for (const name of Object.keys(body.fields)) {
    if (!allowed.has(name)) throw unknownParameter(name)
    const refused = content.readField(body.fields, name)
    if (refused !== null) throw notOffered(refused)
  }
  return { ...about, references: known([...about.references, ...content.referred]) }
}
