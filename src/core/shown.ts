/** Text of somebody's own: nothing in it that begins a line, turns the reading direction or cannot be seen. */
export function shown(text: string, most = 255): string {
  const plain = text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '').trim()
  return [...plain].slice(0, most).join('')
}
