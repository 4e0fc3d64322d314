// Values of modparam that are lists of attributes: `name=ta;interval=10;mode=1`. What they mean is each module's.

/**
 * Reads `name=value` at semicolons and at commas, which Kamailio takes as well; not within quotes. Spaces around either do not count.
 * @returns a text that says what is wrong, if something is
 */
export function readAttributes(text: string): ReadonlyMap<string, string> | string {
  const attributes = new Map<string, string>()
  const parts = text.match(/(?:[^;,'"]|'[^']*'|"[^"]*"|['"])+/g) ?? []
  for (const part of parts) {
    if (part.trim() === '') continue
    const [, name, quoted, plain] =
      /^\s*(\w+)\s*=\s*(?:(?:'([^']*)'|"[^"]*")|([^'"\s]*))\s*$/.exec(part) ?? []
    if (name === undefined) return `${JSON.stringify(part.trim())} is not attribute=value`
    attributes.set(name, quoted ?? plain ?? part.slice(part.indexOf('"') + 1, part.lastIndexOf('"')))
  }
  return attributes
}
