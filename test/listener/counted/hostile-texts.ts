const [addresses, numbers] = ['10.0.0.1,', '0123456789'.split('')]

/**
 * Texts that have hurt readers: a piece again and again, each as long as is asked for. None repeats a text that was made before,
 * which a reader could remember.
 */
export const hostile: Readonly<Record<string, (bytes: number) => string>> = {
  ...Object.fromEntries(
    ['a', ' ', '/', 'a/', '%2F', 'a%2F', '%41', '%', '.', '../', ':', '&', 'x&', 'x[]&', 'x[a]&', '[&', 'include=a&']
      .concat('stream=a&', ';', ';;"', '"', '\\"', '\\', '"\\\\"', '=', 'a="";', 'Cert=;', ',', ', ', addresses)
      .concat('1.', '1', '; ', ';boundary=x', '; boundary="', ' ;', '\t', '\u00e9', 'charset', '-')
      .map((piece) => [piece, (bytes: number) => piece.repeat(Math.ceil(bytes / piece.length))]),
  ),
  'x[0]&x[1]&…': (bytes) => counted(bytes, (n) => `x[${n}]&`),
  'a0&a1&…': (bytes) => counted(bytes, (n) => `a${n}&`),
  'a0[b]=…': (bytes) => counted(bytes, (n) => `a${n}[b]=${numbers[n % 10]}&`),
}

function counted(bytes: number, piece: (n: number) => string): string {
  let text = ''
  for (let n = 0; text.length < bytes; n++) text += piece(n)
  return text
}
