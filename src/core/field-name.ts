/*
 * How careless readers see the name of a field. Each is bounded by what whoever asks bounds of a name.
 */

/** In any letter case, and in any letters that stand for the same. */
export const fold = (name: string): string => name.normalize('NFKC').toLowerCase().replaceAll('\u017f', 's')

/** Without anything between its words. */
export const bare = (name: string): string => fold(name).replaceAll(/[^a-z0-9]/g, '')

/** Its words with an underscore around each, however they were written: by their letters' case, or with anything between them. */
export const words = (name: string): string =>
  `_${fold(name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')).replaceAll(/[^a-z0-9]+/g, '_')}_`
