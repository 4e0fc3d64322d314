// Arguments of a call on a command line: what is a text and what is not.

/** Forces a text, as kamcmd has it. */
const TEXT = 's:'

/**
 * A number, true, false, null, an object or an array as JSON has them; else a text. A number that would come out otherwise than it was
 * written (1.50, 1e3, more digits than are exact) stays a text: methods that want a number read it, and a message keeps its digits.
 */
export function readArgument(written: string): unknown {
  if (written.startsWith(TEXT)) return written.slice(TEXT.length)
  if (!/^(?:-?\d|[[{]|true$|false$|null$)/.test(written)) return written
  try {
    const value: unknown = JSON.parse(written)
    return typeof value === 'number' && String(value) !== written ? written : value
  } catch {
    return written
  }
}
