import { bare } from '../../core/field-name.ts'
import { isOwnedId } from '../../core/owned.ts'
import { isGiven } from '../body/fields.ts'
import type { Meaning } from './meanings.ts'

/*
 * Files of an account, and what else it keeps, that are named in another way than by the original's fields: no owner of them is asked for, so that they
 * are refused wherever they stand.
 */

/** No link is longer: what is holds its data itself, and reading megabytes to see how they begin takes milliseconds. */
export const LONGEST_LINK = 65_536

/** No key that says `id` is longer, however it is written. */
const LONGEST_ID_KEY = 8

/**
 * Whether a text where a link or data should be is neither: an id, or a link that a model server follows with rights of its
 * own (`ms:` at Moonshot and `fileid:` at DashScope are files of the account, `file:` is the server's disk). Data without
 * `data:` before it is longer than any id, or has letters in it that no id has.
 */
export function isKeptElsewhere(link: string): boolean {
  if (link.length > LONGEST_LINK || /^\s*(https?|data):/i.test(link)) return false
  return /^\s*[a-z][a-z0-9+.-]*:/i.test(link) || isOwnedId(link.trim())
}

/** Where the id of something is given that is described as an object, as a client writes it; null where none is. */
export function idIn(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null
  if (!Array.isArray(value)) {
    for (const key in value)
      if (key.length <= LONGEST_ID_KEY && bare(key) === 'id' && isGiven((value as Record<string, unknown>)[key]))
        return `.${key}`
    return null
  }
  for (let i = 0; i < value.length; i++) {
    const found = Array.isArray(value[i]) ? null : idIn(value[i])
    if (found !== null) return `[${i}]${found}`
  }
  return null
}

/** Where a file that is stored is named in what stands for a file: an id as a text, or in an object, or in a list of these; null where none is. */
export function storedFile(value: unknown): string | null {
  if (typeof value === 'string') return isKeptElsewhere(value) ? '' : null
  if (Array.isArray(value)) {
    const at = value.findIndex((one) => typeof one === 'string' && isKeptElsewhere(one))
    if (at >= 0) return `[${at}]`
  }
  return idIn(value)
}

/** Whether a text for the model is the name of a file instead, as DashScope's Qwen-Long reads one that begins so. */
export const isFileAsText = (text: string): boolean => /^\s{0,8}fileid:\/\//i.test(text)

/** What is named in a field that holds a file, or something of which the original has an id too; null where nothing is. */
export function storedIn(meaning: Meaning | undefined, value: unknown): string | null {
  if (meaning === 'file' || meaning === 'media') return storedFile(value)
  return meaning === 'holder' || meaning === 'source' ? idIn(value) : null
}
