// The source of a KEMI script: reads the file, takes the types out of a .ts, and says where things are in it. Not for running it.

import { readFileSync } from 'node:fs'
import { createJiti } from 'jiti'
import { bytesOfText } from '../core/bytestring.ts'
import type { Place, SourceFile } from '../script/ast.ts'

export class KemiSource {
  readonly file: SourceFile
  /** As it was written. */
  readonly text: string
  private starts: readonly number[] | undefined

  constructor(name: string, bytes: Buffer) {
    this.text = bytes.toString('utf8').replace(/^\ufeff/, '')
    this.file = { name, text: bytesOfText(this.text) }
  }

  /** @throws the system's error when it cannot be read */
  static read(path: string): KemiSource {
    return new KemiSource(path, readFileSync(path))
  }

  get isTypeScript(): boolean {
    return /\.[cm]?ts$/.test(this.file.name)
  }

  /**
   * What V8 compiles: on the same lines as what was written.
   * @throws TypeScriptError
   */
  javaScript(): string {
    if (!this.isTypeScript) return this.text
    const jiti = createJiti(import.meta.url, { fsCache: false })
    const code = jiti.transform({
      source: this.text,
      filename: this.file.name,
      ts: true,
      async: true,
      retainLines: true,
    })
    const error = /^exports\.__JITI_ERROR__ = (\{.*\})$/m.exec(code)?.[1]
    if (error === undefined) return code
    const { line, column, message } = JSON.parse(error) as { line: number; column: number; message: string }
    throw new TypeScriptError(message.trim(), line, column + 1)
  }

  /** Where a line and a column are, both from 1, the column in UTF-16. */
  place(line: number, column: number, length = 1): Place {
    const source = this.text.split('\n', line)[line - 1] ?? ''
    const before = bytesOfText(source.slice(0, column - 1)).length
    const marked = bytesOfText(source.slice(column - 1, column - 1 + length)).length
    return { file: this.file, line, column: before + 1, length: Math.max(1, marked) }
  }

  /** Where an offset into `text` is. */
  placeAt(offset: number, length = 1): Place {
    this.starts ??= [0, ...[...this.text.matchAll(/\n/g)].map(({ index }) => index + 1)]
    let line = this.starts.length
    while (line > 1 && (this.starts[line - 1] ?? 0) > offset) line--
    return this.place(line, offset - (this.starts[line - 1] ?? 0) + 1, length)
  }
}

/** TypeScript that is none. */
export class TypeScriptError extends Error {
  readonly line: number
  readonly column: number

  constructor(message: string, line: number, column: number) {
    super(message)
    this.line = line
    this.column = column
  }
}
