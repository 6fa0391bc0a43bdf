/** What nobody sees: characters without a shape, and those that turn the order of what stands behind them. */
const UNSEEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu

/** A name as one can type it: what of it is seen, with single spaces. Empty where nothing of it is. */
export const plain = (name: string): string => name.normalize().replace(UNSEEN, '').replace(/\s+/g, ' ').trim()

/** A name as it is shown: one of which nothing is seen is told by what it is made of. */
export const seen = (name: string): string =>
  name === '' || plain(name) !== '' ? name : [...name].map(codeOf).join(' ')

const codeOf = (character: string) => `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`

/** Somebody, as the API has them. */
type Person = { id: string; name?: string | null | undefined; email?: string | null | undefined }

/** What somebody is called: by their name, or else by what there is of them. */
export const nameOf = ({ name, email, id }: Person): string => name || email || id

/** The same with their address, where people are chosen and two can have one name. */
export const addressed = ({ name, email, id }: Person): string =>
  name && email ? `${name} (${email})` : nameOf({ name, email, id })

/** A sentence with names in it, none of which turns the order of the rest: what would is left out. */
export const straight = (sentence: string): string =>
  sentence.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
