/** The origins whose pages may read what is answered; none where it is empty. */
export type Origins = 'any' | ReadonlySet<string>

/** `*`, `none`, or origins as browsers say them, comma-separated. An app's own (`tauri://localhost`) is one too. */
export function origins(value: string): Origins {
  return value === '*' ? 'any' : namedOrigins(value)
}

/** The same without `*`, for what strangers' pages are not to reach. */
export function namedOrigins(value: string): Origins {
  return new Set(value === 'none' ? [] : value.split(',').map((one) => origin(one.trim())))
}

function origin(written: string): string {
  const found = /^([a-z][a-z0-9+.-]*):\/\/[^\s/?#@*\\]+$/i.exec(written)
  if (found === null || !URL.canParse(written)) {
    throw new Error(`'${written}' is no origin like https://app.example (without a path), and 'none' stands alone`)
  }
  // A browser writes it in small letters and leaves the usual port out.
  return /^https?$/i.test(found[1] ?? '') ? new URL(written).origin : written.toLowerCase()
}
