import { type Offer, offers } from '../core/offer.ts'

/** What nobody can have without something else. */
const needs: Partial<Record<Offer, Offer>> = { uploads: 'files', vector_stores: 'files', batches: 'files' }

/**
 * What an upstream offers, as its configuration writes it.
 * @throws Error that says all that is wrong with the words: one that nobody knows or that stands twice, or that is there without the
 * files that it is made of
 */
export function toOffers(words: readonly string[]): readonly Offer[] {
  const flaws = [...new Set(words)].flatMap((word) => [
    ...(isOffer(word) ? [] : [`'${word}' is none of ${offers.join(', ')}`]),
    ...(words.indexOf(word) < words.lastIndexOf(word) ? [`'${word}' stands there twice`] : []),
  ])
  const known = words.filter(isOffer)
  for (const word of new Set(known)) {
    const needed = needs[word]
    if (needed && !known.includes(needed)) flaws.push(`'${word}' needs '${needed}', which is not there`)
  }
  if (flaws.length > 0) throw new Error(flaws.join('; '))
  return known
}

/** @param text the words with commas */
export const offersIn = (text: string) => toOffers(text.split(',').map((word) => word.trim()))

const isOffer = (word: string): word is Offer => (offers as readonly string[]).includes(word)
