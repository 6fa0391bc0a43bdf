/** Characters of the longest name of a model. */
const LONGEST_NAME = 200
/** What no model is called by: a name has a character that shows, nothing that does not, and no space but plain ones within. */
const notInNames = /[\p{C}\p{Default_Ignorable_Code_Point}\ufffd]|(?! )\p{Z}|^ | $|^$/u

/**
 * Whether a text can be a model's name. Control characters, halves of surrogates, and what is invisible or turns the direction
 * of reading are in none: databases refuse some of them, and others make two names look like one.
 */
export function isModelName(text: string): boolean {
  return text.length <= LONGEST_NAME && !notInNames.test(text)
}
