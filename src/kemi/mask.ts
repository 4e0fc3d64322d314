// JavaScript without what is no code: comments, the insides of strings and regular expressions become spaces, of the same length, so that
// what is left can be searched for names. Not a parser: where only a parser knows whether `/` divides, the usual case is taken, and what
// a wrong guess hides is found when the script runs.

/** Words after which a `/` begins a regular expression. */
const BEFORE_REGEX =
  /(?:^|[^\w$.])(?:return|typeof|case|in|of|delete|void|throw|new|else|do|instanceof|yield|await)$/

/** Characters after which a `/` divides. */
const VALUE_END = /[\w$)\]}"'`]/

/** @returns a text as long as `source`, on the same lines */
export function maskCode(source: string): string {
  const out: string[] = []
  /** For each template literal around: how many braces are open in its `${`. */
  const templates: number[] = []
  let at = 0

  const blank = (end: number) => {
    out.push(source.slice(at, end).replace(/[^\n]/g, ' '))
    at = end
  }
  const keep = (end: number) => {
    out.push(source.slice(at, end))
    at = end
  }
  /** Blanks what is in a template up to its end, or to the `${` of an expression. */
  const template = () => {
    let end = at
    while (end < source.length && source[end] !== '`' && !source.startsWith('${', end)) {
      end += source[end] === '\\' ? 2 : 1
    }
    blank(Math.min(end, source.length))
    if (source[at] === '`') keep(at + 1)
    else if (at < source.length) {
      keep(at + 2)
      templates.push(0)
    }
  }

  while (at < source.length) {
    const char = source[at]
    if (source.startsWith('//', at)) blank(endOf(source.indexOf('\n', at), source.length))
    else if (source.startsWith('/*', at)) blank(endOf(source.indexOf('*/', at + 2), source.length - 2) + 2)
    else if (char === '"' || char === "'") {
      keep(at + 1)
      blank(stringEnd(source, at, char))
      keep(Math.min(at + 1, source.length))
    } else if (char === '`') {
      keep(at + 1)
      template()
    } else if (char === '/' && isRegex(out)) {
      const end = regexEnd(source, at)
      if (end < 0) keep(at + 1)
      else {
        keep(at + 1)
        blank(end)
        keep(at + 1)
      }
    } else {
      const depth = templates.at(-1)
      if (depth !== undefined && char === '{') templates[templates.length - 1] = depth + 1
      if (depth !== undefined && char === '}') {
        if (depth === 0) {
          templates.pop()
          keep(at + 1)
          template()
          continue
        }
        templates[templates.length - 1] = depth - 1
      }
      keep(at + 1)
    }
  }
  return out.join('')
}

function endOf(found: number, otherwise: number): number {
  return found < 0 ? otherwise : found
}

/** Where the string that has begun before `start` ends: at its quote, or at the end of its line. */
function stringEnd(source: string, start: number, quote: string): number {
  let at = start
  while (at < source.length && source[at] !== quote && source[at] !== '\n') at += source[at] === '\\' ? 2 : 1
  return Math.min(at, source.length)
}

/** Where the regular expression that begins at `start` ends, at its last `/`; -1 when it is none. */
function regexEnd(source: string, start: number): number {
  let inClass = false
  for (let at = start + 1; at < source.length && source[at] !== '\n'; at++) {
    const char = source[at]
    if (char === '\\') at++
    else if (char === '[') inClass = true
    else if (char === ']') inClass = false
    else if (char === '/' && !inClass) return at
  }
  return -1
}

/** Whether what has come so far ends where a value may begin. */
function isRegex(out: readonly string[]): boolean {
  let before = ''
  for (let i = out.length - 1; i >= 0 && before.trimEnd().length < 12 && before.length < 4096; i--)
    before = out[i] + before
  before = before.trimEnd()
  const last = before.at(-1)
  return last === undefined || !VALUE_END.test(last) || BEFORE_REGEX.test(before)
}
