import type { ApiError } from '../../contract/error.ts'
import type { CatalogueModel } from '../../core/catalogue.ts'
import type { Edits, Reason } from '../body/edits.ts'
import { shown, wrongValue } from '../invalid.ts'
import { unforeseen } from '../routes/declaration.ts'

const PASSED_ON = 'and the proxy passes requests on unchanged'

/**
 * A body that a proxy carries cannot be put right. What the gate itself would refuse was refused before, in its words.
 * @throws ApiError 400 that says what to send, where the gate would send something else than what came
 */
export function refuseEdits(edits: Edits): void {
  for (const { field, reason } of edits.reasons) {
    const refused = refusalOf(field, edits.value(field), reason)
    if (refused !== null) throw refused
  }
}

function refusalOf(field: string, value: unknown, reason: Reason): ApiError | null {
  switch (reason.kind) {
    case 'setting':
    case 'unknown':
      return mustSend(field, value)
    case 'left_out':
      return wrongValue(field, `it was left out, ${PASSED_ON}. Send "${field}": ${shown(JSON.stringify(value))}.`)
    case 'renamed':
      return calledOtherwise(reason.model)
    // No name occurs twice in what was read, so it is the same.
    case 'as_read':
      return null
    default:
      return unforeseen(reason)
  }
}

/** The refusal of a model that its model server knows by another name. */
export function calledOtherwise({ id }: CatalogueModel): ApiError {
  const reason = `its model server calls '${shown(id)}' by another name, ${PASSED_ON}. Make this one to the gate itself.`
  return wrongValue('model', reason)
}

function mustSend(name: string, value: unknown): ApiError {
  if (value === undefined) return wrongValue(name, `it would have to be left out, ${PASSED_ON}. Leave it out.`)
  const written = shown(JSON.stringify(value))
  return wrongValue(name, `the project's settings ask for another value, ${PASSED_ON}. Send "${name}": ${written}.`)
}
