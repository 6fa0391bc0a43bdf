/** Characters of the longest name of a model. */
export const LONGEST_NAME = 200

/** What no name has: what is no character or shows none, and any space but plain ones within. */
const notInNames = /[\p{C}\p{Default_Ignorable_Code_Point}\ufffd]|(?! )\p{Z}|^ | $|^$/u

/**
 * Whether a text can name anything. Control characters, halves of surrogates, and what is invisible or turns the direction of
 * reading are in no name: databases refuse some of them, and others make two names look like one.
 */
export const isNameable = (text: string): boolean => !notInNames.test(text)

/**
 * Whether a text can be a model's name: all that can be named can be a model, in any language and with any punctuation, so
 * that whatever is called can be limited, permitted, priced, retrieved and reported. Dots alone are no name: in a path they
 * are steps.
 */
export function isModelName(text: string): boolean {
  return text.length <= LONGEST_NAME && isNameable(text) && !isDots(text)
}

/** Whether a step of a path leads up, or nowhere. */
export const isDots = (step: string): boolean => /^\.+$/.test(step)
