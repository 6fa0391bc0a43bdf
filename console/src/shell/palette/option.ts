import type { IconName } from '../../patterns/icons.tsx'

/** Where the palette leads, or what it does. */
export type Option = {
  id: string
  label: string
  description: string
  icon: IconName
  /** Other words by which somebody may look for it. */
  also?: string | undefined
  go: () => void
}

/** Whether an option has every word that was typed, or its beginning, in whatever order. */
export function passes(typed: string): (option: Option) => boolean {
  const words = folded(typed).split(/\s+/)
  return ({ label, description, also }) => {
    const text = folded(`${label} ${description} ${also ?? ''}`)
    return words.every((word) => text.includes(word))
  }
}

/** The options that pass, those first whose name has what was typed: in the others it is another word for them. */
export function ranked(typed: string, options: readonly Option[]): Option[] {
  const passing = options.filter(passes(typed))
  const isNamed = ({ label }: Option) => folded(label).includes(folded(typed))
  return [...passing.filter(isNamed), ...passing.filter((option) => !isNamed(option))]
}

const folded = (text: string) => text.normalize('NFKC').toLowerCase().trim()
