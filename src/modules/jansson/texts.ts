// JSON texts that scripts work with, parsed. A script asks the same message for one value after the other, and builds an answer member by
// member: neither parses the same text twice in a row.

import { parseJson } from '../../core/json/parser.ts'
import { JsonPath } from '../../core/json/path.ts'
import { printJson } from '../../core/json/printer.ts'
import type { JsonRoot } from '../../core/json/value.ts'
import { StateKey } from '../../core/runtime.ts'

/** Bytes of the longest text whose values are kept: what is parsed may be many times as large. */
const LONGEST_KEPT = 65_536

/** How many paths are remembered. A route that makes them on the fly must not fill the memory. */
const PATHS = 1024

class JsonTexts {
  private readText: string | undefined = undefined
  private readRoot: JsonRoot | string = ''
  private writtenText: string | undefined = undefined
  private writtenRoot: JsonRoot | string = ''
  private readonly paths = new Map<string, JsonPath>()

  /** What a text says, to look at only. @returns a text that says what is wrong, if something is */
  read(text: string): JsonRoot | string {
    if (text === this.readText) return this.readRoot
    if (text === this.writtenText) return this.writtenRoot
    const root = parseJson(text)
    if (text.length <= LONGEST_KEPT) {
      this.readText = text
      this.readRoot = root
    }
    return root
  }

  /** What a text says, for the caller to change. @returns as read() */
  take(text: string): JsonRoot | string {
    if (text !== this.writtenText) return parseJson(text)
    this.writtenText = undefined
    return this.writtenRoot
  }

  /** The text of what has been taken and changed. */
  put(root: JsonRoot): string {
    const text = printJson(root)
    this.writtenText = text.length <= LONGEST_KEPT ? text : undefined
    this.writtenRoot = root
    return text
  }

  path(source: string): JsonPath {
    const known = this.paths.get(source)
    if (known) return known
    const path = new JsonPath(source)
    if (this.paths.size >= PATHS) this.paths.clear()
    this.paths.set(source, path)
    return path
  }
}

export const JSON_TEXTS = new StateKey(() => new JsonTexts())
