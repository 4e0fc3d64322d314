// Lists of parameters, `a=1;b="x;y";c`, as Kamailio reads them, with any separator. Not for the parameters of headers, which
// sip/params.ts reads.

export interface Param {
  readonly name: string
  /** Without quotes; `''` when there is none. */
  readonly value: string
}

/** Undefined when there is none, or it is malformed. */
export function paramList(text: string, separator: string): readonly Param[] | undefined {
  const list: Param[] = []
  let at = 0
  while (at < text.length) {
    const start = at
    while (at < text.length && !ends(text.charAt(at), separator) && text[at] !== '=') at++
    const name = text.slice(start, at)
    at = skipSpace(text, at)
    let value = ''
    if (text[at] === '=') {
      at = skipSpace(text, at + 1)
      const quote = text.charAt(at)
      if (quote === '"' || quote === "'") {
        const close = text.indexOf(quote, at + 1)
        if (close < 0) return undefined
        value = text.slice(at + 1, close)
        at = close + 1
      } else if (at < text.length) {
        const begin = at
        while (at < text.length && !ends(text.charAt(at), separator)) at++
        if (at === begin) return undefined
        value = text.slice(begin, at)
      }
      at = skipSpace(text, at)
    }
    list.push({ name, value })
    // A comma ends the list: what follows is another value of the header.
    if (at >= text.length || text[at] === ',') return list
    if (text[at] !== separator) return undefined
    at = skipSpace(text, at + 1)
  }
  return undefined
}

/** The value of the last parameter with that name, in any case; `''` when there is none. */
export function valueNamed(list: readonly Param[], name: string): string {
  return named(list, name)?.value ?? ''
}

export function named(list: readonly Param[], name: string): Param | undefined {
  const lower = name.toLowerCase()
  for (let at = list.length - 1; at >= 0; at--) {
    const param = list[at]
    if (param && param.name.length === lower.length && param.name.toLowerCase() === lower) return param
  }
  return undefined
}

function ends(character: string, separator: string): boolean {
  return character === separator || character === ',' || isSpace(character)
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\n'
}

function skipSpace(text: string, at: number): number {
  let i = at
  while (isSpace(text[i])) i++
  return i
}
